//! Rides to which no branch of an item applies.

use crate::fee::Role;
use crate::item::Item;
use crate::notes::Notes;
use crate::when::{SubjectsOf, When, completed, is_for};
use farebox_conditions::{Budget, TooComplex, outside};
use farebox_fare::Outcome;

/// How many comparisons of a condition with a fact there may be for an item.
const BUDGET: usize = 500_000;

/// Looks for a completed ride, at some time of the week, to which no branch applies.
pub fn find(item: &Item, subjects: &SubjectsOf<'_>, pointer: &str, notes: &mut Notes) {
    if item.required == Some(true) && item.is(Role::AgreedPrice) {
        let message = "a ride without an agreed price is not charged this, so it cannot be required; leave this out";
        notes.problems.add(format!("{pointer}/required"), "hole", message);
    }
    let whens: Vec<&When> = item.branches.iter().map(|branch| &branch.when).collect();
    let is_usual = whens.len() > 1 && whens.iter().any(|when| is_for(when, Outcome::Completed));
    let expected = item.required.unwrap_or(is_usual);
    if !expected {
        return;
    }
    let place = format!("{pointer}/branches");
    let witness = match outside(&completed(), &whens, subjects, &mut Budget::new(BUDGET)) {
        Ok(None) => return,
        Ok(Some(words)) if words.is_empty() => "to any completed ride".to_owned(),
        Ok(Some(words)) => words.join(", "),
        Err(TooComplex) => {
            let message =
                "the conditions are too many to find out whether one always applies; use fewer facts in one item";
            let list = if item.required == Some(true) { &mut notes.problems } else { &mut notes.warnings };
            list.add(place, "too-complex", message);
            return;
        }
    };
    if item.required == Some(true) {
        let message = format!("no branch applies {witness}, but the item is required; add a branch for it");
        notes.problems.add(place, "hole", message);
    } else {
        let message = format!(
            "no branch applies {witness}, and nothing is charged then; if that is meant, say \"required\": false"
        );
        notes.warnings.add(place, "hole", message);
    }
}
