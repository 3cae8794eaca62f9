//! Money, exactly: currencies, whole minor units, and the one place that rounds.

mod currency;
mod decimal;
mod exact;

pub use currency::{AmountError, Currency, MinorUnits};
pub use decimal::{DECIMAL_PATTERN, MAX_DECIMAL_CHARS, UNSIGNED_DECIMAL_PATTERN, decimal, unsigned_decimal};
pub use exact::{Rounding, charge, charge_in_steps, divide};
pub use rust_decimal::Decimal;
