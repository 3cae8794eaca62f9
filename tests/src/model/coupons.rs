//! What coupons take off.

use super::number::{Rounding, decimal, minor_units, whole};
use super::{Fare, ModelLine};
use farebox_types::{Coupon, CouponValue, Currency, Trip};
use serde_json::Value;

/// The discounts, and what is left to pay.
pub fn apply(card: &Value, trip: &Trip, fare: &Fare) -> (Vec<ModelLine>, i128) {
    let rules = &card["coupons"];
    let currency = card["currency"].as_str().and_then(Currency::from_code).expect("a currency");
    let rounding = Rounding::read(&card["rounding"], currency);
    let most_coupons = rules["at_most"].as_u64().unwrap_or(u64::MAX);
    // What each coupon that took something took.
    let mut taken: Vec<(&Coupon, i128)> = Vec::new();
    let mut discounts = Vec::new();
    for coupon in in_order(rules, &trip.coupons) {
        let left = fare.total - taken.iter().map(|(_, amount)| amount).sum::<i128>();
        if fare.total < i128::from(coupon.min_spend) || u64::try_from(taken.len()).expect("few") >= most_coupons {
            continue;
        }
        let everything = coupon.scope.is_empty();
        let in_scope: i128 =
            if everything { fare.total } else { coupon.scope.iter().filter_map(|code| fare.amounts.get(code)).sum() };
        let from_same = |earlier: &Coupon| everything || earlier.scope.iter().any(|code| coupon.scope.contains(code));
        let taken_from_scope: i128 =
            taken.iter().filter(|(earlier, _)| from_same(earlier)).map(|(_, amount)| amount).sum();
        let remaining = (in_scope - taken_from_scope).max(0).min(left);
        let (quantity, worth) = match coupon.value {
            CouponValue::Amount(amount) => (whole(1), whole(amount)),
            CouponValue::Percent(percent) => {
                let base = if rules["percent_of"] == "fare" { in_scope } else { remaining };
                let base = super::number::major_units(base, currency);
                let worth = minor_units(&(&base * decimal(&percent.to_string()) / whole(100)), currency);
                (base, worth)
            }
        };
        let worth = rounding.apply(&worth);
        let most = coupon.max_off.map_or(remaining, |most| remaining.min(most.into()));
        let (quantity, amount) = if worth > most { (whole(1), most) } else { (quantity, worth) };
        if amount > 0 {
            taken.push((coupon, amount));
            discounts.push(("coupon".to_owned(), quantity.to_string(), -amount));
        }
    }
    let payable = fare.total + discounts.iter().map(|(_, _, amount)| amount).sum::<i128>();
    (discounts, payable)
}

fn in_order<'a>(rules: &Value, coupons: &'a [Coupon]) -> Vec<&'a Coupon> {
    let (amounts, percents): (Vec<_>, Vec<_>) =
        coupons.iter().partition(|coupon| matches!(coupon.value, CouponValue::Amount(_)));
    match rules["order"].as_str() {
        Some("amount-first") => [amounts, percents].concat(),
        Some("percent-first") => [percents, amounts].concat(),
        _ => coupons.iter().collect(),
    }
}
