#![allow(clippy::unwrap_used)]
use super::super::page;
use super::*;
use farebox_reconcile::{Layout, Reconciliation};
use std::fs;
use std::path::Path;

/// A case of the crate that decides, and what people are shown of it.
fn reconciled(case: &str) -> (Outcome, Listed) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/reconcile/tests/cases").join(case);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let mut reconciliation = Reconciliation::new(&std::env::temp_dir());
    reconciliation.ledger("ledger", &*read("ledger.jsonl")).unwrap();
    reconciliation.payments("paid", &*read("payments.csv"), &Layout::default()).unwrap();
    let mut listed = Listed::default();
    let outcome = reconciliation.finish::<anyhow::Error>(|finding| {
        listed.add(finding);
        Ok(())
    });
    (outcome.unwrap(), listed)
}

/// What is proven comes first, and then what there is to do about it.
#[test]
fn reports() {
    let (outcome, listed) = reconciled("one-of-each-class");
    let expected = include_str!("tests/one-of-each-class.txt");
    assert_eq!(report(&outcome, &listed), expected);
    assert_eq!(in_a_line(&outcome), "9 top-ups and 9 payments: 2 as owed, 7 not");
}

/// Where lines cannot be read that is all there is to say.
#[test]
fn what_cannot_be_read() {
    let (outcome, listed) = reconciled("rows-that-cannot-be-read");
    let text = report(&outcome, &listed);
    assert!(
        text.starts_with("nothing was compared: 15 lines cannot be read\n  ledger:2: amount is \"6.355\" CNY;"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 16);
}

/// A page says the same, and nothing that comes from an input is a part of it.
#[test]
fn pages_say_the_same() {
    let (outcome, listed) = reconciled("one-of-each-class");
    let page = page::page(&outcome, &listed);
    for part in ["7 not", "<h2>In CNY</h2>", "-6.31", "<h2>1 paid more than once</h2>", "paid:4, 2026-11-26, P-9"] {
        assert!(page.contains(part), "{part}");
    }
    let (outcome, listed) = reconciled("rows-that-cannot-be-read");
    let page = page::page(&outcome, &listed);
    assert!(page.contains("15 lines cannot be read") && page.contains("amount is &quot;1,234&quot;"), "{page}");
}

/// As many as a person looks at are shown, and all are counted; what a bank writes cannot be taken for what Farebox says.
#[test]
fn the_first_of_many() {
    let rows: String = (10..61).map(|trip| format!("c,t-{trip},1,CNY,1.00,\"<b>\u{7}\n\"\n")).collect();
    let payments = format!("city,trip_id,revision,currency,amount,reference\n{rows}");
    let mut reconciliation = Reconciliation::new(&std::env::temp_dir());
    reconciliation.payments("paid", payments.as_bytes(), &Layout::default()).unwrap();
    let mut listed = Listed::default();
    let outcome = reconciliation.finish::<anyhow::Error>(|finding| {
        listed.add(finding);
        Ok(())
    });
    let outcome = outcome.unwrap();
    let text = report(&outcome, &listed);
    assert!(text.contains("paid, and not in the ledger, the first 20 of 51:\n"), "{text}");
    assert!(text.contains("t-29") && !text.contains("t-30") && !text.contains('\u{7}'), "{text}");
    let page = page::page(&outcome, &listed);
    assert!(page.contains("The first 20.") && page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
}
