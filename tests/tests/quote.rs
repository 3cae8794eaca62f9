//! `farebox quote`: what an operator sees for each published tariff, and for mistakes.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use std::process::Command;

fn quote(arguments: impl AsRef<str>) -> String {
    let arguments = arguments.as_ref();
    let mut command = Command::new(artifacts::farebox());
    command.current_dir(artifacts::repository()).arg("quote").args(arguments.split_whitespace());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + std::str::from_utf8(&output.stderr).unwrap();
    format!("$ farebox quote {arguments}\n{text}(exit {})", output.status.code().unwrap())
}

/// One readable bill per published tariff.
#[test]
fn published_tariffs() {
    let morning = "--at 2026-11-21T08:00:00+08:00";
    let night = "--at 2026-11-21T23:30:00+08:00";
    for (name, arguments) in [
        ("jinan", format!("--city 370100 --product express --distance 4.1km --duration 21m {morning}")),
        (
            "beijing_express",
            format!(
                "--city 110000 --product express --distance 10km --duration 20m {morning} --dynamic 1.2 --tolls 10"
            ),
        ),
        ("beijing_express_night", format!("--city 110000 --product express --distance 10km --duration 20m {night}")),
        ("beijing_taxi", format!("--city 110000 --product taxi --distance 18.5km --duration 41m10s {night}")),
        (
            "beijing_taxi_metered",
            "--city 110000 --product taxi --segments tests/cases/slow-ride.json --coupon 20% --coupon 3.00".to_owned(),
        ),
        (
            "beijing_express_driver",
            format!("--city 110000 --product express --side driver --distance 10km --duration 20m {morning}"),
        ),
        ("tianjin", format!("--city 120000 --product express --distance 35km --duration 70m {morning}")),
        (
            "new_york_taxi",
            "--city new-york --product taxi --distance 10km --duration 30m --at 2026-11-23T17:00:00-05:00".to_owned(),
        ),
        (
            "chicago_taxi",
            "--city chicago --product taxi --distance 8047m --duration 15m --at 2016-06-04T12:00:00-05:00".to_owned(),
        ),
    ] {
        insta::assert_snapshot!(name, quote(&arguments));
    }
}

/// The same bill for programs.
#[test]
fn json() {
    let text =
        quote("--city 370100 --product express --distance 4.1km --duration 21m --at 2026-11-21T08:00:00+08:00 --json");
    insta::assert_snapshot!(text);
}

/// Every fee says why it is there, or why it is not: for published tariffs with conditions, units, limits and coupons.
#[test]
fn explained() {
    for (name, arguments) in [
        (
            "explained_taxi",
            "--city 110000 --product taxi --segments tests/cases/slow-ride.json --booked-ahead 5h --scene round-trip \
             --coupon 20%,min=20.00,max=5.00 --coupon 3.00,for=mileage+night --explain",
        ),
        (
            "explained_express",
            "--city 110000 --product express --distance 10.3km --duration 20m10s --at 2026-11-21T08:00:00+08:00 \
             --dynamic 1.25 --explain",
        ),
        ("explained_airport", "--city new-york --product taxi --facts tests/cases/airport-ride.facts.json --explain"),
        (
            "explained_every_kind",
            "--card components/pricing/tests/every-kind.json --distance 30km --duration 50m --waiting 8m --passengers 3 \
             --tolls 5 --parking 4 --highway 3 --tier gold --dynamic 1.5 --from 40.07,116.6 --to -39.9,-116.4 \
             --at 2026-11-21T22:40:00+08:00 --explain",
        ),
        (
            "explained_cancelled",
            "--card components/pricing/tests/every-kind.json --cancelled --booked-ahead 30m \
             --at 2026-11-21T22:40:00+08:00 --explain",
        ),
        (
            "explained_one_price",
            "--card components/pricing/tests/every-kind.json --distance 30km --duration 50m --one-price 66.60 \
             --at 2026-11-21T22:40:00+08:00 --explain",
        ),
    ] {
        insta::assert_snapshot!(name, quote(arguments));
    }
}

/// The same for programs: the bill, and what became of each item.
#[test]
fn explained_json() {
    let arguments = "--city 110000 --product taxi --distance 18km --duration 30m --at 2026-11-21T23:30:00+08:00";
    insta::assert_snapshot!(quote(format!("{arguments} --explain --json")));
}

/// A bill is held to its quote by the limits on the card.
#[test]
fn quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quoted.json");
    let facts = r#"{ "basis": "estimated", "started_at": "2026-11-21T04:00:00Z", "ended_at": "2026-11-21T04:20:00Z",
        "distance_m": 5000, "duration_s": 1200 }"#;
    std::fs::write(&path, facts).unwrap();
    let arguments = format!(
        "--card components/pricing/tests/every-kind.json --distance 30km --duration 50m --at 2026-11-21T12:00:00+08:00 \
         --explain --quoted {}",
        path.display()
    );
    insta::assert_snapshot!(quote(arguments).replace(path.to_str().unwrap(), "quoted.json"));
}

/// A mistake is answered with what would be right.
#[test]
fn mistakes() {
    let mistakes = [
        "--city 370100 --product taxi --distance 4km --duration 21m",
        "--city 370100 --product express --distance 4.0005km --duration 21m",
        "--city 370100 --product express --distance 4_1km --duration 21m",
        "--city 370100 --product express --distance 4km --duration +60",
        "--city 370100 --product express --distance 4km --duration 21m --dynamic 1_2",
        "--city 370100 --product express --distance 4km --duration 21m --coupon 1_0%",
        "--city 370100 --product express --distance 4km --duration soon",
        "--city 370100 --product express --distance 4km --duration 21m --tolls 1.005",
        "--city 370100 --product express --distance 4km --duration 21m --coupon 120%",
        "--city 370100 --product express --distance 4km --duration 21m --at noon",
        "--city 370100",
        "--card config/policies/default.json --distance 1km --duration 5m",
        "--card nowhere.json --distance 1km --duration 5m",
        "--city 370100 --product express --facts tests/cases/slow-ride.json",
        "--city 370100 --product express --facts tests/cases/airport-ride.facts.json --distance 4km",
        "--city 370100 --product express --distance 4km --duration 21m --coupon 20%,least=5",
        "--city 370100 --product express --distance 4km --duration 21m --from 40.12345678,116",
        "--city 370100 --product express --distance 4km --duration 21m --from 91,116",
        "--city 370100 --product express --distance 4km --duration 21m --quoted nowhere.json",
    ];
    insta::assert_snapshot!(mistakes.map(quote).join("\n\n"));
}
