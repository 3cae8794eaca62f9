//! What was agreed before the bill: limits on growth since the quote, and coupons.

#![allow(missing_docs, clippy::unwrap_used)]

use farebox_fare::{Coupon, CouponValue, Funding, Outcome, Trip};
use farebox_money::MinorUnits;
use farebox_pricing::RateCard;
use serde_json::{Value, json};

fn card(items: &Value, more: &Value) -> RateCard {
    let mut card = json!({
        "format": "farebox-rate-card/1", "title": "agreed", "city": "test", "product": "test", "side": "passenger",
        "currency": "CNY", "time_zone": "Asia/Shanghai", "items": items,
    });
    card.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    RateCard::parse(&card.to_string()).unwrap()
}

fn ride(kilometres: u64) -> Trip {
    Trip { distance_m: kilometres * 1000, ..Trip::default() }
}

fn flat(code: &str, amount: &str) -> Value {
    json!({ "code": code, "kind": "flat", "branches": [{ "amount": amount }] })
}

/// The total of a ride that was quoted as another one.
fn grown(items: &Value, more: &Value, quoted: &Trip, ride: &Trip) -> MinorUnits {
    card(items, more).price(ride, Some(quoted)).unwrap().total
}

/// A ride that was called off costs what calling off costs, whatever was quoted.
#[test]
fn a_cancelled_ride_did_not_grow() {
    let items = json!([
        { "code": "mileage", "kind": "distance", "branches": [{ "rate": "3.00" }], "growth": "frozen" },
        {
            "code": "cancellation", "kind": "flat", "growth": { "percent": "20" },
            "branches": [{ "amount": "5.00", "when": { "outcome": ["cancelled"] } }],
        },
    ]);
    let mut cancelled = ride(0);
    cancelled.order.outcome = Outcome::Cancelled;
    assert_eq!(grown(&items, &json!({}), &ride(10), &cancelled), 500);
    assert_eq!(grown(&items, &json!({ "growth": "frozen" }), &ride(10), &cancelled), 500);
    assert_eq!(grown(&items, &json!({}), &ride(10), &ride(12)), 3000);
}

/// What was not charged on the quote is not limited by it: the fare as a whole can be.
#[test]
fn what_was_not_quoted_did_not_grow() {
    let far = json!({ "distance_m": { "from": 20_000 } });
    let items = json!([
        { "code": "mileage", "kind": "distance", "branches": [{ "rate": "3.00" }], "growth": { "percent": "20" } },
        {
            "code": "flat_fare", "kind": "flat", "growth": "frozen", "replaces": ["mileage"],
            "branches": [{ "amount": "80.00", "when": far }],
        },
    ]);
    assert_eq!(grown(&items, &json!({}), &ride(30), &ride(10)), 3000, "quoted the flat fare");
    assert_eq!(grown(&items, &json!({}), &ride(10), &ride(30)), 8000, "quoted by the kilometre");
    assert_eq!(grown(&items, &json!({ "growth": { "percent": "50" } }), &ride(10), &ride(30)), 4500);
    assert_eq!(grown(&items, &json!({}), &ride(10), &ride(19)), 3600);
}

fn amount(value: MinorUnits, scope: &[&str]) -> Coupon {
    coupon(CouponValue::Amount(value), scope)
}

fn percent(value: i64, scope: &[&str]) -> Coupon {
    coupon(CouponValue::Percent(value.into()), scope)
}

fn coupon(value: CouponValue, scope: &[&str]) -> Coupon {
    let scope = scope.iter().map(|code| (*code).to_owned()).collect();
    Coupon { id: "c".to_owned(), value, min_spend: 0, max_off: None, scope, funding: Funding::default() }
}

/// What coupons take off a card of two fees of 50.00.
fn taken(more: &Value, coupons: &[Coupon]) -> Vec<MinorUnits> {
    let card = card(&json!([flat("a", "50.00"), flat("b", "50.00")]), more);
    let bill = card.price(&Trip { coupons: coupons.to_vec(), ..Trip::default() }, None).unwrap();
    let taken: Vec<_> = bill.discounts.iter().map(|line| -line.amount).collect();
    assert_eq!(bill.payable, bill.total - taken.iter().sum::<MinorUnits>());
    taken
}

/// What a coupon takes comes off the fees it is for, in proportion; the next one finds what is left of them.
#[test]
fn coupons_share_what_is_left() {
    let none = json!({});
    assert_eq!(taken(&none, &[percent(50, &[]), percent(50, &["a"])]), [5000, 1250]);
    assert_eq!(taken(&none, &[percent(50, &["a"]), percent(50, &[])]), [2500, 3750]);
    assert_eq!(taken(&none, &[amount(6000, &[]), amount(5000, &["a"])]), [6000, 2000]);
    assert_eq!(taken(&none, &[amount(6000, &["a", "b"]), amount(500, &["b"])]), [6000, 500]);
    assert_eq!(taken(&none, &[amount(6000, &["b", "a"]), amount(5000, &["a"])]), [6000, 2000], "as for everything");
    assert_eq!(taken(&none, &[amount(4000, &["a"]), amount(4000, &["a"])]), [4000, 1000]);
    // Of 0.01, a gets nothing and b all.
    assert_eq!(taken(&none, &[amount(1, &[]), amount(9999, &["b"])]), [1, 4999]);
    let of_fare = json!({ "coupons": { "percent_of": "fare" } });
    assert_eq!(taken(&of_fare, &[percent(50, &[]), percent(50, &["a"])]), [5000, 2500]);
}

/// A coupon for an amount takes that amount, and never more, however the card rounds.
#[test]
fn amounts_are_not_rounded() {
    let up = json!({ "rounding": { "mode": "up", "to": "5.00" } });
    assert_eq!(taken(&up, &[amount(10, &[])]), [10]);
    assert_eq!(taken(&up, &[percent(1, &[])]), [500], "a percentage is rounded as the card says");
    let down = json!({ "rounding": { "mode": "down", "to": "5.00" } });
    assert_eq!(taken(&down, &[amount(333, &[])]), [333]);
}

/// A card on which two limits take off more than there is says so, and blames nobody else.
#[test]
fn rival_limits() {
    let limit =
        |code: &str| json!({ "code": code, "kind": "maximum", "branches": [{ "amount": "10.00", "of": ["a"] }] });
    let card = card(&json!([flat("a", "100.00"), limit("m"), limit("n")]), &json!({}));
    assert_eq!(card.warnings()[0].code, "rival-limits");
    let error = format!("{:?}", card.price(&Trip::default(), None).unwrap_err());
    assert!(error.contains("-80.00") && !error.contains("dynamic"), "{error}");
}
