//! Why a part of a document does not apply.

use crate::subjects::Subjects;
use crate::when::{Facts, When};

/// What is so, in words, and is not what the part is for; nothing when it applies.
pub fn failing<const N: usize, const Q: usize>(
    when: &When<N, Q>,
    facts: &Facts<'_, N, Q>,
    subjects: &Subjects<'_, N, Q>,
) -> Vec<String> {
    let moment = (!when.calendar.holds(facts.moment)).then(|| facts.moment.describe());
    let names = facts.names.iter().enumerate().filter(|(position, name)| !when.has_name(*position, name));
    let names = names.filter_map(|(position, name)| Some(format!("{} {name}", subjects.names.get(position)?.word)));
    let quantities =
        facts.quantities.iter().enumerate().filter(|(position, quantity)| !when.has_quantity(*position, **quantity));
    let quantities = quantities.filter_map(|(position, quantity)| subjects.describe_quantity(position, *quantity));
    moment.into_iter().chain(names).chain(quantities).collect()
}
