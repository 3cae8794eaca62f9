//! Rides to which no branch of an item applies.

use super::names::{ANY_OTHER, names};
use crate::fee::Role;
use crate::item::Item;
use crate::notes::Notes;
use crate::terms::Terms;
use crate::when::{Moment, NAMES, OUTCOME, QUANTITIES, When};
use farebox_fare::Outcome;

/// The most combinations of conditions that are told apart when looking for holes.
const MAX_CELLS: usize = 2000;

/// Looks for a completed ride, at some time of the week, to which no branch applies.
pub fn find(item: &Item, terms: &Terms, pointer: &str, notes: &mut Notes) {
    if item.required == Some(true) && item.is(Role::AgreedPrice) {
        let message = "a ride without an agreed price is not charged this, so it cannot be required; leave this out";
        notes.problems.add(format!("{pointer}/required"), "hole", message);
    }
    let whens: Vec<&When> = item.branches.iter().map(|branch| &branch.when).collect();
    let completed = whens.iter().any(|when| when.has_name(OUTCOME, Outcome::Completed.word()));
    let expected = item.required.unwrap_or(whens.len() > 1 && completed);
    if !expected {
        return;
    }
    let place = format!("{pointer}/branches");
    let witness = match hole(&whens, terms) {
        Ok(None) => return,
        Ok(Some(witness)) => witness,
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

/// A ride to which none of the conditions applies, in words. Facts are looked at one after the other; rides that leave
/// the same conditions standing are looked at once.
fn hole(whens: &[&When], terms: &Terms) -> Result<Option<String>, TooComplex> {
    let mut cells: Vec<(Vec<&When>, Vec<String>)> = vec![(whens.to_vec(), Vec::new())];
    let mut too_complex = false;
    let mut split = |values: &dyn Fn(&[&When]) -> Vec<Value>| {
        let mut next: Vec<(Vec<&When>, Vec<String>)> = Vec::new();
        for (standing, words) in &cells {
            for value in values(standing) {
                let left: Vec<&When> = standing.iter().copied().filter(|when| value.meets(when)).collect();
                let same = |other: &[&When]| {
                    other.len() == left.len() && other.iter().zip(&left).all(|(a, b)| std::ptr::eq(*a, *b))
                };
                too_complex |= next.len() >= MAX_CELLS;
                if !too_complex && !next.iter().any(|(other, _)| same(other)) {
                    next.push((left, words.iter().cloned().chain(value.describe()).collect()));
                }
            }
        }
        cells = next;
    };
    split(&|whens| {
        // Where a window ends, a hole may begin.
        let mut moments: Vec<Moment> = whens.iter().flat_map(|when| when.calendar.turns()).collect();
        moments.sort_unstable_by_key(|moment| (moment.holiday, moment.minute));
        moments.dedup();
        moments.retain(|moment| terms.has(*moment));
        let timed = whens.iter().any(|when| !when.calendar.is_always());
        moments.into_iter().map(|moment| Value::Moment(moment, timed)).collect()
    });
    for position in 0..NAMES.len() {
        split(&|whens| {
            if position == OUTCOME {
                return vec![Value::Name(position, Outcome::Completed.word().to_owned(), false)];
            }
            let choices = whens.iter().filter_map(|when| when.names.get(position)?.as_ref());
            let told = choices.clone().next().is_some();
            names(position, choices, &terms.zones)
                .into_iter()
                .map(|name| Value::Name(position, name.to_owned(), told))
                .collect()
        });
    }
    for position in 0..QUANTITIES.len() {
        split(&|whens| {
            let ranges = whens.iter().filter_map(|when| *when.quantities.get(position)?);
            let told = ranges.clone().next().is_some();
            let starts = ranges.flat_map(|range| [range.from, range.to]).filter(|start| *start != u64::MAX).chain([0]);
            let mut starts: Vec<u64> = starts.collect();
            starts.sort_unstable();
            starts.dedup();
            starts.into_iter().map(|start| Value::Quantity(position, start, told)).collect()
        });
    }
    if too_complex {
        return Err(TooComplex);
    }
    let hole = cells.into_iter().find(|(standing, _)| standing.is_empty());
    Ok(hole.map(|(_, words)| if words.is_empty() { "to any completed ride".to_owned() } else { words.join(", ") }))
}

/// There are more ways in which conditions can meet than can be looked at in reasonable time.
struct TooComplex;

/// A value of one fact; and whether it is worth telling, because a condition is about that fact.
enum Value {
    Moment(Moment, bool),
    Name(usize, String, bool),
    Quantity(usize, u64, bool),
}

impl Value {
    fn meets(&self, when: &When) -> bool {
        match self {
            Self::Moment(moment, _) => when.calendar.holds(*moment),
            Self::Name(position, name, _) => when.has_name(*position, name),
            Self::Quantity(position, quantity, _) => when.has_quantity(*position, *quantity),
        }
    }

    fn describe(&self) -> Option<String> {
        match self {
            Self::Moment(moment, true) => Some(moment.describe()),
            Self::Name(position, name, true) => {
                let name = if name == ANY_OTHER { "any other" } else { name };
                Some(format!("{} {name}", NAMES.get(*position).copied().unwrap_or_default()))
            }
            Self::Quantity(position, quantity, true) => {
                Some(format!("{} {quantity}", QUANTITIES.get(*position).copied().unwrap_or_default()))
            }
            _ => None,
        }
    }
}
