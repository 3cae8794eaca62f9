//! Sums and differences of amounts that scripts come to as well.

use farebox_money::MinorUnits;

/// The largest amount there may be, in minor units, and the largest debt: 2^53. Scripts of the store have doubles only, which are exact up
/// to here.
pub const MOST: MinorUnits = 1 << 53;

/// Why a command is refused: it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An amount, or what it would come to, is beyond [`MOST`].
    Overflow,
    /// An amount is below zero where there is nothing below zero.
    Negative,
    /// More is spent and returned than was granted.
    Overspent,
    /// The budget has no such bucket.
    UnknownBucket,
}

/// An amount within what there may be.
pub(crate) const fn within(amount: MinorUnits) -> Result<MinorUnits, Fault> {
    if amount > MOST || amount < -MOST { Err(Fault::Overflow) } else { Ok(amount) }
}

/// An amount from 0 to [`MOST`].
pub(crate) const fn counted(amount: MinorUnits) -> Result<MinorUnits, Fault> {
    if amount < 0 { Err(Fault::Negative) } else { within(amount) }
}

pub(crate) fn plus(one: MinorUnits, other: MinorUnits) -> Result<MinorUnits, Fault> {
    within(one.checked_add(other).ok_or(Fault::Overflow)?)
}

pub(crate) fn minus(one: MinorUnits, other: MinorUnits) -> Result<MinorUnits, Fault> {
    within(one.checked_sub(other).ok_or(Fault::Overflow)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing wraps and nothing panics: what is beyond 2^53, on either side, is said to be.
    #[test]
    fn edges() {
        assert_eq!(MOST, 9_007_199_254_740_992);
        assert_eq!(plus(MOST - 1, 1), Ok(MOST));
        assert_eq!(plus(MOST, -MOST), Ok(0));
        assert_eq!(minus(-MOST, -MOST), Ok(0));
        for (one, other) in
            [(MOST, 1), (-MOST, -1), (i64::MAX, 0), (i64::MAX, i64::MAX), (i64::MIN, 0), (i64::MIN, i64::MIN)]
        {
            assert_eq!(plus(one, other), Err(Fault::Overflow), "{one} + {other}");
        }
        for (one, other) in
            [(MOST, -1), (-MOST, 1), (0, i64::MIN), (0, i64::MAX), (i64::MIN, i64::MAX), (i64::MAX, i64::MIN)]
        {
            assert_eq!(minus(one, other), Err(Fault::Overflow), "{one} - {other}");
        }
        assert_eq!([counted(0), counted(MOST)], [Ok(0), Ok(MOST)]);
        assert_eq!([counted(-1), counted(i64::MIN)], [Err(Fault::Negative); 2]);
        assert_eq!([counted(MOST + 1), counted(i64::MAX)], [Err(Fault::Overflow); 2]);
    }
}
