//! Coupons: what each takes off, in which order, of what.

use crate::kinds::Charge;
use crate::price::{Draft, MAX_AMOUNT};
use crate::rounding::Rounded;
use farebox_types::{Coupon, CouponValue, Currency, Decimal, MinorUnits, Rule, Source};
use schemars::JsonSchema;
use serde::Deserialize;

/// The fee code of a discount line.
pub const CODE: &str = "coupon";

/// How coupons apply.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CouponRules {
    /// In which order.
    #[serde(default)]
    order: CouponOrder,
    /// How many at most. All when left out; 0 for none.
    at_most: Option<usize>,
    /// What a percentage is of.
    #[serde(default)]
    percent_of: PercentOf,
}

/// In which order coupons apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CouponOrder {
    /// As they were handed in.
    #[default]
    AsGiven,
    /// Amounts, then percentages; otherwise as they were handed in.
    AmountFirst,
    /// Percentages, then amounts; otherwise as they were handed in.
    PercentFirst,
}

/// What a percentage is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PercentOf {
    /// What the coupons before it left, so that two coupons of 50% leave a quarter.
    #[default]
    Remaining,
    /// The fare before any coupon, so that two coupons of 50% leave nothing.
    Fare,
}

/// A fare, as coupons see it.
pub struct Fare<'a> {
    /// What all items come to; not negative.
    pub total: MinorUnits,
    /// What an item comes to; zero for a code that the card does not have.
    pub amount_of: &'a dyn Fn(&str) -> MinorUnits,
    /// The currency of the amounts.
    pub currency: Currency,
    /// How amounts are rounded.
    pub rounding: Rounded,
}

/// Applies coupons to a fare. Returns a discount for each coupon that takes something off, with its position among
/// `coupons`, and what is left to pay.
///
/// A coupon applies when the fare, before any coupon, is at least its `min_spend`. It takes at most its `max_off`, at
/// most what is left of the items in its scope, and at most what is left to pay.
///
/// `None` when an amount leaves the range of minor units.
pub fn apply(rules: CouponRules, coupons: &[Coupon], fare: &Fare) -> Option<(Vec<(usize, Draft)>, MinorUnits)> {
    let mut order: Vec<(usize, &Coupon)> =
        coupons.iter().enumerate().filter(|(_, coupon)| fare.total >= coupon.min_spend).collect();
    let is_amount = |coupon: &Coupon| matches!(coupon.value, CouponValue::Amount(_));
    match rules.order {
        CouponOrder::AsGiven => {}
        CouponOrder::AmountFirst => order.sort_by_key(|(_, coupon)| !is_amount(coupon)),
        CouponOrder::PercentFirst => order.sort_by_key(|(_, coupon)| is_amount(coupon)),
    }
    let mut left = fare.total;
    let mut discounts: Vec<(usize, Draft)> = Vec::new();
    for (position, coupon) in order {
        if rules.at_most.is_some_and(|most| discounts.len() >= most) {
            break;
        }
        let scope = scope(coupon, fare)?;
        let taken = taken(coupon, coupons, &discounts)?;
        let remaining = scope.checked_sub(taken)?.clamp(0, left);
        let most = coupon.max_off.unwrap_or(MinorUnits::MAX).min(remaining);
        let base = match rules.percent_of {
            PercentOf::Remaining => remaining,
            PercentOf::Fare => scope,
        };
        let by_value = match coupon.value {
            CouponValue::Amount(amount) => Charge::once(-fare.currency.to_major(amount), Source::Trip),
            CouponValue::Percent(percent) => {
                Charge::of_money(fare.currency.to_major(base), -percent, Decimal::ONE_HUNDRED)
            }
        };
        let draft = |charge, rounding| Draft::price(charge, Rule::Coupon, None, fare.currency, rounding);
        let by_value = draft(by_value, fare.rounding)?;
        let applied = if by_value.amount.checked_neg()? > most {
            let limited = Charge::once(-fare.currency.to_major(most), Source::Items);
            draft(limited, Rounded::to_minor(fare.rounding.mode))?
        } else {
            by_value
        };
        if applied.amount < 0 {
            left = left.checked_add(applied.amount)?;
            discounts.push((position, applied));
        }
    }
    Some((discounts, left))
}

/// What the items in a coupon's scope come to.
fn scope(coupon: &Coupon, fare: &Fare) -> Option<MinorUnits> {
    if coupon.scope.is_empty() {
        return Some(fare.total);
    }
    coupon.scope.iter().try_fold(0, |sum: MinorUnits, code| sum.checked_add((fare.amount_of)(code)))
}

/// What earlier coupons took off items in this coupon's scope; or might have, where scopes overlap. A discount on the
/// whole fare is not counted against single items: what it left to pay limits all the same.
fn taken(coupon: &Coupon, coupons: &[Coupon], discounts: &[(usize, Draft)]) -> Option<MinorUnits> {
    let concerns =
        |earlier: &Coupon| coupon.scope.is_empty() || earlier.scope.iter().any(|code| coupon.scope.contains(code));
    let earlier = discounts.iter().filter(|(position, _)| coupons.get(*position).is_some_and(concerns));
    earlier.map(|(_, draft)| draft.amount).try_fold(0, MinorUnits::checked_sub)
}

/// Refuses coupons that mean nothing.
pub fn validate(coupon: &Coupon) -> Result<(), String> {
    let in_range = |amount: MinorUnits| (0..=MAX_AMOUNT).contains(&amount);
    match coupon.value {
        CouponValue::Amount(amount) if !in_range(amount) => {
            return Err(format!("the amount has to be 0 to {MAX_AMOUNT} minor units"));
        }
        CouponValue::Percent(percent)
            if percent <= Decimal::ZERO || percent > Decimal::ONE_HUNDRED || percent.scale() > 6 =>
        {
            return Err("the percentage has to be more than 0, at most 100, with at most 6 decimals".to_owned());
        }
        _ => {}
    }
    if !in_range(coupon.min_spend) || coupon.max_off.is_some_and(|most| !in_range(most)) {
        return Err(format!("min-spend and max-off have to be 0 to {MAX_AMOUNT} minor units"));
    }
    if (1..coupon.scope.len())
        .any(|index| coupon.scope.iter().take(index).any(|code| Some(code) == coupon.scope.get(index)))
    {
        return Err("its scope names a fee twice".to_owned());
    }
    Ok(())
}
