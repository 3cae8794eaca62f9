//! What coupons take off.

use super::number::{Rounding, decimal, minor_units, to_i128, whole};
use super::{Fare, ModelLine};
use farebox_fare::{Coupon, CouponValue, Trip};
use farebox_money::Currency;
use serde_json::Value;

/// The discounts, and what is left to pay.
pub fn apply(card: &Value, trip: &Trip, fare: &Fare) -> (Vec<ModelLine>, i128) {
    let rules = &card["coupons"];
    let currency = card["currency"].as_str().and_then(Currency::from_code).expect("a currency");
    let rounding = Rounding::read(&card["rounding"], currency);
    let most_coupons = rules["at_most"].as_u64().unwrap_or(u64::MAX);
    // What is left of each item, in the card's order; and of the limit on the fare, which only coupons on everything see.
    let codes = card["items"].as_array().expect("items").iter().map(|item| item["code"].as_str().expect("a code"));
    let before: Vec<(&str, i128)> = codes.map(|code| (code, fare.amounts.get(code).copied().unwrap_or(0))).collect();
    let limited = fare.total - before.iter().map(|(_, amount)| amount).sum::<i128>();
    let before: Vec<(&str, i128)> = before.into_iter().chain([("", limited)]).collect();
    let mut left = before.clone();
    let mut discounts: Vec<ModelLine> = Vec::new();
    for coupon in in_order(rules, &trip.coupons) {
        if fare.total < i128::from(coupon.min_spend) || u64::try_from(discounts.len()).expect("few") >= most_coupons {
            continue;
        }
        let covers = |code: &str| coupon.scope.is_empty() || coupon.scope.iter().any(|one| one == code);
        let of_scope = |amounts: &[(&str, i128)]| -> i128 {
            amounts.iter().filter(|(code, _)| covers(code)).map(|(_, amount)| amount).sum()
        };
        let (in_scope, left_in_scope) = (of_scope(&before), of_scope(&left));
        let left_to_pay: i128 = left.iter().map(|(_, amount)| amount).sum();
        let remaining = left_in_scope.max(0).min(left_to_pay);
        let (quantity, worth) = match coupon.value {
            CouponValue::Amount(amount) => (whole(1), whole(amount)),
            CouponValue::Percent(percent) => {
                let base = if rules["percent_of"] == "fare" { in_scope } else { remaining };
                let base = super::number::major_units(base, currency);
                let worth = minor_units(&(&base * decimal(&percent.to_string()) / whole(100)), currency);
                (base, worth)
            }
        };
        let worth = match coupon.value {
            CouponValue::Amount(amount) => amount.into(),
            CouponValue::Percent(_) => rounding.apply(&worth),
        };
        let most = coupon.max_off.map_or(remaining, |most| remaining.min(most.into()));
        let (quantity, amount) = if worth > most { (whole(1), most) } else { (quantity, worth) };
        if amount > 0 {
            // In proportion: down to and with each item, its share of the scope, rounded down.
            let mut down_to_here = whole(0);
            let mut shares_before = 0;
            for (_, item) in left.iter_mut().filter(|(code, _)| covers(code)) {
                down_to_here += whole(*item);
                let shares = to_i128(&(&down_to_here * whole(amount) / whole(left_in_scope)).floor());
                *item -= shares - shares_before;
                shares_before = shares;
            }
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
