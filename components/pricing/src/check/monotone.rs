//! The promise that more distance or time never costs less: what could break it is refused.

use super::corrections::{corrections, corrects, first_outside, rivals};
use crate::card::RateCard;
use crate::item::Item;
use crate::notes::Notes;
use farebox_conditions::Range;
use std::collections::BTreeSet;

/// Checks a card that makes the promise.
pub fn check(card: &RateCard, notes: &mut Notes) {
    for (position, item) in card.items.iter().enumerate() {
        refuse_shrinking(item, &format!("/items/{position}"), notes);
    }
    refuse_torn_sums(card, notes);
}

fn refuse(place: String, why: &str, notes: &mut Notes) {
    let message = format!("the card promises that more never costs less, but {why}; change this, or drop `monotone`");
    notes.problems.add(place, "not-monotone", message);
}

/// An item that by itself could come to less, or cease to apply.
fn refuse_shrinking(item: &Item, pointer: &str, notes: &mut Notes) {
    if item.split && item.branches.iter().any(|branch| !branch.when.calendar.is_always()) {
        refuse(pointer.to_owned(), "a longer ride may have more of its distance in a cheaper window", notes);
    }
    let corrects = corrects(item);
    let stepped = item.branches.iter().any(|branch| branch.fee.corrects() && !branch.fee.is_exact());
    if stepped && item.rounding.step != 1 {
        let why = "what this takes off is rounded in steps, so that it may take off more than was added; round it to the \
                   minor unit";
        refuse(format!("{pointer}/rounding"), why, notes);
    }
    for (index, branch) in item.branches.iter().enumerate() {
        let place = format!("{pointer}/branches/{index}");
        if let Some(why) = branch.fee.shrinks() {
            refuse(place.clone(), why, notes);
        }
        let [distance, duration, _] = branch.when.quantities;
        // A lower bound alone is met for good once it is met; other branches may cost less all the same.
        let bounded = |range: Option<Range>| range.is_some_and(|range| range.to != u64::MAX || item.branches.len() > 1);
        let sets_in = distance.is_some() || duration.is_some();
        if bounded(distance) || bounded(duration) || sets_in && !item.replaces.is_empty() {
            refuse(format!("{place}/when"), "a longer ride may leave this condition for a cheaper one", notes);
        } else if sets_in && corrects {
            refuse(format!("{place}/when"), "this may take something off, and sets in for longer rides only", notes);
        }
    }
}

/// A minimum goes down while what it is based on goes up; only the sum of both never does. So wherever such an item is
/// counted, all that it is based on has to be counted as well, and nothing may be corrected twice.
fn refuse_torn_sums(card: &RateCard, notes: &mut Notes) {
    let all: Vec<usize> = (0..card.items.len()).collect();
    for (position, item) in card.items.iter().enumerate() {
        for (index, branch) in item.branches.iter().enumerate().filter(|(_, branch)| !branch.fee.is_included()) {
            let base = branch.fee.base();
            if let Some(torn) = corrections(card, base).find_map(|(_, needed)| first_outside(&needed, base)) {
                let name = card.items.get(torn).map(|item| item.code.as_str()).unwrap_or_default();
                let why =
                    format!("it counts what is brought to a limit without \"{name}\", which the limit is based on");
                refuse(format!("/items/{position}/branches/{index}"), &why, notes);
            }
        }
    }
    let all: Vec<(usize, BTreeSet<usize>)> = corrections(card, &all).collect();
    // Below, an item counts as correcting what any of its branches does; so every branch has to correct all of it.
    for (position, needed) in &all {
        let branches = card.items.get(*position).map(|item| item.branches.as_slice()).unwrap_or_default();
        for (index, branch) in branches.iter().enumerate() {
            if first_outside(needed, branch.fee.base()).is_some() {
                let why = "this corrects fewer items than another branch does; base all branches on the same";
                refuse(format!("/items/{position}/branches/{index}"), why, notes);
            }
        }
    }
    let mut rivals = rivals(card);
    rivals.dedup_by_key(|(later, _)| *later);
    for (later, earlier) in rivals {
        let name = card.items.get(earlier).map(|item| item.code.as_str()).unwrap_or_default();
        let why = format!("\"{name}\" corrects some of the same items; base one of the two on the other as well");
        refuse(format!("/items/{later}"), &why, notes);
    }
}
