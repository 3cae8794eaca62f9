//! Fees that are a part of others, of which none is charged when they are.

use crate::card::RateCard;
use crate::item::{Branch, Item};
use crate::notes::Notes;
use crate::when::{SubjectsOf, When, is_for};
use farebox_conditions::{same_facts, same_time};
use farebox_fare::Outcome;

/// Warns of branches that come to nothing on every ride: whenever they apply, nothing that they are based on does.
pub fn warn(card: &RateCard, notes: &mut Notes) {
    // Of each item, which branches come to nothing.
    let subjects = card.terms.subjects();
    let mut zeros: Vec<Vec<bool>> = card.items.iter().map(|item| vec![false; item.branches.len()]).collect();
    for position in &card.order {
        let Some(item) = card.items.get(*position) else { continue };
        for (index, branch) in item.branches.iter().enumerate() {
            let is_zero = branch.fee.is_share()
                && branch
                    .fee
                    .base()
                    .iter()
                    .all(|base| is_never_charged(card, &subjects, &zeros, (item, branch), *base));
            if is_zero && !branch.fee.base().is_empty() {
                let pointer = format!("/items/{position}/branches/{index}");
                notes.warnings.add(pointer, "always-zero", message(card, &subjects, branch));
            }
            if let Some(zero) = zeros.get_mut(*position).and_then(|branches| branches.get_mut(index)) {
                *zero = is_zero;
            }
        }
    }
}

/// Whether an item that a branch is based on comes to nothing on every ride that the branch applies to.
fn is_never_charged(
    card: &RateCard,
    subjects: &SubjectsOf<'_>,
    zeros: &[Vec<bool>],
    (item, branch): (&Item, &Branch),
    base: usize,
) -> bool {
    let Some(other) = card.items.get(base) else { return true };
    if item.replaces.contains(&base) {
        return true;
    }
    // Whatever its branch comes to, an item that applies comes to its floor.
    let has_floor = other.floor.is_some_and(|floor| floor > 0);
    other.branches.iter().enumerate().all(|(index, theirs)| {
        let is_zero = !has_floor && zeros.get(base).and_then(|branches| branches.get(index)).copied() == Some(true);
        is_zero || !meet((item, branch), (other, theirs), subjects)
    })
}

/// Whether two branches apply to some ride. One that splits applies to parts of it, which may be ridden at any time.
fn meet((item, branch): (&Item, &Branch), (other, theirs): (&Item, &Branch), subjects: &SubjectsOf<'_>) -> bool {
    let at_once = !item.split && !other.split;
    (!at_once || same_time(&branch.when, &theirs.when, subjects).is_some())
        && same_facts(&branch.when, &theirs.when, subjects).is_some()
}

fn message(card: &RateCard, subjects: &SubjectsOf<'_>, branch: &Branch) -> String {
    let base = branch.fee.base().iter().filter_map(|position| card.items.get(*position));
    let base: Vec<String> = base.map(|item| format!("\"{}\"", item.code)).collect();
    let nothing = match &*base {
        [one] => format!("{one} is not charged"),
        many => format!("none of {} is charged", many.join(", ")),
    };
    format!(
        "{nothing} on a ride with {}, or on any other that this is for, so it is always zero; base it on what is charged then",
        ride(&branch.when, subjects)
    )
}

/// A ride to which a condition applies, in words.
fn ride(when: &When, subjects: &SubjectsOf<'_>) -> String {
    let outcome = if is_for(when, Outcome::Completed) { Outcome::Completed } else { Outcome::Cancelled };
    let mut words = vec![format!("outcome {}", outcome.word())];
    words.extend(same_facts(when, when, subjects).unwrap_or_default());
    let moment = same_time(when, when, subjects).filter(|_| !when.calendar.is_always());
    words.extend(moment.map(|moment| moment.describe()));
    words.join(", ")
}
