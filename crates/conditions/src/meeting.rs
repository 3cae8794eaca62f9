//! What two parts of a document have in common. Every condition is on one fact alone, so each can be met by itself.

use crate::budget::{Budget, TooComplex};
use crate::choice::Choice;
use crate::range::Range;
use crate::subjects::{Subjects, is_any_other};
use crate::when::When;
use farebox_fare::LocalTime;

/// Facts to which both parts apply, in words.
///
/// # Errors
///
/// It would take more than the budget to find out.
pub fn meeting<const N: usize, const Q: usize>(
    one: &When<N, Q>,
    other: &When<N, Q>,
    subjects: &Subjects<'_, N, Q>,
    budget: &mut Budget,
) -> Result<Option<String>, TooComplex> {
    let names = one.names.iter().zip(&other.names).map(|(a, b)| length(a.as_ref()) + length(b.as_ref()));
    // Each name is looked for among all of its fact.
    budget.spend(names.map(|names| names * names).sum::<usize>() + 1)?;
    let words = || {
        let facts = same_facts(one, other, subjects)?;
        let words = [same_time(one, other, subjects)?.describe()].into_iter().chain(facts);
        Some(words.collect::<Vec<_>>().join(", "))
    };
    Ok(words())
}

fn length(choice: Option<&Choice>) -> usize {
    choice.map_or(0, |choice| choice.names().count())
}

/// A moment at which what both parts say of the local time holds.
pub fn same_time<const N: usize, const Q: usize>(
    one: &When<N, Q>,
    other: &When<N, Q>,
    subjects: &Subjects<'_, N, Q>,
) -> Option<LocalTime> {
    // Where two calendars overlap, the overlap begins where one of them does.
    let both =
        |moment: &LocalTime| one.calendar.holds(*moment) && other.calendar.holds(*moment) && subjects.has(*moment);
    one.calendar.beginnings().chain(other.calendar.beginnings()).find(both)
}

/// Facts of which all holds that both parts say, but for what they say of the local time: in words, where they have to be
/// something.
pub fn same_facts<const N: usize, const Q: usize>(
    one: &When<N, Q>,
    other: &When<N, Q>,
    subjects: &Subjects<'_, N, Q>,
) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (position, (a, b)) in one.names.iter().zip(&other.names).enumerate() {
        let has = |name: &&str| one.has_name(position, name) && other.has_name(position, name);
        let name = subjects.names(position, [a, b].into_iter().flatten()).into_iter().find(has)?;
        if (a.is_some() || b.is_some()) && !is_any_other(name) {
            words.extend(subjects.describe_name(position, name));
        }
    }
    for (position, (a, b)) in one.quantities.iter().zip(&other.quantities).enumerate() {
        let all = Range { from: 0, to: u64::MAX };
        let (a, b) = (a.unwrap_or(all), b.unwrap_or(all));
        let least = a.from.max(b.from);
        if least >= a.to.min(b.to) {
            return None;
        }
        if a != all || b != all {
            words.extend(subjects.describe_quantity(position, least));
        }
    }
    Some(words)
}
