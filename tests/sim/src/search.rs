//! Running many seeds, and making a seed that fails small enough to read.

use crate::auditor::Violation;
use crate::exemptions::Exemption;
use crate::plan::Plan;
use crate::run::{Outcome, Setting};

/// A plan that breaks a promise.
#[derive(Debug)]
pub struct Found {
    /// The smallest plan that was found to break it.
    pub plan: Plan,
    /// What is broken.
    pub violation: Violation,
    /// How it came about.
    pub story: Vec<String>,
}

/// The first seed that breaks a promise that is not excused, if any does. `each` is told of every run.
pub fn first_failure(
    setting: &Setting,
    seeds: impl IntoIterator<Item = u64>,
    excused: &[Exemption],
    mut each: impl FnMut(&Outcome),
) -> Option<u64> {
    seeds.into_iter().find(|seed| {
        let outcome = setting.run(&Plan::of(*seed), excused, false);
        each(&outcome);
        outcome.violation.is_some()
    })
}

/// Leaves out of a plan whatever can be left out, as long as the same promise is broken. `None` when none is.
pub fn shrink(setting: &Setting, plan: Plan, excused: &[Exemption]) -> Option<Found> {
    let broken = |plan: &Plan| setting.run(plan, excused, false).violation;
    let mut violation = broken(&plan)?;
    let mut plan = plan;
    loop {
        let smaller = plan.smaller().into_iter().find_map(|smaller| {
            let still = broken(&smaller).filter(|still| still.promise == violation.promise)?;
            Some((smaller, still))
        });
        match smaller {
            Some((smaller, still)) => (plan, violation) = (smaller, still),
            None => break,
        }
    }
    let story = setting.run(&plan, excused, true).story;
    Some(Found { plan, violation, story })
}
