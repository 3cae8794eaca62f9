//! Lines that are not what they should be.

use crate::place::Place;
use serde::Serialize;
use std::fmt;

/// How many refused lines are told one by one.
pub const MOST_TOLD: usize = 20;

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedLine {
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// Which field, what is wrong with it, and what would be right.
    pub why: String,
}

impl fmt::Display for RefusedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

/// All lines that cannot be used: the first [`MOST_TOLD`], and how many there are.
///
/// While there is one nothing is reconciled: a payment that cannot be read would be missing, and what it was for would be paid again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refused {
    count: u64,
    lines: Vec<RefusedLine>,
}

impl Refused {
    pub(crate) fn add(&mut self, place: Place, why: String) {
        self.count += 1;
        if self.lines.len() < MOST_TOLD {
            self.lines.push(RefusedLine { place, why });
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many are not told one by one, if any.
    pub fn not_told(&self) -> Option<u64> {
        let told = u64::try_from(self.lines.len()).unwrap_or(u64::MAX);
        self.count.checked_sub(told).filter(|more| *more > 0)
    }

    /// The first of them, in the order in which they were read.
    pub fn lines(&self) -> &[RefusedLine] {
        &self.lines
    }
}
