//! Defects that are planted into billing are found. Runs with the feature `planted`; `./x test` does both.
#![cfg(feature = "planted")]
#![allow(clippy::unwrap_used)]

use farebox_billing::planted::{Bug, plant};
use farebox_sim::exemptions;
use farebox_sim::run::Setting;
use farebox_sim::search::first_failure;

const SEEDS: u64 = 5_000;

/// Each defect breaks a promise within 5,000 seeds, with all exemptions granted.
#[test]
fn every_defect_is_found() {
    let setting = Setting::default();
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        plant(Some(bug));
        match first_failure(&setting, 0..SEEDS, &exemptions::all(), |_| {}) {
            Some(seed) => eprintln!("{bug:?} is found by seed {seed}"),
            None => missed.push(bug),
        }
    }
    plant(None);
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}

/// With none planted, the same build keeps every promise.
#[test]
fn without_a_defect_nothing_is_found() {
    plant(None);
    assert_eq!(first_failure(&Setting::default(), 0..200, &exemptions::all(), |_| {}), None);
}
