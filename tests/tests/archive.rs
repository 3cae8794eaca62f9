//! Bills that are archived can be read, proved and priced again without the store that they were in.
#![allow(clippy::unwrap_used)]

use farebox_tests::command::farebox;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::Server;
use serde_json::{Value, json};
use std::fs;

/// A day is archived once nothing of it may be put right any more, with all revisions of its bills; what was archived is proved to the
/// byte by replaying it, is never written anew, and is found out when it was changed.
#[test]
fn a_day_is_archived() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().to_str().unwrap();
    for trip in 0..30 {
        let trip = format!("archived-{trip}");
        assert_eq!(server.post(&format!("/v1/trips/{trip}/segments"), &segment(1)).status, 200);
        assert_eq!(server.post(&format!("/v1/trips/{trip}/bill"), &bill()).status, 201);
    }
    let guessed = server.post("/v1/trips/archived-late/bill", &bill());
    assert_eq!((guessed.status, &guessed.json()["provisional"]), (201, &json!(true)));
    // The day by the clock of Beijing: that of an answer, to be sure on whatever day this runs.
    let made: jiff::Timestamp = guessed.json()["billed_at"].as_str().unwrap().parse().unwrap();
    let day = made.in_tz("Asia/Shanghai").unwrap().date().to_string();
    let write = ["archive", "write", "--city", "110000", "--day", &day, "--to", archive, "--url", server.base()];

    let (code, text) = farebox(&write);
    assert!(code == Some(1) && text.contains("1 of 31 bills may yet be put right"), "{text}");
    assert_eq!(server.post("/v1/trips/archived-late/segments", &segment(1)).status, 200);
    // In a later second than the bill.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let (code, text) = farebox(&["repair", "--url", server.base(), "--json"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = farebox(&[&write[..], &["--json"]].concat());
    assert_eq!(code, Some(0), "{text}");
    let written: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&written["contents"]["bills"], &written["contents"]["revisions"]), (&json!(31), &json!(32)), "{text}");
    let (code, text) = farebox(&write);
    assert!(code == Some(1) && text.contains("is not changed any more"), "{text}");

    let file = folder.path().join("110000").join(format!("{day}.jsonl.gz"));
    let cards = folder.path().join("cards");
    let (code, text) = farebox(&["replay", file.to_str().unwrap(), "--cards", cards.to_str().unwrap(), "--json"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = farebox(&["archive", "verify", archive]);
    assert_eq!((code, &*text), (Some(0), "1 days: 31 bills, 32 revisions are as they were written\n"));
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (code, text) = farebox(&["archive", "verify", archive]);
    assert!(code == Some(1) && text.contains("was changed since it was written"), "{text}");
}

/// Bills are listed by day and by what is to be done about them.
#[test]
fn bills_are_listed() {
    let server = Server::start(&[]);
    assert_eq!(server.post("/v1/trips/listed/bill", &bill()).status, 201);
    let list =
        |arguments: &[&str]| farebox(&[&["bills", "--city", "110000", "--url", server.base()], arguments].concat());
    let (code, text) = list(&[]);
    assert_eq!(code, Some(0), "{text}");
    for part in ["listed", "due since 20", "provisional", "trip-missing", " CNY"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(list(&["--day", "2020-01-01"]), (Some(0), "there are none\n".to_owned()));
    let (code, text) = list(&["--day", "yesterday"]);
    assert!(code == Some(1) && text.contains("is a day, such as 2026-11-26"), "{text}");
    let (code, text) = farebox(&["repair", "--city", "110000", "--dry-run", "--url", server.base()]);
    assert!(code == Some(0) && text.contains("listed"), "{text}");
    assert_eq!(server.get("/v1/trips/listed/bill?city=110000&revision=2").status, 404, "nothing was repaired");
}
