//! Branches of an item that apply to the same ride.

use super::names::{ANY_OTHER, names};
use crate::item::Item;
use crate::notes::Notes;
use crate::terms::Terms;
use crate::when::{Moment, NAMES, OUTCOME, QUANTITIES, Range, When};

/// Two branches that both apply to some ride at some time would make the price depend on their order.
pub fn refuse(item: &Item, terms: &Terms, pointer: &str, notes: &mut Notes) {
    for (index, branch) in item.branches.iter().enumerate() {
        let mut earlier = item.branches.iter().take(index).enumerate();
        let overlap = earlier.find_map(|(other, earlier)| Some((other, meeting(&branch.when, &earlier.when, terms)?)));
        if let Some((other, witness)) = overlap {
            notes.problems.add(
                format!("{pointer}/branches/{index}/when"),
                "overlap",
                format!("branch {other} applies as well, for example {witness}; branches may not overlap"),
            );
        }
    }
}

/// A ride to which both conditions apply, in words. Every condition is on one fact alone, so each can be met by itself.
fn meeting(one: &When, other: &When, terms: &Terms) -> Option<String> {
    let mut words = vec![same_time(one, other, terms)?.describe()];
    words.extend(same_ride(one, other, terms)?);
    Some(words.join(", "))
}

/// A moment at which what both conditions say of the local time holds.
pub fn same_time(one: &When, other: &When, terms: &Terms) -> Option<Moment> {
    // Where two calendars overlap, the overlap begins where one of them does.
    let both = |moment: &Moment| one.calendar.holds(*moment) && other.calendar.holds(*moment) && terms.has(*moment);
    one.calendar.beginnings().chain(other.calendar.beginnings()).find(both)
}

/// What a ride is of which all holds that both conditions say, but for what they say of the local time: in words, where it
/// has to be something, but for its outcome.
pub fn same_ride(one: &When, other: &When, terms: &Terms) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (position, (a, b)) in one.names.iter().zip(&other.names).enumerate() {
        let has = |name: &&str| one.has_name(position, name) && other.has_name(position, name);
        let name = names(position, [a, b].into_iter().flatten(), &terms.zones).into_iter().find(has)?;
        if a.is_some() && b.is_some() && name != ANY_OTHER && position != OUTCOME {
            words.push(format!("{} {name}", NAMES.get(position).copied().unwrap_or_default()));
        }
    }
    for ((a, b), name) in one.quantities.iter().zip(&other.quantities).zip(QUANTITIES) {
        let all = Range { from: 0, to: u64::MAX };
        let (a, b) = (a.unwrap_or(all), b.unwrap_or(all));
        let least = a.from.max(b.from);
        if least >= a.to.min(b.to) {
            return None;
        }
        if a != all || b != all {
            words.push(format!("{name} {least}"));
        }
    }
    Some(words)
}
