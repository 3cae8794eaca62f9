//! Ledgers and payments that anybody can read, and the reports on them. Each folder of `cases` has a `ledger.jsonl`, a `payments.csv`, a
//! `layout.txt` where something has to be said of the payments, and what comes out: `report.csv`, `report.jsonl`, and `redrive.jsonl`.
//! `UPDATE_GOLDEN=1` writes what comes out anew.
#![allow(clippy::unwrap_used)]

use farebox_reconcile::{
    CsvTable, Delimiter, Error, JsonLines, Layout, Names, Notation, Outcome, Reconciliation, redrive,
};
use std::fs;
use std::path::Path;

/// What is said of a file of payments: a line for each option, as on the command line.
fn layout(text: &str) -> Layout {
    let mut layout = Layout::default();
    for line in text.lines() {
        let (option, value) = line.split_once(' ').unwrap_or((line, ""));
        match option {
            "--columns" => layout.names = Names::parse(value).unwrap(),
            "--delimiter" => layout.delimiter = Some(Delimiter::parse(value).unwrap()),
            "--decimal-comma" => layout.notation = Notation::Comma,
            "--decimal-point" => layout.notation = Notation::Point,
            other => panic!("there is no option {other}"),
        }
    }
    layout
}

/// The three files that come out.
fn reconcile(folder: &Path) -> [(&'static str, Vec<u8>); 3] {
    let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
    let layout = layout(&String::from_utf8(read("layout.txt")).unwrap());
    let mut reconciliation = Reconciliation::new(&std::env::temp_dir());
    reconciliation.ledger("ledger.jsonl", &*read("ledger.jsonl")).unwrap();
    reconciliation.payments("payments.csv", &*read("payments.csv"), &layout).unwrap();
    let (mut table, mut lines, mut unpaid) = (Vec::new(), Vec::new(), Vec::new());
    let (mut csv, mut json) = (CsvTable::new(&mut table).unwrap(), JsonLines::new(&mut lines));
    let outcome = reconciliation.finish::<Error>(|finding| {
        csv.finding(finding).unwrap();
        json.finding(finding).unwrap();
        redrive(&mut unpaid, finding).unwrap();
        Ok(())
    });
    let outcome = outcome.unwrap();
    csv.finish(&outcome).unwrap();
    json.finish(&outcome).unwrap();
    if let Outcome::Refused(_) = outcome {
        assert!(unpaid.is_empty(), "nothing is handed over again while something cannot be read");
    }
    [("report.csv", table), ("report.jsonl", lines), ("redrive.jsonl", unpaid)]
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut seen = 0;
    for case in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        for (name, told) in reconcile(&case) {
            let file = case.join(name);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&file, &told).unwrap();
            }
            let told = String::from_utf8(told).unwrap();
            assert_eq!(told, fs::read_to_string(&file).unwrap(), "{}", file.display());
        }
        seen += 1;
    }
    assert!(seen >= 5);
}
