//! What can be wrong with a card beyond a single field: cycles, overlaps, holes, what is never charged, broken promises.

mod corrections;
mod holes;
mod monotone;
mod odd;
mod order;
mod overlaps;
mod zeros;

pub use order::{order, replacement_order};

use crate::card::RateCard;
use crate::notes::Notes;

/// Checks a card as a whole.
pub fn card(card: &RateCard, is_monotone: bool, notes: &mut Notes) {
    let subjects = card.terms.subjects();
    for (position, item) in card.items.iter().enumerate() {
        let pointer = format!("/items/{position}");
        // A condition that could not be read would seem to hold always.
        let unread = format!("{pointer}/branches/");
        let is_unread = |pointer: &str| pointer.strip_prefix(&unread).is_some_and(|rest| rest.contains("/when"));
        if !notes.problems.iter().any(|problem| is_unread(&problem.pointer)) {
            overlaps::refuse(item, &subjects, &pointer, notes);
            holes::find(item, &subjects, &pointer, notes);
        }
        for (index, branch) in item.branches.iter().enumerate() {
            if branch.when.calendar.holidays() == Some(true) && card.terms.holidays.is_empty() {
                let place = format!("{pointer}/branches/{index}/when/holidays");
                notes.problems.add(
                    place,
                    "unreachable",
                    "the card has no holidays, so this never applies; list them in `holidays`",
                );
            }
        }
        if item.cap == Some(0) {
            notes.warnings.add(format!("{pointer}/cap"), "zero", "what comes to at most zero is never charged");
        }
        let is_limited = item.floor.is_some() || item.cap.is_some() || item.growth.is_some();
        if is_limited && item.branches.iter().any(|branch| branch.fee.is_included()) {
            let message = "a tax that is contained in the prices is not part of the sum, so there is nothing that a floor, a \
                           cap or a limit on growth could change; take it out";
            notes.problems.add(&pointer, "included-limit", message);
        }
    }
    refuse_growth_of_corrections(card, notes);
    if is_monotone {
        monotone::check(card, notes);
    } else {
        odd::warn_of_rivals(card, notes);
    }
    odd::warn(card, notes);
    zeros::warn(card, notes);
}

/// What a minimum added to the quoted fare says nothing about what it has to add to this one.
fn refuse_growth_of_corrections(card: &RateCard, notes: &mut Notes) {
    for (position, item) in card.items.iter().enumerate() {
        if item.growth.is_some() && item.branches.iter().any(|branch| branch.fee.corrects() && branch.fee.is_exact()) {
            let message = "this brings other items to an amount, and what that took when the ride was quoted says nothing \
                           about now; limit those items, or the fare";
            notes.problems.add(format!("/items/{position}/growth"), "growth-of-correction", message);
        }
    }
}

#[cfg(test)]
mod tests;
