//! `farebox quote`: what an operator sees for each published tariff, and for mistakes.
#![allow(clippy::unwrap_used)]

use farebox_tests::artifacts;
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

/// A mistake is answered with what would be right.
#[test]
fn mistakes() {
    let mistakes = [
        "--city 370100 --product taxi --distance 4km --duration 21m",
        "--city 370100 --product express --distance 4.0005km --duration 21m",
        "--city 370100 --product express --distance 4km --duration soon",
        "--city 370100 --product express --distance 4km --duration 21m --tolls 1.005",
        "--city 370100 --product express --distance 4km --duration 21m --coupon 120%",
        "--city 370100 --product express --distance 4km --duration 21m --at noon",
        "--city 370100",
        "--card config/policies/default.json --distance 1km --duration 5m",
        "--card nowhere.json --distance 1km --duration 5m",
    ];
    insta::assert_snapshot!(mistakes.map(quote).join("\n\n"));
}
