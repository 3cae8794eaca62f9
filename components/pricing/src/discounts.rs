//! Coupons: applied in order, each to what the ones before it left.

use crate::kinds::Charge;
use crate::price::line;
use farebox_types::{Coupon, CouponValue, Currency, Decimal, Line, MinorUnits, Rounding, Unit};

/// The fee code of a discount line.
pub const CODE: &str = "coupon";

/// Applies coupons to a fare, which is not negative. Returns the discount lines, and what is left to pay.
///
/// A coupon applies when the fare, before any coupon, is at least its `min_spend`. It takes at most its `max_off`, and
/// at most what is left; a coupon that takes nothing has no line. A percentage is of what is left, so that two coupons
/// of 50% leave a quarter.
///
/// `None` when an amount leaves the range of minor units.
pub fn apply(
    coupons: &[Coupon],
    fare: MinorUnits,
    currency: Currency,
    rounding: Rounding,
) -> Option<(Vec<Line>, MinorUnits)> {
    let mut left = fare;
    let mut lines = Vec::new();
    for coupon in coupons.iter().filter(|coupon| fare >= coupon.min_spend) {
        let most = coupon.max_off.unwrap_or(MinorUnits::MAX).min(left);
        let by_value = match coupon.value {
            CouponValue::Amount(amount) => line(CODE, off(amount, currency), currency, rounding)?,
            CouponValue::Percent(percent) => {
                let quantity = currency.to_major(left);
                let charge = Charge { quantity, unit: Unit::Money, rate: -percent, per: Decimal::ONE_HUNDRED };
                line(CODE, charge, currency, rounding)?
            }
        };
        let capped = by_value.amount.checked_neg()? > most;
        let applied = if capped { line(CODE, off(most, currency), currency, rounding)? } else { by_value };
        if applied.amount < 0 {
            left = left.checked_add(applied.amount)?;
            lines.push(Line { reference: Some(coupon.id.clone()), ..applied });
        }
    }
    Some((lines, left))
}

/// Refuses coupons that mean nothing.
pub fn validate(coupon: &Coupon, max_amount: MinorUnits) -> Result<(), String> {
    let in_range = |amount: MinorUnits| (0..=max_amount).contains(&amount);
    match coupon.value {
        CouponValue::Amount(amount) if !in_range(amount) => {
            return Err(format!("the amount has to be 0 to {max_amount} minor units"));
        }
        CouponValue::Percent(percent)
            if percent <= Decimal::ZERO || percent > Decimal::ONE_HUNDRED || percent.scale() > 6 =>
        {
            return Err("the percentage has to be more than 0, at most 100, with at most 6 decimals".to_owned());
        }
        _ => {}
    }
    if !in_range(coupon.min_spend) || coupon.max_off.is_some_and(|most| !in_range(most)) {
        return Err(format!("min-spend and max-off have to be 0 to {max_amount} minor units"));
    }
    Ok(())
}

fn off(amount: MinorUnits, currency: Currency) -> Charge {
    Charge::once(-currency.to_major(amount))
}
