//! Fractions, and how they become amounts.

use farebox_money::Currency;
use num::{BigInt, BigRational, Integer, Signed, ToPrimitive, Zero};
use serde_json::Value;

/// A whole number.
pub fn whole(number: impl Into<BigInt>) -> BigRational {
    BigRational::from_integer(number.into())
}

/// The number that a decimal text such as "-1.50" says.
pub fn decimal(text: &str) -> BigRational {
    let (integer, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{integer}{decimals}").parse().expect("decimal text");
    BigRational::new(digits, BigInt::from(10).pow(u32::try_from(decimals.len()).expect("a short text")))
}

/// A figure on a card: text, or for metres also a plain number.
pub fn figure(value: &Value) -> BigRational {
    value.as_u64().map_or_else(|| decimal(value.as_str().expect("a figure is text")), whole)
}

/// From the major unit of a currency to its minor unit.
pub fn minor_units(major: &BigRational, currency: Currency) -> BigRational {
    major * whole(BigInt::from(10).pow(currency.exponent()))
}

/// From the minor unit of a currency to its major unit.
pub fn major_units(minor: i128, currency: Currency) -> BigRational {
    whole(minor) / whole(BigInt::from(10).pow(currency.exponent()))
}

/// A whole number that is not astronomical.
pub fn to_i128(number: &BigRational) -> i128 {
    assert!(number.is_integer(), "{number} is not whole");
    number.to_integer().to_i128().expect("an amount that people pay")
}

/// What becomes of an amount that is not a multiple of the step.
pub struct Rounding {
    mode: String,
    /// Minor units.
    step: BigRational,
}

impl Rounding {
    /// Reads what a card says; `null` is nothing.
    pub fn read(rule: &Value, currency: Currency) -> Self {
        let mode = if rule.is_object() { &rule["mode"] } else { rule };
        let step = rule.get("to").map_or_else(|| whole(1), |to| minor_units(&figure(to), currency));
        Self { mode: mode.as_str().unwrap_or("half-up").to_owned(), step }
    }

    /// The same, in no steps but that of the currency.
    pub fn in_minor_units(self) -> Self {
        Self { step: whole(1), ..self }
    }

    /// Of the multiples on either side of an exact amount, both in minor units, the one to charge.
    pub fn apply(&self, exact: &BigRational) -> i128 {
        let steps = exact / &self.step;
        let (mut inner, mut outer) = (steps.floor(), steps.ceil());
        if steps.is_negative() {
            std::mem::swap(&mut inner, &mut outer);
        }
        let (to_inner, to_outer) = ((&steps - &inner).abs(), (&outer - &steps).abs());
        let tie = to_inner == to_outer;
        let chosen = match self.mode.as_str() {
            "down" => inner,
            "up" => outer,
            "half-even" if tie && inner.to_integer().is_even() => inner,
            _ if tie || to_outer < to_inner => outer,
            _ => inner,
        };
        let chosen = chosen * &self.step;
        if chosen.is_zero() { 0 } else { to_i128(&chosen) }
    }
}
