//! Amounts of money on the command line.

use farebox_money::{Currency, MinorUnits};

/// An amount that was given with an option.
///
/// # Errors
///
/// What would be an amount.
pub fn amount(flag: &str, text: &str, currency: Currency) -> anyhow::Result<MinorUnits> {
    let exponent = currency.exponent();
    currency.parse(text).map_err(|_| {
        anyhow::anyhow!("{flag} {text}: not an amount in {currency}; give a number with at most {exponent} decimals")
    })
}
