//! Old records: each later build reads all of them, and makes again, byte for byte, those that its engines made.
//!
//! `tests/corpus` has a file of bills for each pair of engine numbers there ever was, `bills-<pricing>-<commission>.jsonl`, one more
//! with a word behind the numbers for what was added to records since, and the rate cards and policies that they were made with. Files are added and never changed: a bill that comes out
//! differently needs a new engine number, and a new file. `top-ups-<format>.jsonl` has what bills of the corpus owe.
#![allow(clippy::unwrap_used, clippy::panic)]

use farebox_kit::artifacts::{farebox, repository};
use farebox_kit::history::{self, Cards};
use farebox_records::{BillRecord, ReadError, ShownBill, TopUpRecord, without_passenger};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many bills are added when the engines have a new number.
const COUNT: usize = 150;

fn folder() -> PathBuf {
    repository().join("tests/corpus")
}

/// The bills of today's engines, and how many there are: as they were when the engines got their numbers, and with what was added
/// to records since.
fn of_today() -> [(PathBuf, usize, u64); 2] {
    let named = |word| {
        let (pricing, commission) = (farebox_pricing::ENGINE, farebox_commission::ENGINE);
        folder().join(format!("bills-{pricing}-{commission}{word}.jsonl"))
    };
    [(named(""), COUNT, 1), (named("-guessed"), 30, 3)]
}

/// The top-ups of today's format.
fn top_ups_of_today() -> PathBuf {
    folder().join("top-ups-1.jsonl")
}

/// Every record of a kind that was ever written, with the file it is in.
fn records(kind: &str) -> Vec<(String, String)> {
    let mut records = Vec::new();
    for path in std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(kind) && name.ends_with(".jsonl") {
            let text = std::fs::read_to_string(&path).unwrap();
            records.extend(text.lines().map(|line| (name.clone(), line.to_owned())));
        }
    }
    records
}

/// Reads a record, and writes it again as it was.
fn read_back<T: Serialize>(file: &str, line: &str, read: impl FnOnce(&str) -> Result<T, ReadError>) -> T {
    let record = read(line).unwrap_or_else(|error| panic!("{file}: {error:?}\n{line}"));
    assert_eq!(serde_json::to_string(&record).unwrap(), line, "{file}");
    record
}

/// The cards that ship, and one that has every kind of item there is.
fn cards() -> Vec<(PathBuf, Vec<Cards>)> {
    let every_kind = std::fs::read_to_string(repository().join("components/pricing/tests/every-kind.json")).unwrap();
    let mut every_kind: Value = serde_json::from_str(&every_kind).unwrap();
    let of_test = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every-kind");
    let city = of_test.join(every_kind["city"].as_str().unwrap());
    std::fs::create_dir_all(&city).unwrap();
    for side in ["passenger", "driver"] {
        every_kind["side"] = side.into();
        let file = format!("{}.{side}.json", every_kind["product"].as_str().unwrap());
        std::fs::write(city.join(file), serde_json::to_string_pretty(&every_kind).unwrap()).unwrap();
    }
    [repository().join("config/cards"), of_test].map(|folder| (folder.clone(), Cards::of_folder(&folder))).into()
}

/// Writes down bills of engines that have none yet, and what they were made with.
fn add(file: &Path, count: usize, seed: u64) {
    let documents = folder().join("documents");
    std::fs::create_dir_all(&documents).unwrap();
    let mut bills = Vec::new();
    for (folder, cards) in cards() {
        bills.extend(history::bills(&cards, count / 2, seed));
        keep(&folder, &documents);
    }
    keep(&repository().join("config/policies"), &documents);
    std::fs::write(file, bills.join("\n") + "\n").unwrap();
}

/// Keeps every document of a folder under its version.
fn keep(folder: &Path, documents: &Path) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            keep(&path, documents);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            let version = farebox_document::version_of(&serde_json::from_str(&text).unwrap());
            std::fs::write(documents.join(format!("{version}.json")), text).unwrap();
        }
    }
}

/// Who rode can be taken out of every record, and nothing else is another: no sum, no line, no version. Nothing is left to take out.
#[test]
fn who_rode_can_be_erased() {
    let mut erased = 0;
    for (file, line) in records("bills-") {
        let Some(without) = without_passenger(&line).unwrap() else {
            assert_eq!(BillRecord::read(&line).unwrap().passenger_id, None, "{file}");
            continue;
        };
        let before = BillRecord::read(&line).unwrap();
        let after = read_back(&file, &without, BillRecord::read);
        assert!(
            before.passenger_id.is_some() && !without.contains(before.passenger_id.as_deref().unwrap()),
            "{without}"
        );
        assert_eq!(after, BillRecord { passenger_id: None, ..before }, "{file}");
        assert_eq!(without_passenger(&without).unwrap(), None, "{file}");
        erased += 1;
    }
    assert!(erased > 100);
}

