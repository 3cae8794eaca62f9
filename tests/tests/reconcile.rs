//! `farebox reconcile`: what it says, and with which exit code. What it decides is tested in `crates/reconcile`.
#![allow(clippy::unwrap_used)]

use farebox_tests::command::{farebox, farebox_given};
use serde_json::Value;
use std::fs;

/// Files of a case of the crate that decides.
fn case(name: &str) -> [String; 2] {
    ["ledger.jsonl", "payments.csv"].map(|file| format!("crates/reconcile/tests/cases/{name}/{file}"))
}

/// Reconciles a case: its exit code, and what it says.
fn reconcile(name: &str, options: &[&str]) -> (i32, String) {
    let [ledger, payments] = case(name);
    let (code, text) = farebox(&[&["reconcile", "--ledger", &ledger, "--payments", &payments], options].concat());
    (code.unwrap(), text)
}

/// How a bank calls its columns.
const GERMAN: &str = "city=Stadt,trip_id=Fahrt,revision=Fassung,currency=Währung,amount=Betrag";

/// One exit code says that all is paid, one that something differs, and one that nothing is known.
#[test]
fn exit_codes() {
    for (name, options, code, said) in [
        ("a-german-bank", ["--columns", GERMAN, "--decimal-comma"].as_slice(), 0, "every top-up was paid once"),
        ("a-german-bank", &["--columns", GERMAN], 2, "with `--decimal-comma` the comma is before"),
        ("a-german-bank", &[], 2, "a-german-bank/payments.csv:1: has no column \"city\""),
        ("one-of-each-class", &[], 1, "paid more than once, 1:"),
        ("revisions-and-currencies", &["--decimal-point"], 1, "not paid, 1:"),
        ("rows-that-cannot-be-read", &[], 2, "nothing was compared: 15 lines cannot be read"),
        ("one-of-each-class", &["--delimiter", "|"], 2, "there are comma, semicolon, tab"),
        ("one-of-each-class", &["--columns", "price=x"], 2, "there are city, trip_id"),
        ("one-of-each-class", &["--payments", "nowhere"], 2, "error: cannot read nowhere"),
        ("one-of-each-class", &["--ledger", "-", "-"], 2, "can be one of the files only"),
        ("one-of-each-class", &["--json", "--csv"], 2, "cannot be used with"),
    ] {
        let (told, text) = reconcile(name, options);
        assert!(told == code && text.contains(said), "{name} {options:?}: {told}\n{text}");
    }
}

/// Programs are told line by line, and the last line is what all of it comes to.
#[test]
fn for_programs() {
    let (code, text) = reconcile("one-of-each-class", &["--json"]);
    assert_eq!(code, 1);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, findings) = lines.split_last().unwrap();
    assert_eq!((findings.len(), &last["summary"]["classes"]["unpaid"]), (9, &Value::from(1)));
    assert!(findings.iter().all(|line| line["finding"]["class"].is_string()), "{text}");
    let (code, text) = reconcile("rows-that-cannot-be-read", &["--json"]);
    assert!(code == 2 && text.ends_with("{\"summary\":{\"matches\":false,\"refused\":15}}\n"), "{text}");
    let (_, text) = reconcile("one-of-each-class", &["--csv"]);
    assert!(text.contains("\nduplicate,110000,paid-twice,1,CNY,2.50,d-1,"), "{text}");
    let (_, text) = reconcile("one-of-each-class", &["--html"]);
    assert!(text.starts_with("<!DOCTYPE html>") && text.contains("2 as owed, 7 not"), "{text}");
}

/// What was not paid is written as a ledger that can be compared again, whole or not at all.
#[test]
fn what_is_redriven() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("unpaid.jsonl");
    let path = file.to_str().unwrap();
    assert_eq!(reconcile("rows-that-cannot-be-read", &["--redrive", path]).0, 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    assert_eq!(reconcile("one-of-each-class", &["--redrive", path]).0, 1);
    let unpaid = fs::read_to_string(&file).unwrap();
    assert!(unpaid.lines().count() == 1 && unpaid.contains("\"trip_id\":\"unpaid\""), "{unpaid}");
    let paid = "city,trip_id,revision,currency,amount\n110000,unpaid,1,CNY,4.00\n";
    let (code, text) = farebox_given(&["reconcile", "--ledger", path, "--payments", "-"], paid);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Ledgers of several files are one ledger, and what is there twice counts once.
#[test]
fn ledgers_of_several_files() {
    let [ledger, payments] = case("one-of-each-class");
    let (code, text) = farebox(&["reconcile", "--ledger", &ledger, &ledger, "--payments", &payments]);
    assert!(code == Some(1) && text.contains("counted once: 11 lines"), "{text}");
}
