//! Every fault, small: what this build keeps it keeps, and what it does not is on the list.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "what is printed here is for whoever runs a test")]

use farebox_faults::audit::Invariant;
use farebox_faults::exemptions::{EXEMPTIONS, certain, excused};
use farebox_faults::load::{Phases, What};
use farebox_faults::plan::{FAULTS, Fault};
use farebox_faults::rides::Prices;
use farebox_faults::run::{Outcome, Setting, Size};
use farebox_faults::stage::NothingCanBeMounted;
use farebox_tests::server::Runtime;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How many faults are under way at once.
const AT_ONCE: usize = 5;

/// How many bills have to be answered for a run to mean anything. About eighteen are asked for; where a host is killed, a busy machine
/// takes seconds to start it again.
const FEWEST: usize = 5;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What is wrong with a run, a line each.
fn wrong(outcome: &Outcome) -> Vec<String> {
    let name = outcome.fault.name;
    let mut wrong = Vec::new();
    for (ride, violation) in &outcome.violations {
        if !excused(name, violation.invariant, true) {
            let (id, what) = (violation.invariant, &violation.what);
            wrong.push(format!("{name}: {id}, {}, ride-{ride}: {what}", violation.invariant.words()));
        }
    }
    for invariant in certain(name).filter(|invariant| outcome.count(*invariant) == 0) {
        let words = invariant.words();
        wrong.push(format!("{name}: {invariant}, {words}: it is kept now; take it off the list of exemptions"));
    }
    let bills = outcome.sent.iter().filter(|sent| sent.what == What::Bill);
    let answered = bills.filter(|sent| matches!(sent.answer, Ok((200..=202, _)))).count();
    if answered < FEWEST {
        wrong.push(format!("{name}: {answered} bills are too few to mean anything"));
    }
    wrong
}

/// Under every fault, and some at once, rides are estimated, metered and billed, and nothing that is promised is broken but what
/// is on the list; and what is on the list as certain is broken, or it has to be taken off.
#[test]
fn faults_break_what_is_listed_and_nothing_else() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
    let prices = Arc::new(Prices::native().unwrap());
    let size = Size {
        phases: Phases { before: ms(1_000), during: ms(1_400), after: ms(1_000) },
        rate: 40,
        seed: 1,
        settle: Duration::ZERO,
        variables: Vec::new(),
    };
    let found = Mutex::new((Vec::new(), BTreeSet::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let setting = Setting {
                    handle: runtime.handle().clone(),
                    prices: Arc::clone(&prices),
                    stop: &stop,
                    runtime: Runtime::Host,
                };
                while let Some(fault) = FAULTS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let told = match setting.run(fault, &size, &|_| {}) {
                        Ok(outcome) => wrong(&outcome),
                        Err(error) if error.is::<NothingCanBeMounted>() => {
                            eprintln!("{}: {error}: it was not tested", fault.name);
                            Vec::new()
                        }
                        Err(error) => vec![format!("{}: {error:#}", fault.name)],
                    };
                    let mut found = found.lock().unwrap();
                    found.0.extend(told);
                    found.1.insert(fault.name);
                }
            });
        }
    });
    let (wrong, tried) = found.into_inner().unwrap();
    assert_eq!(tried.len(), FAULTS.len(), "a fault was not tried");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The list names faults that there are, says why, and has nothing twice.
#[test]
fn the_list_of_exemptions_is_in_order() {
    let mut seen: BTreeSet<(&str, Invariant)> = BTreeSet::new();
    for entry in EXEMPTIONS {
        assert!(!entry.why.is_empty() && !entry.breaks.is_empty(), "{entry:?}");
        for fault in entry.faults {
            assert!(Fault::named(fault).is_some(), "there is no fault {fault}");
            for invariant in entry.breaks {
                assert!(seen.insert((fault, *invariant)), "{fault} and {invariant} are on the list twice");
            }
        }
    }
}