/// The same engine makes the same bill and the same settlement, to the byte, for ever.
#[test]
fn an_engine_makes_the_same_bills_for_ever() {
    for (file, count, seed) in of_today() {
        makes_the_same_bills(&file, count, seed);
    }
}

fn makes_the_same_bills(file: &Path, count: usize, seed: u64) {
    if !file.exists() {
        assert!(
            std::env::var_os("UPDATE_GOLDEN").is_some(),
            "the engines have a new number: run this test with UPDATE_GOLDEN=1, which adds {}",
            file.display()
        );
        add(file, count, seed);
    }
    let replayed = Command::new(farebox())
        .args(["replay", "--json"])
        .arg(file)
        .args(["--cards".as_ref(), folder().join("documents").as_os_str()])
        .args(["--policies".as_ref(), folder().join("documents").as_os_str()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&replayed.stdout);
    assert!(
        replayed.status.success(),
        "bills come out differently: if that is meant, give the engine that makes them the next number\n{told}{}",
        String::from_utf8_lossy(&replayed.stderr)
    );
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["bills"], &told["same_bytes"]), (&Value::from(count), &Value::from(count)));
}

/// Whatever an earlier release wrote can be read, written again and shown.
#[test]
fn old_records_are_read() {
    let records = records("bills-");
    assert!(records.len() >= COUNT);
    for (file, line) in records {
        let record = read_back(&file, &line, BillRecord::read);
        // Pages do not say why a line is there; all else is read the same both ways.
        let (shown, whole) = (ShownBill::read(&line).unwrap(), ShownBill::from(record));
        let amounts = |bill: &farebox_fare::Bill| {
            let line = |line: &farebox_fare::Line| (line.code.clone(), line.quantity, line.rate, line.per, line.amount);
            [&bill.lines, &bill.discounts, &bill.included].map(|lines| lines.iter().map(line).collect::<Vec<_>>())
        };
        assert_eq!(amounts(&shown.passenger), amounts(&whole.passenger));
        assert_eq!(amounts(&shown.driver), amounts(&whole.driver));
        assert_eq!((shown.basis, shown.degraded, shown.product), (whole.basis, whole.degraded, whole.product));
    }
}

/// A top-up is what its bill owes, to the byte, for ever; and whatever was written can be read.
#[test]
fn top_ups_are_read() {
    let owed = |line: &str| TopUpRecord::of(&BillRecord::read(line).unwrap(), 1, 0);
    let written = |record: TopUpRecord| serde_json::to_string(&record).unwrap();
    if !top_ups_of_today().exists() {
        assert!(
            std::env::var_os("UPDATE_GOLDEN").is_some(),
            "top-ups have a new format: run this test with UPDATE_GOLDEN=1, which adds {}",
            top_ups_of_today().display()
        );
        let [(file, ..), _] = of_today();
        let bills = std::fs::read_to_string(file).unwrap();
        let top_ups: Vec<String> = bills.lines().filter_map(owed).map(written).collect();
        std::fs::write(top_ups_of_today(), top_ups.join("\n") + "\n").unwrap();
    }
    let owed: BTreeSet<String> = records("bills-").iter().filter_map(|(_, line)| owed(line)).map(written).collect();
    let records = records("top-ups-");
    let mut fields = BTreeSet::new();
    for (file, line) in &records {
        read_back(file, line, TopUpRecord::read);
        assert!(owed.contains(line), "{file}: no bill of the corpus owes this\n{line}");
        collect(&serde_json::from_str(line).unwrap(), String::new(), &mut fields);
    }
    let all = "amount billed_at city currency driver_id format policy revision scenario trip_id";
    assert!(fields.into_iter().eq(all.split(' ').map(|field| format!("/{field}"))), "every field has an example");
}

/// Nothing is written that the corpus has no example of: a field that is added to bills is added to it.
#[test]
fn the_corpus_has_every_field() {
    let paths = |text: &str| {
        let mut paths = BTreeSet::new();
        collect(&serde_json::from_str(text).unwrap(), String::new(), &mut paths);
        paths
    };
    let known: BTreeSet<String> = records("bills-").iter().flat_map(|(_, line)| paths(line)).collect();
    for (_, cards) in cards() {
        for bill in history::bills(&cards, 200, 2) {
            let new: Vec<_> = paths(&bill).difference(&known).cloned().collect();
            assert!(new.is_empty(), "no record in {} has {new:?}: add one that does", folder().display());
        }
    }
}

fn collect(value: &Value, at: String, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect(value, format!("{at}/{name}"), paths));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, format!("{at}/-"), paths)),
        // A ride is written down as it was quoted in the words it was ridden in.
        _ => _ = paths.insert(at.replace("/facts/quoted/", "/facts/trip/")),
    }
}
