//! Coupons on the command line: "20%,min=30.00,max=10.00,for=mileage+duration".

use super::amount::amount;
use anyhow::bail;
use farebox_fare::{Coupon, CouponValue, Funding};
use farebox_money::{Currency, decimal};

/// Reads a coupon. Its identifier is its place among all, counted from 1.
///
/// # Errors
///
/// What about it cannot be read, and how it is written.
pub fn parse(index: usize, text: &str, currency: Currency) -> anyhow::Result<Coupon> {
    let mut parts = text.split(',');
    let value = parts.next().unwrap_or_default();
    let value = match value.strip_suffix('%') {
        Some(percent) => match decimal(percent) {
            Some(percent) => CouponValue::Percent(percent),
            None => bail!("--coupon {text}: not a percentage; write it like 20%"),
        },
        None => CouponValue::Amount(amount("--coupon", value, currency)?),
    };
    let mut coupon = Coupon {
        id: (index + 1).to_string(),
        value,
        min_spend: 0,
        max_off: None,
        scope: Vec::new(),
        funding: Funding::default(),
    };
    for part in parts {
        match part.split_once('=') {
            Some(("min", text)) => coupon.min_spend = amount("--coupon min", text, currency)?,
            Some(("max", text)) => coupon.max_off = Some(amount("--coupon max", text, currency)?),
            Some(("for", codes)) => coupon.scope = codes.split('+').map(str::to_owned).collect(),
            _ => bail!(
                "--coupon {text}: \"{part}\" is not a condition; there are min=AMOUNT, max=AMOUNT and for=CODE+CODE"
            ),
        }
    }
    Ok(coupon)
}
