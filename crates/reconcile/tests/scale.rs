//! A million rows: how long it takes, how much memory, and that what is planted among them is found.
//!
//! `cargo test -p farebox-reconcile --release --test scale -- --ignored --nocapture` measures and prints it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use farebox_reconcile::{Class, Error, JsonLines, Layout, MEMORY_BYTES, Outcome, Reconciliation};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Which folder a process that is to be measured finds its files in, and how much memory it is given.
const FOLDER: &str = "RECONCILE_FOLDER";
const MEMORY: &str = "RECONCILE_MEMORY";

/// What a reconciliation took.
struct Measured {
    took: Duration,
    /// The most that the process had in memory.
    peak_kib: u64,
    /// What was found, by class, but for what matched.
    found: BTreeMap<String, u64>,
}

/// Lays out so many top-ups and their payments, in no order that is that of the keys, with one of each class among them.
fn lay_out(folder: &Path, rows: u64) {
    let create = |name: &str| BufWriter::new(File::create(folder.join(name)).unwrap());
    let (mut ledger, mut payments) = (create("ledger.jsonl"), create("payments.csv"));
    writeln!(payments, "city,trip_id,revision,currency,amount,paid_at,reference,driver_id").unwrap();
    // A step that has no factor in common with any number of rows used here goes through all of them once.
    let scattered = |row: u64| row * 7_919 % rows;
    let cents = |row: u64| format!("{}.{:02}", row % 97 + 1, row % 100);
    for row in (0..rows).map(scattered) {
        let (city, amount) = (110_000 + row % 7, cents(row));
        let mut record = |amount: &str| {
            writeln!(
                ledger,
                r#"{{"format":"farebox-top-up/1","trip_id":"ride-{row:09}","city":"{city}","revision":1,"currency":"CNY","amount":"{amount}","scenario":"express-27","policy":"2026-11-express","driver_id":"driver-{}","billed_at":"2026-11-21T01:15:00Z"}}"#,
                row % 5_000
            )
            .unwrap();
        };
        match row {
            1 => {}
            2 => [amount.as_str(), "1.23"].into_iter().for_each(&mut record),
            _ => record(&amount),
        }
    }
    for row in (0..rows).rev().map(scattered) {
        let (city, mut amount, mut currency, mut driver, mut times) =
            (110_000 + row % 7, cents(row), "CNY", row % 5_000, 1);
        match row {
            3 => times = 0,
            4 => times = 2,
            5 => currency = "USD",
            6 => amount = "0.01".to_owned(),
            7 => driver += 1,
            _ => {}
        }
        for _ in 0..times {
            writeln!(
                payments,
                "{city},ride-{row:09},1,{currency},{amount},2026-11-25,\"Payroll, November\",driver-{driver}"
            )
            .unwrap();
        }
    }
    payments.flush().unwrap();
    ledger.flush().unwrap();
}

/// Reconciles what is in the folder that the environment names: what is measured, in a process of its own.
#[test]
fn measured() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let memory = std::env::var(MEMORY).unwrap().parse().unwrap();
    let open = |name: &str| BufReader::new(File::open(folder.join(name)).unwrap());
    let mut reconciliation = Reconciliation::with_memory(folder, memory);
    reconciliation.ledger("ledger", open("ledger.jsonl")).unwrap();
    reconciliation.payments("payments", open("payments.csv"), &Layout::default()).unwrap();
    let mut report = JsonLines::new(BufWriter::new(File::create(folder.join("report.jsonl")).unwrap()));
    let outcome = reconciliation.finish::<Error>(|finding| {
        report.finding(finding).unwrap();
        Ok(())
    });
    let outcome = outcome.unwrap();
    report.finish(&outcome).unwrap();
    let Outcome::Reconciled(summary) = outcome else { panic!("every line was good") };
    let found = |class: &Class| (class.word().to_owned(), summary.keys(*class));
    let found: BTreeMap<String, u64> = Class::ALL.iter().map(found).collect();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    fs::write(folder.join("measured.json"), serde_json::to_string(&(peak, found)).unwrap()).unwrap();
}

fn measure(rows: u64, memory: usize) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), rows);
    let start = Instant::now();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "measured"]).env(FOLDER, folder.path()).env(MEMORY, memory.to_string());
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let took = start.elapsed();
    let told = fs::read_to_string(folder.path().join("measured.json")).unwrap();
    let (peak_kib, mut found): (u64, BTreeMap<String, u64>) = serde_json::from_str(&told).unwrap();
    // Those of which one was planted each: all but row 1, which is not in the ledger, match, and six more do not.
    assert_eq!(found.remove("matched"), Some(rows - 7));
    Measured { took, peak_kib, found }
}

/// Asserts that one of each class was found, and that ten times as much, or five, takes no more than a fifth more memory.
fn check(less: &Measured, more: &Measured) {
    for Measured { found, .. } in [less, more] {
        assert_eq!(found.len(), Class::ALL.len() - 1);
        assert!(found.values().all(|count| *count == 1), "{found:?}");
    }
    assert!(more.peak_kib * 5 <= less.peak_kib * 6, "{} KiB, then {} KiB", less.peak_kib, more.peak_kib);
}

/// With a sixteenth of the memory fewer rows show the same.
#[test]
fn memory_does_not_grow() {
    check(&measure(10_000, MEMORY_BYTES / 16), &measure(50_000, MEMORY_BYTES / 16));
}

#[test]
#[ignore = "takes a while, and means something in a release build only"]
fn a_million_rows() {
    let measured = [100_000, 1_000_000].map(|rows| {
        let measured = measure(rows, MEMORY_BYTES);
        println!("{rows} rows: {:.1?}, {} KiB at most", measured.took, measured.peak_kib);
        measured
    });
    let [less, more] = &measured;
    check(less, more);
    assert!(more.took < Duration::from_secs(30), "{:?}", more.took);
}
