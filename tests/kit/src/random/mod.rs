//! Random cards and trips that make sense, for tests that hold for all of them.
//!
//! Both are made of random numbers by plain code: whoever has the numbers, from proptest or from a fuzzer, has the card.
//! Zeros, and no more numbers, make the simplest one, so that shrinking the numbers shrinks the card.

mod card;
mod trip;

pub use card::{card, monotone_card};
pub use trip::{planned, trip};

/// Numbers to decide by.
pub struct Dice<'a>(&'a [u16]);

impl<'a> Dice<'a> {
    /// Throws these, one after the other, and then zeros.
    pub fn new(numbers: &'a [u16]) -> Self {
        Self(numbers)
    }

    /// A number below `end`; 0 when there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        let mut number = self.next();
        if end > u64::from(u16::MAX) {
            number = number << 16 | self.next();
        }
        number.checked_rem(end).unwrap_or(0)
    }

    /// As [`Self::below`].
    pub fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(u64::try_from(end).unwrap_or(u64::MAX))).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) + percent >= 100
    }

    /// One of these.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())].clone()
    }

    /// Something in so many of a hundred cases.
    pub fn maybe<T>(&mut self, percent: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(percent).then(|| make(self))
    }

    fn next(&mut self) -> u64 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        u64::from(*first)
    }
}

/// Time zones, each with moments an hour or two before clocks are changed there.
const CLOCKS: [(&str, [i64; 2]); 6] = [
    // Not changed at all.
    ("Asia/Shanghai", [1_795_190_400, 1_795_190_400]),
    // 2026-03-08 and 2026-11-01, both at 01:00 local time.
    ("America/New_York", [1_772_949_600, 1_793_509_200]),
    // 2026-03-29T00:00Z and 2026-10-25T00:00Z.
    ("Europe/London", [1_774_742_400, 1_792_886_400]),
    // By half an hour: 2026-04-04T14:00Z and 2026-10-03T14:30Z.
    ("Australia/Lord_Howe", [1_775_311_200, 1_791_037_800]),
    // At midnight, so that a day begins at 01:00: 2026-04-23T22:00Z; and 2026-10-29T21:00Z.
    ("Africa/Cairo", [1_776_981_600, 1_793_307_600]),
    ("UTC", [1_790_000_000, 1_795_000_000]),
];
