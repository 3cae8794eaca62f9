//! `farebox replay` and `farebox explain`: bills priced again from their records, on their own rate cards or on others.
#![allow(clippy::unwrap_used)]

use farebox_billing::requests::Labels;
use farebox_fare::{Basis, Coupon, CouponValue, Funding, Trip};
use farebox_kit::artifacts::{farebox, repository};
use farebox_kit::history::{self, Cards};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CARDS: &str = "--cards tests/cases/replay/cards";
const CANDIDATE: &str = "--card tests/cases/replay/candidate.json";

fn spawn(arguments: &str) -> Child {
    let mut command = Command::new(farebox());
    command.current_dir(repository()).args(arguments.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Standard output, standard error, exit code.
fn run(arguments: &str, stdin: &str) -> (String, String, i32) {
    let mut child = spawn(arguments);
    let mut input = child.stdin.take().unwrap();
    let stdin = stdin.to_owned();
    // A command that does not want it may be gone before it is written.
    let writer = std::thread::spawn(move || _ = input.write_all(stdin.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// What is on standard output; how fast it was is on standard error.
fn shown(arguments: &str, stdin: &str) -> String {
    let (text, _, code) = run(arguments, stdin);
    format!("$ farebox {arguments}\n{text}(exit {code})")
}

fn mistake(arguments: &str, stdin: &str) -> String {
    let (text, error, code) = run(arguments, stdin);
    let error: Vec<&str> = error.lines().filter(|line| !line.ends_with("bills/s")).collect();
    format!("$ farebox {arguments}\n{text}{}\n(exit {code})", error.join("\n"))
}

/// Three rides in Tiny Town, of 1, 2 and 4 km.
fn tiny_history() -> Vec<String> {
    let cards = Cards::of_folder(&repository().join("tests/cases/replay/cards"));
    let coupon = Coupon {
        id: "c".into(),
        value: CouponValue::Amount(100),
        min_spend: 1500,
        max_off: None,
        scope: vec![],
        funding: Funding::default(),
    };
    let ride = |(number, distance_m): (usize, u64)| {
        let trip = Trip {
            basis: Basis::Metered,
            started_at: 1_795_226_400,
            ended_at: 1_795_227_600,
            distance_m,
            duration_s: 1200,
            coupons: vec![coupon.clone()],
            ..Trip::default()
        };
        let bill = cards.first().unwrap().bill(&format!("ride-<{number}>"), &trip, None, &Labels::default());
        serde_json::to_string(&bill).unwrap()
    };
    [1000, 2000, 4000].into_iter().enumerate().map(ride).collect()
}

/// Bills of every shipped card, of all sorts of rides, come to their recorded bytes; so they do on one core, and in the
/// same words for programs.
#[test]
fn history_is_proved() {
    let bills: Vec<String> = history::bills(&Cards::shipped(), 1000, 7).collect();
    let bills = bills.join("\n");
    insta::assert_snapshot!("proved", shown("replay -", &bills));
    let (one, _, _) = run("replay - --jobs 1 --json", &bills);
    let (all, _, code) = run("replay - --json", &bills);
    assert_eq!((one, code), (all.clone(), 0));
    assert_eq!(serde_json::from_str::<Value>(&all).unwrap()["same_bytes"], 1000);
}

/// A figure that was tampered with, a rate card that is gone and a line that is no bill all fail, each with its line;
/// nothing is passed over.
#[test]
fn what_is_wrong_is_told() {
    let mut lines = tiny_history();
    lines[0] = lines[0].replace(r#""amount":"1.60""#, r#""amount":"1.70""#);
    let version = serde_json::from_str::<Value>(&lines[1]).unwrap()["versions"]["rate_card"].clone();
    lines[1] = lines[1].replace(version.as_str().unwrap(), &"f".repeat(64));
    let unread =
        lines[2].replace(r#""basis":"metered","started_at""#, r#""weather":"rain","basis":"metered","started_at""#);
    let unpriced = lines[2].replace(
        r#""distance_m":4000,"duration_s":1200,"coupons""#,
        r#""distance_m":4000000000,"duration_s":1200,"coupons""#,
    );
    lines.extend([String::new(), "not a bill".to_owned(), unread, unpriced]);
    let lines = lines.join("\n");
    insta::assert_snapshot!("wrong", shown(&format!("replay - {CARDS}"), &lines));
    insta::assert_snapshot!("wrong_json", shown(&format!("replay - {CARDS} --show 1 --json"), &lines));
    insta::assert_snapshot!("wrong_few", shown(&format!("replay - {CARDS} --show 0"), &lines));
}

/// A top-up that was changed, and a policy that is gone, fail as well: what was paid is proved, not only what was billed.
#[test]
fn settlements_are_proved() {
    let bills: Vec<String> = history::bills(&Cards::shipped(), 200, 3).collect();
    let settled = bills.iter().find(|bill| !bill.contains(r#""top_up":"0"#)).unwrap();
    let record: Value = serde_json::from_str(settled).unwrap();
    let top_up = record["settlement"]["top_up"].as_str().unwrap();
    let tampered = settled.replace(&format!(r#""top_up":"{top_up}""#), &format!(r#""top_up":"9{top_up}""#));
    let policy = record["versions"]["policy"].as_str().unwrap();
    let gone = settled.replace(policy, &"f".repeat(64));
    for (bill, failing, words) in [
        (&tampered, "settled_differently", format!("top-up 9{top_up}")),
        (&gone, "unknown_version", "no policy has version ffff".to_owned()),
    ] {
        let (told, _, code) = run("replay - --json", bill);
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told["failed"][failing], code), (&Value::from(1), 1), "{told}");
        assert!(told["failures"][0].to_string().contains(&words), "{told}");
    }
}

/// A card prices the bills of its own city, product and side, and no others.
#[test]
fn another_citys_card_proves_nothing() {
    let bill = tiny_history().remove(0);
    let record: Value = serde_json::from_str(&bill).unwrap();
    for field in ["city", "product"] {
        let name = record[field].as_str().unwrap();
        let other = bill.replace(&format!("\"{field}\":\"{name}\""), &format!("\"{field}\":\"other\""));
        assert_ne!(other, bill);
        let (text, _, code) = run(&format!("replay - {CARDS}"), &other);
        assert!(
            code == 1 && text.contains(&format!("is the passenger's of {}", record["city"].as_str().unwrap())),
            "{text}"
        );
    }
}

/// White space and the order of keys are not what a bill is about, but they are not the recorded bytes either.
#[test]
fn a_record_laid_out_anew_is_told() {
    let anew: Value = serde_json::from_str(&tiny_history()[0]).unwrap();
    insta::assert_snapshot!(shown(&format!("replay - {CARDS}"), &anew.to_string()));
}

/// What a candidate would have changed, on a history that can be added up by hand.
///
/// 1 km: 10.00 + 2.00 -> 9.00 + 2.50, 12.00 -> 11.50. 2 km: 14.00 -> 14.00. 4 km: 18.00 -> 9.00 + 10.00 + 1.00 = 20.00;
/// of the last one the coupon takes 1.00 before and after.
#[test]
fn candidates_are_compared() {
    let bills = tiny_history().join("\n");
    insta::assert_snapshot!("shadow", shown(&format!("replay - {CANDIDATE}"), &bills));
    let (text, _, code) = run(&format!("replay - {CANDIDATE} --json"), &bills);
    let report: Value = serde_json::from_str(&text).unwrap();
    let section = &report["candidates"][0];
    assert_eq!(code, 0);
    assert_eq!([&section["bills"], &section["changed"], &section["higher"], &section["lower"]], [3, 2, 1, 1]);
    let change =
        |before, after, delta, percent| json!({ "before": before, "after": after, "delta": delta, "percent": percent });
    assert_eq!(section["total"], change("44.00", "45.50", "1.50", "3.41"));
    assert_eq!(section["payable"], change("43.00", "44.50", "1.50", "3.49"));
    assert_eq!(section["items"][0]["amount"], change("30.00", "27.00", "-3.00", "-10.00"));
    assert_eq!(section["items"][1]["amount"], change("14.00", "17.50", "3.50", "25.00"));
    assert_eq!(section["items"][2]["amount"]["after"], "1.00");
    assert_eq!([&section["items"][2]["bills_before"], &section["items"][2]["bills_after"]], [0, 1]);
    let delta = &section["percentiles"]["delta"];
    assert_eq!([&delta["least"], &delta["median"], &delta["most"]], ["-0.50", "0.00", "2.00"]);
    assert_eq!(section["percentiles"]["percent"]["most"], "11.11");
    assert_eq!(section["largest"][0]["trip_id"], "ride-<2>");
    insta::assert_snapshot!("shadow_json", text);
}

/// Cores share the work; what comes out does not depend on who did what.
#[test]
fn all_cores_come_to_the_same() {
    let bills: Vec<String> = history::bills(&Cards::shipped(), 3000, 3).collect();
    let bills = bills.join("\n");
    let card = "replay - --card config/cards/110000/taxi.passenger.json --card config/cards/110000/express.driver.json";
    let (one, _, _) = run(&format!("{card} --jobs 1"), &bills);
    let (four, _, code) = run(&format!("{card} --jobs 4"), &bills);
    assert_eq!((one, code), (four, 0));
}

/// The page shows the figures, needs nothing from elsewhere, and what records and cards say stays text.
#[test]
fn page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let (_, _, code) = run(&format!("replay - {CANDIDATE} --html {}", path.display()), &tiny_history().join("\n"));
    let page = std::fs::read_to_string(path).unwrap();
    assert_eq!(code, 0);
    for part in [
        "<!DOCTYPE html>",
        "ride-&lt;2&gt;",
        "Tiny Town, &lt;i&gt;cheaper",
        "45.50",
        "+1.50",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for part in ["<i>", "ride-<", "<script", "src=", "href=", "url(", "@import", "//"] {
        assert!(!page.contains(part), "{part}");
    }
    // Three distributions, and a bar for each fee and for coupons.
    assert_eq!((page.matches("role=\"img\"").count(), page.matches("<svg class=\"bar\"").count()), (3, 4));
    for element in ["svg", "table", "section", "figure", "div", "tr", "td", "html", "body"] {
        let opened = page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

/// A mistake is answered with what would be right.
#[test]
fn mistakes() {
    let bills = tiny_history().join("\n");
    let yen = tempfile::tempdir().unwrap();
    let path = yen.path().join("yen.json");
    let candidate = std::fs::read_to_string(repository().join("tests/cases/replay/candidate.json")).unwrap();
    let candidate = candidate.replace("CNY", "JPY").replace(".00", "").replace("2.50", "2");
    std::fs::write(&path, candidate).unwrap();
    let place = path.to_str().unwrap();
    let mistakes = [
        mistake(&format!("replay - {CARDS}"), ""),
        mistake("replay nowhere.jsonl", ""),
        mistake("replay - --cards nowhere", &bills),
        mistake(&format!("replay - {CARDS} --html page.html"), &bills),
        mistake(&format!("replay - {CANDIDATE} {CANDIDATE}"), &bills),
        mistake("replay - --card tests/cases/replay/nowhere.json", &bills),
        mistake(&format!("replay - {CANDIDATE}"), "garbage"),
        mistake(&format!("replay - --card {place}"), &bills).replace(place, "yen.json"),
        mistake("explain tests/cases/slow-ride.json", ""),
        mistake("explain -", &tiny_history()[0]),
    ];
    insta::assert_snapshot!(mistakes.join("\n\n"));
}

/// Ctrl-C ends it at once, with what was done so far, although the input goes on.
#[test]
fn interrupted() {
    let mut child = spawn(&format!("replay - {CARDS}"));
    let mut input = child.stdin.take().unwrap();
    // More than a batch, so that some of it is on its way.
    let bills = (tiny_history().join("\n") + "\n").repeat(300);
    input.write_all(bills.as_bytes()).unwrap();
    input.flush().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let sent = Instant::now();
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    let output = child.wait_with_output().unwrap();
    drop(input);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(sent.elapsed() < Duration::from_secs(5));
    assert!(text.contains("interrupted: this is what the first "), "{text}");
    assert!(!text.contains("first 0 bills"), "{text}");
}

/// A stored bill says why it is what it is, and whether it still is.
#[test]
fn explained() {
    let bill = &tiny_history()[2];
    let tampered = bill.replace(r#""payable":"17.00""#, r#""payable":"16.00""#);
    assert_ne!(*bill, tampered);
    insta::assert_snapshot!("explained", shown(&format!("explain - {CARDS}"), bill));
    insta::assert_snapshot!("explained_json", shown(&format!("explain - {CARDS} --side passenger --json"), bill));
    insta::assert_snapshot!("explained_tampered", shown(&format!("explain - {CARDS} --side passenger"), &tampered));
}
