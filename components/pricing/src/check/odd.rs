//! What is odd about a card, though it can be priced.

use super::corrections::rivals;
use crate::card::RateCard;
use crate::fee::Role;
use crate::notes::Notes;
use crate::when::{completed, zones_of};

/// Warns of what is odd, whatever the card promises.
pub fn warn(card: &RateCard, notes: &mut Notes) {
    warn_of_taxes_before_limit(card, notes);
    warn_of_replaced(card, notes);
    warn_of_unused_zones(card, notes);
    warn_of_undone_rounding(card, notes);
}

/// Two limits that know nothing of each other may together take off more than there is.
pub fn warn_of_rivals(card: &RateCard, notes: &mut Notes) {
    let maximum = |position: usize| card.items.get(position).filter(|item| item.is(Role::Maximum));
    for (later, earlier) in rivals(card) {
        if let (Some(_), Some(earlier)) = (maximum(later), maximum(earlier)) {
            let message = format!(
                "\"{}\" limits some of the same items, so that together they may bring the fare below zero, and it could not be \
                 billed; base one of the two on the other as well",
                earlier.code
            );
            notes.warnings.add(format!("/items/{later}"), "rival-limits", message);
        }
    }
}

/// The limit on the fare as a whole comes last: a tax stays as high as it was.
fn warn_of_taxes_before_limit(card: &RateCard, notes: &mut Notes) {
    let tax = card.items.iter().find(|item| item.is(Role::Tax));
    if let (Some(_), Some(tax)) = (card.growth, tax) {
        let message = format!(
            "the limit on the fare takes nothing off \"{}\", which is of the items before the limit; limit the items that are \
             taxed instead",
            tax.code
        );
        notes.warnings.add("/growth", "tax-before-limit", message);
    }
}

fn warn_of_replaced(card: &RateCard, notes: &mut Notes) {
    let every_ride = completed();
    for item in &card.items {
        let always = item.branches.iter().any(|branch| branch.when == every_ride) && !item.is(Role::AgreedPrice);
        for replaced in item.replaces.iter().filter(|_| always) {
            let message = format!("\"{}\" always replaces this, so it is never charged", item.code);
            notes.warnings.add(format!("/items/{replaced}"), "unreachable", message);
        }
    }
}

fn warn_of_unused_zones(card: &RateCard, notes: &mut Notes) {
    let branches = || card.items.iter().flat_map(|item| &item.branches);
    for (index, name) in card.terms.zones.names().enumerate() {
        if !branches().any(|branch| zones_of(&branch.when).any(|zone| zone == name)) {
            notes.warnings.add(format!("/zones/{index}"), "unused-zone", format!("no condition refers to \"{name}\""));
        }
    }
}

/// A sum that is rounded and then added to is not round.
fn warn_of_undone_rounding(card: &RateCard, notes: &mut Notes) {
    for (position, item) in card.items.iter().enumerate() {
        let Some(to) = item.branches.iter().filter_map(|branch| branch.fee.rounds_to()).max() else { continue };
        let after = card
            .items
            .iter()
            .skip(position + 1)
            .filter(|after| !after.branches.iter().all(|branch| branch.fee.is_included()))
            .find(|after| after.rounding.step % to != 0);
        if let Some(after) = after {
            let message =
                format!("\"{}\" is added after \"{}\" has rounded, so the total is not round", after.code, item.code);
            notes.warnings.add(format!("/items/{position}"), "rounding-undone", message);
        }
    }
}
