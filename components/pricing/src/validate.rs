//! What of a trip is outside what can be priced, whatever the card.

use farebox_document::Problem;
use farebox_fare::{Basis, Coupon, CouponValue, Trip};
use farebox_money::{Decimal, MinorUnits};
use std::collections::BTreeSet;

/// The most metres, or seconds, of one trip.
const MAX_QUANTITY: u64 = 1_000_000_000;

/// The largest amount a trip may bring with it, in minor units.
const MAX_AMOUNT: MinorUnits = 1_000_000_000_000;

/// The largest dynamic factor.
const MAX_FACTOR: Decimal = Decimal::ONE_HUNDRED;

/// Refuses what cannot be priced.
pub fn trip(trip: &Trip) -> Result<(), Problem> {
    let refuse =
        |pointer: String, code: &'static str, message: String| Err(Problem { pointer, code: code.into(), message });
    let in_calendar = |second: Option<i64>| second.is_some_and(|second| jiff::Timestamp::from_second(second).is_ok());
    let years = || "has to lie within the years -9999 to 9999".to_owned();
    for (pointer, quantity) in
        [("/distance", trip.distance_m), ("/duration", trip.duration_s), ("/waiting", trip.waiting_s)]
    {
        if quantity > MAX_QUANTITY {
            return refuse(pointer.into(), "out-of-range", format!("has to be at most {MAX_QUANTITY}"));
        }
    }
    if !in_calendar(Some(trip.started_at)) || !in_calendar(trip.started_at.checked_add_unsigned(trip.duration_s)) {
        return refuse("/started-at".into(), "out-of-range", years());
    }
    if trip.ended_at < trip.started_at {
        return refuse("/ended-at".into(), "ends-before-start", "has to be the start or later".into());
    }
    let one_price = trip.order.one_price.unwrap_or_default();
    for (pointer, amount) in [
        ("/tolls", trip.tolls),
        ("/parking", trip.parking),
        ("/highway", trip.highway),
        ("/order/one-price", one_price),
    ] {
        if !(0..=MAX_AMOUNT).contains(&amount) {
            return refuse(pointer.into(), "out-of-range", format!("has to be 0 to {MAX_AMOUNT} minor units"));
        }
    }
    if trip.dynamic_factor.is_some_and(|factor| factor <= Decimal::ZERO || factor > MAX_FACTOR || factor.scale() > 6) {
        let message = format!("has to be more than 0, at most {MAX_FACTOR}, with at most 6 decimals");
        return refuse("/dynamic-factor".into(), "out-of-range", message);
    }
    for (pointer, place) in [("/origin", trip.origin), ("/destination", trip.destination)] {
        let on_earth = place.is_none_or(|place| {
            place.latitude.unsigned_abs() <= 90_000_000 && place.longitude.unsigned_abs() <= 180_000_000
        });
        if !on_earth {
            return refuse(pointer.into(), "out-of-range", "latitudes go to 90 degrees, longitudes to 180".into());
        }
    }
    if trip.basis != Basis::Metered && !trip.segments.is_empty() {
        return refuse("/segments".into(), "not-metered", "only a metered trip has segments".into());
    }
    let (mut metres, mut seconds) = (0_u64, 0_u64);
    for (index, segment) in trip.segments.iter().enumerate() {
        if segment.distance_m > MAX_QUANTITY || segment.duration_s > MAX_QUANTITY {
            let message = format!("distance and duration have to be at most {MAX_QUANTITY}");
            return refuse(format!("/segments/{index}"), "out-of-range", message);
        }
        if !in_calendar(Some(segment.started_at))
            || !in_calendar(segment.started_at.checked_add_unsigned(segment.duration_s))
        {
            return refuse(format!("/segments/{index}/started-at"), "out-of-range", years());
        }
        metres = metres.saturating_add(segment.distance_m);
        seconds = seconds.saturating_add(segment.duration_s);
    }
    if !trip.segments.is_empty() && (metres, seconds) != (trip.distance_m, trip.duration_s) {
        let message =
            format!("add up to {metres} m and {seconds} s, which is not the distance and duration of the trip");
        return refuse("/segments".into(), "not-the-sum", message);
    }
    for (index, coupon) in trip.coupons.iter().enumerate() {
        if let Err(message) = self::coupon(coupon) {
            return refuse(format!("/coupons/{index}"), "invalid-coupon", message);
        }
    }
    Ok(())
}

/// Refuses coupons that mean nothing.
fn coupon(coupon: &Coupon) -> Result<(), String> {
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
    let mut named = BTreeSet::new();
    if !coupon.scope.iter().all(|code| named.insert(code)) {
        return Err("its scope names a fee twice".to_owned());
    }
    Ok(())
}
