//! Counting in whole pieces: what happens to a period, or a stretch, that is not full.

use crate::line::Charge;
use farebox_fare::{Source, Unit};
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// How a piece that is not full is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Count {
    /// By what there is of it.
    #[default]
    Exact,
    /// Not at all: only full pieces count.
    Completed,
    /// As a full one.
    Started,
}

impl Count {
    /// The charge for a quantity at `rate` for every `per`, which is positive.
    pub fn charge(self, quantity: u64, unit: Unit, rate: Decimal, per: Decimal, source: Source) -> Charge {
        // Both as whole numbers of the last decimal of `per`: dividing decimals might round a piece away.
        let whole = u128::from(quantity) * 10_u128.pow(per.scale());
        let piece = per.mantissa().unsigned_abs().max(1);
        let pieces = |count: u128| Charge {
            quantity: Decimal::from(u64::try_from(count).unwrap_or(u64::MAX)),
            unit: Unit::Piece,
            rate,
            per: Decimal::ONE,
            source,
        };
        match self {
            Self::Exact => Charge { quantity: Decimal::from(quantity), unit, rate, per, source },
            Self::Completed => pieces(whole / piece),
            Self::Started => pieces(whole.div_ceil(piece)),
        }
    }
}
