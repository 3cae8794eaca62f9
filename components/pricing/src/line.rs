//! Lines of a bill in the making, and the one place where their amounts are rounded.

use crate::rounding::Rounded;
use farebox_fare::{Line, Reason, Rule, Source, Unit};
use farebox_money::{Currency, Decimal, MinorUnits, charge_in_steps};

/// A line before it is priced: `quantity` x `rate` / `per`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// How much of `unit`.
    pub quantity: Decimal,
    /// What the quantity counts.
    pub unit: Unit,
    /// In the major unit of the currency.
    pub rate: Decimal,
    /// How much quantity one `rate` buys; not zero.
    pub per: Decimal,
    /// Where the quantity comes from.
    pub source: Source,
}

impl Charge {
    /// An amount for the ride as a whole.
    pub fn once(amount: Decimal, source: Source) -> Self {
        Self { quantity: Decimal::ONE, unit: Unit::Trip, rate: amount, per: Decimal::ONE, source }
    }

    /// A part of an amount of money.
    pub fn of_money(base: Decimal, rate: Decimal, per: Decimal) -> Self {
        Self { quantity: base, unit: Unit::Money, rate, per, source: Source::Items }
    }
}

/// A line of a bill that does not know its code yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    charge: Charge,
    /// In minor units.
    pub amount: MinorUnits,
    why: Reason,
}

impl Draft {
    /// Prices a charge: the one place where an amount is rounded.
    pub fn price(
        charge: Charge,
        rule: Rule,
        branch: Option<u32>,
        currency: Currency,
        rounding: Rounded,
    ) -> Option<Self> {
        let Rounded { mode, step } = rounding;
        let amount = charge_in_steps(charge.quantity, charge.rate, charge.per, currency, mode, step)?;
        let why = Reason { rule, branch, source: charge.source, rounding: mode, step };
        Some(Self { charge, amount, why })
    }

    pub fn line(self, code: String, reference: Option<String>) -> Line {
        let Self { charge: Charge { quantity, unit, rate, per, source: _ }, amount, why } = self;
        Line { code, quantity, unit, rate, per, amount, reference, why }
    }
}
