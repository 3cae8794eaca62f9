//! How far a price may grow from quote to bill.

use crate::figure::Figure;
use farebox_document::Problems;
use farebox_money::{Currency, Decimal, MinorUnits, Rounding, charge};
use schemars::JsonSchema;
use serde::Deserialize;

/// The fee code of the line that keeps the fare as a whole within its limit.
pub const CODE: &str = "growth_limit";

/// How far an item, or the fare, may grow from what was quoted.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Growth")]
pub enum GrowthDocument {
    /// By this percentage of what was quoted.
    Percent(Figure),
    /// By this amount.
    Fixed(Figure),
    /// Not at all: what was quoted is charged, no more and no less.
    Frozen,
}

/// A limit on growth, checked against the card's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// By this percentage, rounded down to the minor unit.
    Percent(Decimal),
    /// By so many minor units.
    Fixed(MinorUnits),
    /// What was quoted is charged.
    Frozen,
}

impl Growth {
    /// Reads a limit; what is wrong is noted under `pointer`.
    pub fn read(document: GrowthDocument, currency: Currency, pointer: &str, problems: &mut Problems) -> Self {
        match document {
            GrowthDocument::Percent(percent) => Self::Percent(percent.0),
            GrowthDocument::Fixed(amount) => {
                Self::Fixed(amount.amount(currency, &format!("{pointer}/fixed"), problems).unwrap_or_default())
            }
            GrowthDocument::Frozen => Self::Frozen,
        }
    }

    /// What is charged of `amount` when `quoted` was quoted. `None` on overflow.
    pub fn limit(self, amount: MinorUnits, quoted: MinorUnits, currency: Currency) -> Option<MinorUnits> {
        let growth = match self {
            Self::Frozen => return Some(quoted),
            Self::Fixed(growth) => growth,
            Self::Percent(percent) => {
                // Of nothing, and of a reduction, nothing may grow.
                let base = currency.to_major(quoted.max(0));
                charge(base, percent, Decimal::ONE_HUNDRED, currency, Rounding::Down)?
            }
        };
        Some(amount.min(quoted.checked_add(growth)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(growth: Growth, amount: MinorUnits, quoted: MinorUnits, expected: MinorUnits) {
        let cny = Currency::from_code("CNY").unwrap();
        assert_eq!(growth.limit(amount, quoted, cny), Some(expected), "{growth:?}: {amount} from {quoted}");
    }

    /// Limits hold growth back, never less than was quoted; frozen is frozen both ways.
    #[test]
    fn limits() {
        check(Growth::Percent(Decimal::new(125, 1)), 2000, 1001, 1126); // 1126.125
        check(Growth::Percent(Decimal::new(125, 1)), 1126, 1001, 1126);
        check(Growth::Percent(Decimal::new(125, 1)), 900, 1001, 900);
        check(Growth::Percent(Decimal::ONE_HUNDRED), 500, 0, 0);
        check(Growth::Fixed(500), 2000, 1000, 1500);
        check(Growth::Fixed(500), 1200, 1000, 1200);
        check(Growth::Frozen, 2000, 1000, 1000);
        check(Growth::Frozen, 500, 1000, 1000);
    }
}
