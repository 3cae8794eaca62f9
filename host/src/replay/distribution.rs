//! How numbers are distributed, in bounded memory.

use std::collections::BTreeMap;

/// The most different numbers that are kept apart.
const MOST: usize = 1 << 16;

/// Counts whole numbers. Exact up to 65,536 different ones; beyond that, neighbours are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// A power of two: how many neighbours are counted together.
    step: i64,
    /// How many numbers there are from `key * step` on.
    counts: BTreeMap<i64, u64>,
    total: u64,
    range: Option<(i64, i64)>,
}

impl Default for Distribution {
    fn default() -> Self {
        Self { step: 1, counts: BTreeMap::new(), total: 0, range: None }
    }
}

impl Distribution {
    /// Counts a number.
    pub fn add(&mut self, value: i64) {
        self.add_many(value, 1);
    }

    /// Counts a number that is there so many times, at least once.
    pub fn add_many(&mut self, value: i64, times: u64) {
        *self.counts.entry(value.div_euclid(self.step)).or_default() += times;
        self.total += times;
        self.range = Some(self.range.map_or((value, value), |(least, most)| (least.min(value), most.max(value))));
        self.coarsen();
    }

    /// Counts what another one counted.
    pub fn merge(&mut self, mut other: Self) {
        while self.step < other.step {
            self.double();
        }
        while other.step < self.step {
            other.double();
        }
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
        }
        self.total += other.total;
        self.range = match (self.range, other.range) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        self.coarsen();
    }

    /// How many numbers were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The least and the most; exact.
    #[must_use]
    pub fn range(&self) -> Option<(i64, i64)> {
        self.range
    }

    /// The least number that at least `per_mille` thousandths of all are not above. `None` when there are none.
    #[must_use]
    pub fn percentile(&self, per_mille: u64) -> Option<i64> {
        let (least, most) = self.range?;
        let rank = u128::from(self.total) * u128::from(per_mille);
        let mut below = 0_u128;
        for (value, count) in self.counts() {
            below += u128::from(count) * 1000;
            if below >= rank && below > 0 {
                return Some(value.clamp(least, most));
            }
        }
        Some(most)
    }

    /// The numbers and how many of each there are, ascending.
    pub fn counts(&self) -> impl Iterator<Item = (i64, u64)> {
        self.counts.iter().map(|(key, count)| (key.saturating_mul(self.step), *count))
    }

    fn coarsen(&mut self) {
        while self.counts.len() > MOST {
            self.double();
        }
    }

    fn double(&mut self) {
        self.step = self.step.saturating_mul(2);
        let counts = std::mem::take(&mut self.counts);
        for (key, count) in counts {
            *self.counts.entry(key.div_euclid(2)).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(values: impl IntoIterator<Item = i64>) -> Distribution {
        let mut distribution = Distribution::default();
        values.into_iter().for_each(|value| distribution.add(value));
        distribution
    }

    /// A percentile is one of the numbers, by nearest rank.
    #[test]
    fn percentiles() {
        let few = of([30, -10, 20, 20]);
        let at = |per_mille| few.percentile(per_mille).unwrap();
        assert_eq!([0, 250, 251, 500, 750, 751, 1000].map(at), [-10, -10, 20, 20, 20, 30, 30]);
        assert_eq!(few.range(), Some((-10, 30)));
        assert_eq!(Distribution::default().percentile(500), None);
    }

    /// Memory is bounded whatever comes, and the result does not depend on who counted what.
    #[test]
    fn many_numbers() {
        let values = |from: i64| (from..400_000).step_by(2).map(|n| n - 200_000);
        let mut halves = of(values(0));
        halves.merge(of(values(1)));
        let whole = of((0..400_000).map(|n| n - 200_000));
        assert_eq!(halves, whole);
        assert!(whole.counts.len() <= MOST);
        assert_eq!((whole.total(), whole.range()), (400_000, Some((-200_000, 199_999))));
        assert!(whole.percentile(500).unwrap().abs() <= whole.step);
    }
}
