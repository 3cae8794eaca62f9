//! Random trips.

use super::{CLOCKS, Dice};
use farebox_fare::{Basis, Coupon, CouponValue, Funding, MockCharges, Order, Outcome, Point, Segment, Trip};
use farebox_money::Decimal;

/// A trip of at most a few hours, as likely as not while clocks are changed where the card is used.
pub fn trip(dice: &mut Dice, time_zone: &str) -> Trip {
    let clocks = CLOCKS.iter().find(|(zone, _)| *zone == time_zone).map_or([0, 0], |(_, moments)| *moments);
    let signed = |number: u64| i64::try_from(number).unwrap_or(0);
    let started_at = if dice.chance(60) {
        dice.pick(&clocks) - 3600 + signed(dice.below(9000))
    } else {
        // Any time of some week or other.
        dice.pick(&clocks) + signed(dice.below(10 * 86_400))
    };
    let basis = dice.pick(&[Basis::Estimated, Basis::Metered, Basis::Metered, Basis::Mocked]);
    let mut trip = Trip {
        basis,
        mock_charges: if dice.chance(40) { MockCharges::MeasuredOnly } else { MockCharges::All },
        started_at,
        ended_at: started_at,
        distance_m: dice.below(40_000),
        duration_s: dice.below(7_200),
        origin: place(dice),
        destination: place(dice),
        order: order(dice),
        waiting_s: dice.below(900),
        dynamic_factor: dice.maybe(50, |dice| Decimal::new(signed(50 + dice.below(350)), 2)),
        tolls: amount(dice),
        parking: amount(dice),
        highway: amount(dice),
        coupons: (0..dice.pick(&[0, 0, 1, 2, 3])).map(|_| coupon(dice)).collect(),
        ..Trip::default()
    };
    if basis == Basis::Metered && dice.chance(85) {
        trip.segments = segments(dice, started_at);
        trip.distance_m = trip.segments.iter().map(|segment| segment.distance_m).sum();
        trip.duration_s = trip.segments.iter().map(|segment| segment.duration_s).sum();
    }
    trip.ended_at += signed(trip.duration_s);
    trip
}

/// The same facts, known before the ride.
pub fn planned(trip: &Trip) -> Trip {
    Trip { basis: Basis::Estimated, segments: Vec::new(), ..trip.clone() }
}

/// Pieces of a ride, mostly one after the other, not always in order.
fn segments(dice: &mut Dice, started_at: i64) -> Vec<Segment> {
    let mut at = started_at;
    let mut segments: Vec<Segment> = (1..=1 + dice.below(12))
        .map(|sequence| {
            let duration_s = dice.pick(&[60, 0, 1, 300, 900]) + dice.below(300) * dice.below(2);
            let speed = dice.pick(&[10, 3, 0, 15, 30]);
            let distance_m = duration_s * speed + dice.below(50);
            let segment = Segment { sequence, started_at: at, distance_m, duration_s };
            at += i64::try_from(duration_s + dice.pick(&[0, 0, 30, 2000])).unwrap_or(0);
            segment
        })
        .collect();
    if dice.chance(30) {
        segments.reverse();
    }
    segments
}

fn order(dice: &mut Dice) -> Order {
    let name = |dice: &mut Dice, names: &[&str]| dice.maybe(50, |dice| dice.pick(names).to_owned());
    Order {
        product: name(dice, &["express", "premium"]),
        tier: name(dice, &["gold", "silver"]),
        kind: name(dice, &["reservation", "now"]),
        passengers: u32::try_from(dice.below(8)).unwrap_or(0),
        booked_ahead_s: dice.below(4_000),
        one_price: dice.maybe(30, amount),
        outcome: if dice.chance(12) { Outcome::Cancelled } else { Outcome::Completed },
    }
}

fn place(dice: &mut Dice) -> Option<Point> {
    // Inside the random zones, on their edges and corners, across the antimeridian, at a pole.
    const PLACES: [(i32, i32); 9] = [
        (40_650_000, -73_780_000),
        (40_640_000, -73_780_000),
        (40_650_000, -73_820_000),
        (40_655_000, -73_755_000),
        (-16_000_000, 179_500_000),
        (-16_000_000, -180_000_000),
        (-20_000_000, 180_000_000),
        (90_000_000, -60_000_000),
        (85_000_000, 60_000_000),
    ];
    dice.maybe(80, |dice| {
        let (latitude, longitude) = dice.pick(&PLACES);
        let nudge = |dice: &mut Dice| dice.pick(&[0, 1, -1, 5_000, -20_000, 30_000]);
        Point {
            latitude: (latitude + nudge(dice)).clamp(-90_000_000, 90_000_000),
            longitude: (longitude + nudge(dice)).clamp(-180_000_000, 180_000_000),
        }
    })
}

fn coupon(dice: &mut Dice) -> Coupon {
    let value = if dice.chance(50) {
        CouponValue::Percent(Decimal::new(i64::try_from(1 + dice.below(10_000)).unwrap_or(1), 2))
    } else {
        CouponValue::Amount(amount(dice))
    };
    let scope: Vec<String> = match dice.below(3) {
        2 => (0..11).filter(|_| dice.chance(30)).map(|position| format!("i{position}")).collect(),
        _ => Vec::new(),
    };
    let (min_spend, max_off) = (if dice.chance(50) { amount(dice) } else { 0 }, dice.maybe(30, amount));
    Coupon { id: "c".to_owned(), value, min_spend, max_off, scope, funding: Funding::default() }
}

fn amount(dice: &mut Dice) -> i64 {
    i64::try_from(dice.below(3_000)).unwrap_or(0)
}
