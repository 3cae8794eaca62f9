//! Money, exactly: currencies, whole minor units, and the one place that rounds.

mod currency;
mod exact;

pub use currency::{AmountError, Currency};
pub use exact::{Rounding, charge, charge_in_steps, divide};
pub use rust_decimal::Decimal;

/// An amount of money in the minor unit of a currency that travels beside it. Negative is money flowing back.
pub type MinorUnits = i64;
