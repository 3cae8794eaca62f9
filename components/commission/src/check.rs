//! What can be wrong with the scenarios of a policy taken together, each with a ride to show it.

use crate::scenario::Scenario;
use crate::when::{When, subjects};
use farebox_conditions::{Budget, TooComplex, meeting, outside};
use farebox_document::{Problems, excerpt};

/// How many comparisons of a condition with a fact there may be for a policy.
const BUDGET: usize = 5_000_000;

/// Notes rides that no scenario applies to, scenarios that can never count, and those of which the order decides for some rides.
pub fn scenarios(scenarios: &[Scenario], problems: &mut Problems, warnings: &mut Problems) {
    if scenarios.is_empty() {
        problems.add("/scenarios", "empty", "give at least one scenario; the last one is the default");
        return;
    }
    // A condition that could not be read would seem to hold always.
    if problems.iter().any(|problem| problem.pointer.contains("/when")) {
        return;
    }
    if find(scenarios, problems, warnings) == Err(TooComplex) {
        let message = "the conditions are too many to find out of all scenarios whether each can apply, and whether one always \
                       does; use fewer facts, or end with a scenario without `when`";
        // Without the last one being for all, a ride may be left out.
        let is_safe = scenarios.last().is_some_and(|scenario| scenario.when == When::ALWAYS);
        let list = if is_safe { warnings } else { problems };
        list.add("/scenarios", "too-complex", message);
    }
}

fn find(scenarios: &[Scenario], problems: &mut Problems, warnings: &mut Problems) -> Result<(), TooComplex> {
    let subjects = subjects();
    let mut budget = Budget::new(BUDGET);
    for (index, scenario) in scenarios.iter().enumerate() {
        let place = format!("/scenarios/{index}/when");
        let mut earlier = Vec::new();
        for before in scenarios.iter().take(index) {
            if let Some(ride) = meeting(&before.when, &scenario.when, &subjects, &mut budget)? {
                earlier.push((before, ride));
            }
        }
        let whens: Vec<&When> = earlier.iter().map(|(before, _)| &before.when).collect();
        if outside(&scenario.when, &whens, &subjects, &mut budget)?.is_none() {
            let names: Vec<_> = earlier.iter().take(3).map(|(before, _)| excerpt(&before.name).to_string()).collect();
            let message = format!(
                "never counts: an earlier scenario applies to every ride that this is for ({}); move it before those, or take it \
                 out",
                names.join(", ")
            );
            problems.add(place, "unreachable", message);
            continue;
        }
        for (before, ride) in earlier {
            // What is for less comes before what is for more: that is what an order is for.
            if outside(&before.when, &[&scenario.when], &subjects, &mut budget)?.is_some() {
                let message = format!(
                    "{} applies as well, for example {ride}, and counts because it comes first",
                    excerpt(&before.name)
                );
                warnings.add(place.clone(), "overlap", message);
            }
        }
    }
    let whens: Vec<&When> = scenarios.iter().map(|scenario| &scenario.when).collect();
    if let Some(ride) = outside(&When::ALWAYS, &whens, &subjects, &mut budget)? {
        let message = format!(
            "no scenario applies {}; a ride without a cap cannot be settled, so add one for it, or one without `when` as the last",
            ride.join(", ")
        );
        problems.add("/scenarios", "hole", message);
    }
    Ok(())
}
