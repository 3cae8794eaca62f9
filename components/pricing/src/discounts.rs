//! Coupons: what each takes off, in which order, of what.

use crate::line::{Charge, Draft};
use crate::rounding::Rounded;
use farebox_fare::{Coupon, CouponValue, Rule, Source};
use farebox_money::{Currency, Decimal, MinorUnits};
use schemars::JsonSchema;
use serde::Deserialize;

/// The fee code of a discount line.
pub const CODE: &str = farebox_fare::codes::COUPON;

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
    /// What all items come to, with the limit on the whole; not negative.
    pub total: MinorUnits,
    /// What each item comes to, in the card's order.
    pub amounts: &'a [MinorUnits],
    /// Finds an item by its code.
    pub position_of: &'a dyn Fn(&str) -> Option<usize>,
    /// The currency of the amounts.
    pub currency: Currency,
    /// How percentages are rounded.
    pub rounding: Rounded,
}

/// Applies coupons to a fare. Returns a discount for each coupon that takes something off, with its position among
/// `coupons`, and what is left to pay.
///
/// A coupon applies when the fare, before any coupon, is at least its `min_spend`. It takes at most its `max_off`, at
/// most what is left of the items in its scope, and at most what is left to pay. What it takes comes off the items in its
/// scope, in proportion to what is left of them.
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
    // The limit on the fare as a whole belongs to no item, and only to coupons on everything.
    let before: Vec<MinorUnits> =
        fare.amounts.iter().copied().chain([fare.total.checked_sub(sum(fare.amounts.iter())?)?]).collect();
    let mut left = before.clone();
    let mut payable = fare.total;
    let mut discounts: Vec<(usize, Draft)> = Vec::new();
    for (position, coupon) in order {
        if rules.at_most.is_some_and(|most| discounts.len() >= most) {
            break;
        }
        let scope = scope(coupon, fare);
        let remaining = of_scope(&left, &scope)?.clamp(0, payable);
        let most = coupon.max_off.unwrap_or(MinorUnits::MAX).min(remaining);
        let draft = |charge, rounding| Draft::price(charge, Rule::Coupon, None, fare.currency, rounding);
        let exactly = |amount: MinorUnits, source| {
            draft(Charge::once(-fare.currency.to_major(amount), source), Rounded::to_minor(fare.rounding.mode))
        };
        let by_value = match coupon.value {
            CouponValue::Amount(amount) => exactly(amount, Source::Trip)?,
            CouponValue::Percent(percent) => {
                let base = match rules.percent_of {
                    PercentOf::Remaining => remaining,
                    PercentOf::Fare => of_scope(&before, &scope)?,
                };
                let charge = Charge::of_money(fare.currency.to_major(base), -percent, Decimal::ONE_HUNDRED);
                draft(charge, fare.rounding)?
            }
        };
        let applied = if by_value.amount.checked_neg()? > most { exactly(most, Source::Items)? } else { by_value };
        if applied.amount < 0 {
            take(&mut left, &scope, applied.amount.checked_neg()?)?;
            payable = payable.checked_add(applied.amount)?;
            discounts.push((position, applied));
        }
    }
    Some((discounts, payable))
}

/// The positions of what a coupon is good for, in the card's order. Codes that the card does not have are nothing.
fn scope(coupon: &Coupon, fare: &Fare) -> Vec<usize> {
    if coupon.scope.is_empty() {
        return (0..=fare.amounts.len()).collect();
    }
    let mut scope: Vec<usize> = coupon.scope.iter().filter_map(|code| (fare.position_of)(code)).collect();
    scope.sort_unstable();
    scope
}

/// Takes an amount off what is left in a scope, in proportion. Up to each item the parts are rounded down, so that they
/// add up to the amount, and none takes more than there is.
fn take(left: &mut [MinorUnits], scope: &[usize], amount: MinorUnits) -> Option<()> {
    let whole = i128::from(of_scope(left, scope)?);
    let (mut so_far, mut taken) = (0_i128, 0_i128);
    for position in scope {
        let left = left.get_mut(*position)?;
        so_far += i128::from(*left);
        let until = i128::from(amount).checked_mul(so_far)?.checked_div_euclid(whole)?;
        *left = left.checked_sub(MinorUnits::try_from(until - taken).ok()?)?;
        taken = until;
    }
    Some(())
}

fn of_scope(amounts: &[MinorUnits], scope: &[usize]) -> Option<MinorUnits> {
    sum(scope.iter().filter_map(|position| amounts.get(*position)))
}

fn sum<'a>(amounts: impl Iterator<Item = &'a MinorUnits>) -> Option<MinorUnits> {
    amounts.copied().try_fold(0, MinorUnits::checked_add)
}
