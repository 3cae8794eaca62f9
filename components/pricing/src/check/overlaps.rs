//! Branches of an item that apply to the same ride.

use crate::item::{Branch, Item};
use crate::notes::Notes;
use crate::when::SubjectsOf;
use farebox_conditions::{Budget, TooComplex, meeting};

/// How many comparisons of names there may be for an item.
const BUDGET: usize = 50_000_000;

/// Two branches that both apply to some ride at some time would make the price depend on their order.
pub fn refuse(item: &Item, subjects: &SubjectsOf<'_>, pointer: &str, notes: &mut Notes) {
    let mut budget = Budget::new(BUDGET);
    for (index, branch) in item.branches.iter().enumerate() {
        let mut overlap = |(other, earlier): (usize, &Branch)| {
            let witness = meeting(&branch.when, &earlier.when, subjects, &mut budget).transpose()?;
            Some(witness.map(|witness| (other, witness)))
        };
        match item.branches.iter().take(index).enumerate().find_map(&mut overlap) {
            None => {}
            Some(Ok((other, witness))) => notes.problems.add(
                format!("{pointer}/branches/{index}/when"),
                "overlap",
                format!("branch {other} applies as well, for example {witness}; branches may not overlap"),
            ),
            Some(Err(TooComplex)) => {
                let message =
                    "the conditions name too much to find out whether two branches apply to one ride; use fewer names";
                notes.problems.add(format!("{pointer}/branches"), "too-complex", message);
                return;
            }
        }
    }
}
