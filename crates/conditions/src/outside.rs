//! What one part of a document applies to, and none of many others.

use crate::budget::{Budget, TooComplex};
use crate::subjects::Subjects;
use crate::when::When;
use farebox_fare::LocalTime;
use std::collections::BTreeSet;

/// Facts that `part` applies to and none of the `others` does, in words; empty words where any will do.
///
/// # Errors
///
/// It would take more than the budget to find out.
pub fn outside<const N: usize, const Q: usize>(
    part: &When<N, Q>,
    others: &[&When<N, Q>],
    subjects: &Subjects<'_, N, Q>,
    budget: &mut Budget,
) -> Result<Option<Vec<String>>, TooComplex> {
    let mut search = Search { part, others, subjects, budget, in_vain: BTreeSet::new() };
    let Some(mut words) = search.from(0, &(0..others.len()).collect::<Vec<_>>())? else { return Ok(None) };
    // The last fact is the first that is known.
    words.reverse();
    Ok(Some(words))
}

/// Decides one fact after the other, so that fewer and fewer of the others still apply, and takes back what leads nowhere.
struct Search<'a, 'b, const N: usize, const Q: usize> {
    part: &'a When<N, Q>,
    others: &'a [&'a When<N, Q>],
    subjects: &'a Subjects<'b, N, Q>,
    budget: &'a mut Budget,
    /// From which fact on, with which others still applying, there is nothing.
    in_vain: BTreeSet<(usize, Vec<usize>)>,
}

/// A value of one fact.
enum Value<'a> {
    Moment(LocalTime),
    Name(usize, &'a str),
    Quantity(usize, u64),
}

impl<'a, const N: usize, const Q: usize> Search<'a, '_, N, Q> {
    /// The values of the facts from this one on, the last first, in words.
    fn from(&mut self, fact: usize, applying: &[usize]) -> Result<Option<Vec<String>>, TooComplex> {
        if fact > N + Q {
            return Ok(applying.is_empty().then(Vec::new));
        }
        // Nothing that is still to be decided is what one of these asks for.
        let for_good = |when: &&When<N, Q>| {
            when.names.iter().skip(fact.saturating_sub(1)).all(Option::is_none)
                && when.quantities.iter().skip(fact.saturating_sub(1 + N)).all(Option::is_none)
                && (fact > 0 || when.calendar.is_always())
        };
        if self.these(applying).any(|when| for_good(&when)) || self.in_vain.contains(&(fact, applying.to_vec())) {
            return Ok(None);
        }
        let told = self.is_told(fact, applying);
        let comparisons = self.comparisons(fact, applying);
        for value in self.values(fact, applying) {
            self.budget.spend(comparisons)?;
            if !value.meets(self.part) {
                continue;
            }
            let left: Vec<usize> = applying
                .iter()
                .copied()
                .filter(|at| self.others.get(*at).is_some_and(|when| value.meets(when)))
                .collect();
            if let Some(mut words) = self.from(fact + 1, &left)? {
                words.extend(told.then(|| value.describe(self.subjects)).flatten());
                return Ok(Some(words));
            }
        }
        self.in_vain.insert((fact, applying.to_vec()));
        Ok(None)
    }

    fn these<'c>(&'c self, applying: &'c [usize]) -> impl Iterator<Item = &'a When<N, Q>> + 'c {
        applying.iter().filter_map(|at| self.others.get(*at).copied())
    }

    /// How many comparisons a value of a fact takes: a name is compared with each that a condition lists.
    fn comparisons(&self, fact: usize, applying: &[usize]) -> usize {
        let choice =
            |when: &When<N, Q>| when.names.get(fact.checked_sub(1)?)?.as_ref().map(|choice| choice.names().count());
        self.these(applying).chain([self.part]).map(|when| choice(when).unwrap_or_default() + 1).sum()
    }

    /// Whether a condition is about a fact: else it need not be told.
    fn is_told(&self, fact: usize, applying: &[usize]) -> bool {
        let asks = |when: &When<N, Q>| match fact.checked_sub(1) {
            None => !when.calendar.is_always(),
            Some(name) if name < N => when.names.get(name).is_some_and(Option::is_some),
            Some(quantity) => when.quantities.get(quantity.saturating_sub(N)).is_some_and(Option::is_some),
        };
        asks(self.part) || self.these(applying).any(asks)
    }

    /// Every value of a fact that conditions can tell apart.
    fn values(&self, fact: usize, applying: &[usize]) -> Vec<Value<'a>> {
        let whens: Vec<&'a When<N, Q>> = [self.part].into_iter().chain(self.these(applying)).collect();
        let Some(position) = fact.checked_sub(1) else {
            // Where a window ends, something may begin that none applies to.
            let mut moments: Vec<LocalTime> = whens.iter().flat_map(|when| when.calendar.turns()).collect();
            moments.sort_unstable_by_key(|moment| (moment.holiday, moment.minute));
            moments.dedup();
            return moments.into_iter().filter(|moment| self.subjects.has(*moment)).map(Value::Moment).collect();
        };
        if position < N {
            let choices = whens.iter().filter_map(|when| when.names.get(position)?.as_ref());
            let mut met = BTreeSet::new();
            let names = self.subjects.names(position, choices).into_iter().filter(|name| met.insert(*name));
            return names.map(|name| Value::Name(position, name)).collect();
        }
        let position = position - N;
        let ranges = whens.iter().filter_map(|when| *when.quantities.get(position)?);
        let starts = ranges.flat_map(|range| [range.from, range.to]).filter(|start| *start != u64::MAX).chain([0]);
        starts.collect::<BTreeSet<_>>().into_iter().map(|start| Value::Quantity(position, start)).collect()
    }
}

impl Value<'_> {
    fn meets<const N: usize, const Q: usize>(&self, when: &When<N, Q>) -> bool {
        match self {
            Self::Moment(moment) => when.calendar.holds(*moment),
            Self::Name(position, name) => when.has_name(*position, name),
            Self::Quantity(position, quantity) => when.has_quantity(*position, *quantity),
        }
    }

    fn describe<const N: usize, const Q: usize>(&self, subjects: &Subjects<'_, N, Q>) -> Option<String> {
        match self {
            Self::Moment(moment) => Some(moment.describe()),
            Self::Name(position, name) => subjects.describe_name(*position, name),
            Self::Quantity(position, quantity) => subjects.describe_quantity(*position, *quantity),
        }
    }
}
