//! Every promise of billing's is kept under every fault, but for what is exempted; and the simulator would have noticed.
#![allow(clippy::unwrap_used)]

use farebox_sim::exemptions::{self, EXEMPTIONS};
use farebox_sim::plan::Plan;
use farebox_sim::run::Setting;
use farebox_sim::search::{first_failure, shrink};
use std::collections::BTreeMap;

const SEEDS: u64 = 2_000;

/// In 2,000 runs no promise is broken that is not on the list of exemptions; and the runs are worth something: everything
/// that can be asked is answered, and everything that can go wrong does.
#[test]
fn promises_are_kept() {
    let setting = Setting::default();
    let (mut answers, mut events) = (BTreeMap::new(), BTreeMap::new());
    let failed = first_failure(&setting, 0..SEEDS, &exemptions::all(), |outcome| {
        for (name, count) in &outcome.answers {
            *answers.entry(*name).or_insert(0) += count;
        }
        for (name, count) in &outcome.events {
            *events.entry(name.clone()).or_insert(0) += count;
        }
    });
    if let Some(seed) = failed {
        let found = shrink(&setting, Plan::of(seed), &exemptions::all()).unwrap();
        panic!("seed {seed}:\n{}\n{}\n{}", found.plan, found.story.join("\n"), found.violation);
    }
    for name in [
        "estimated",
        "metered",
        "metered here",
        "billed",
        "repeated",
        "fetched",
        "shown",
        "nothing",
        "bill-conflict",
        "bill-not-found",
        "store-unavailable",
        "store-timed-out",
        "signature-replayed",
    ] {
        assert!(answers.get(name).is_some_and(|count| *count > 50), "{name} is hardly ever answered: {answers:?}");
    }
    for name in [
        "bill-mocked",
        "bill-not-settled",
        "bill-kept-here",
        "segments-kept-here",
        "bill-superseded",
        "not-billed-as-quoted",
        "quote-not-kept",
        "document-not-kept",
        "nonce-not-kept",
        "store-lost",
    ] {
        assert!(events.get(name).is_some_and(|count| *count > 20), "{name} hardly ever happens: {events:?}");
    }
}

/// Each exemption is needed: without it, its seed breaks the promise that it names.
#[test]
fn exemptions_are_needed() {
    let setting = Setting::default();
    for entry in EXEMPTIONS {
        let outcome = setting.run(&Plan::of(entry.seed), &exemptions::without(entry.exemption), false);
        let broken = outcome.violation.map(|violation| violation.promise);
        assert_eq!(broken, Some(entry.promise), "{entry:?}");
    }
}

/// A seed decides everything: run again, it takes the same steps to the same answers.
#[test]
fn seeds_decide_everything() {
    let setting = Setting::default();
    for seed in 0..20 {
        let run = || setting.run(&Plan::of(seed), &exemptions::all(), true);
        let (first, again) = (run(), run());
        assert_eq!((first.steps, first.answers, first.story), (again.steps, again.answers, again.story), "seed {seed}");
    }
}
