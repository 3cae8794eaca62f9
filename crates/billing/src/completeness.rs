//! Which of a trip's segments are not there, by their numbers alone.
//!
//! Numbers may come from several places at once - a store, and whoever else has some of them - in any order, and more than
//! once. What is asked for may be as large as a number can be: nothing here takes longer for a larger one.

use std::ops::RangeInclusive;

/// Numbers, as ranges: ascending, none of them empty, and with something between any two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<RangeInclusive<u64>>);

impl Ranges {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers there are; [`u64::MAX`] of more than that.
    pub fn count(&self) -> u64 {
        let lengths = self.0.iter().map(|range| range.end().saturating_sub(*range.start()).saturating_add(1));
        lengths.fold(0, u64::saturating_add)
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().map(|range| (*range.start(), *range.end()))
    }

    /// The numbers, ascending. There may be more than anybody can go through.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.0.iter().cloned().flatten()
    }
}

/// Whether a trip whose last segment has the number `last` has one of this number: they go from 1 to `last`, and a trip whose
/// last is 0 has none.
pub fn is_expected(number: u64, last: u64) -> bool {
    (1..=last).contains(&number)
}

/// Which numbers from 1 to `last` are not among `numbers`. None are exactly when the trip is all there; others than these make
/// no difference.
pub fn missing(numbers: impl IntoIterator<Item = u64>, last: u64) -> Ranges {
    let mut there: Vec<u64> = numbers.into_iter().filter(|number| is_expected(*number, last)).collect();
    there.sort_unstable();
    there.dedup();
    let mut ranges = Vec::new();
    let mut next = 1;
    for number in there {
        if next < number {
            ranges.push(next..=number.saturating_sub(1));
        }
        let Some(after) = number.checked_add(1) else { return Ranges(ranges) };
        next = after;
    }
    if next <= last {
        ranges.push(next..=last);
    }
    Ranges(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn words(ranges: &Ranges) -> String {
        let word = |(from, to)| if from == to { format!("{from}") } else { format!("{from}-{to}") };
        ranges.ranges().map(word).collect::<Vec<_>>().join(" ")
    }

    /// Every way that numbers can be missing.
    #[test]
    fn what_is_missing() {
        for (numbers, last, expected) in [
            (&[][..], 0, ""),
            (&[], 1, "1"),
            (&[], 5, "1-5"),
            (&[1], 1, ""),
            (&[1, 2, 3], 3, ""),
            (&[3, 1, 2, 3, 1], 3, ""),
            (&[2, 3], 3, "1"),
            (&[1, 2], 3, "3"),
            (&[1, 2], 9, "3-9"),
            (&[1, 3, 4, 7], 9, "2 5-6 8-9"),
            (&[0, 4, 5], 3, "1-3"),
            (&[0, 1, 2, 3, 99], 3, ""),
            (&[7], 0, ""),
            (&[u64::MAX], u64::MAX, "1-18446744073709551614"),
            (&[1], u64::MAX, "2-18446744073709551615"),
        ] {
            let ranges = missing(numbers.iter().copied(), last);
            assert_eq!(words(&ranges), expected, "{numbers:?} of {last}");
        }
        assert_eq!(missing([], u64::MAX).count(), u64::MAX);
    }

    proptest! {
        /// What is missing is what is not there, whatever there is; with as few ranges as can be.
        #[test]
        fn as_it_is_found_by_looking_for_each(numbers in proptest::collection::vec(0_u64..40, 0..40), last in 0_u64..40) {
            let ranges = missing(numbers.iter().copied(), last);
            let naive: Vec<u64> = (1..=last).filter(|number| !numbers.contains(number)).collect();
            prop_assert_eq!(ranges.numbers().collect::<Vec<_>>(), naive.clone());
            prop_assert_eq!(ranges.count(), naive.len() as u64);
            prop_assert_eq!(ranges.is_empty(), naive.is_empty());
            let runs = naive.iter().filter(|number| !naive.contains(&(*number - 1))).count();
            prop_assert_eq!(ranges.ranges().count(), runs);
        }

        /// Of two places, both count: what is missing of their union is what is missing of each.
        #[test]
        fn places_add_up(
            store in proptest::collection::vec(0_u64..40, 0..40),
            journal in proptest::collection::vec(0_u64..40, 0..40),
            last in 0_u64..40,
        ) {
            let set = |numbers: &[u64]| missing(numbers.iter().copied(), last).numbers().collect::<BTreeSet<_>>();
            let union = missing(store.iter().chain(&journal).copied(), last).numbers().collect::<BTreeSet<_>>();
            prop_assert_eq!(union, &set(&store) & &set(&journal));
        }
    }
}
