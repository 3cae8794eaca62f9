//! Laws of every bill, on random cards and trips; and what happens at the edges: of numbers, of clocks, of the map.
#![allow(clippy::unwrap_used)]

use farebox_fare::{Basis, Bill, Coupon, CouponValue, Funding, Order, Point, Segment, Trip};
use farebox_kit::random::{self, Dice};
use farebox_money::{Decimal, charge_in_steps};
use farebox_pricing::{PriceError, RateCard, schema};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;

const EVERY_KIND: &str = include_str!("every-kind.json");

fn read(document: &Value) -> RateCard {
    RateCard::parse(&document.to_string()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn numbers() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 0..400)
}

prop_compose! {
    /// A random card, and a trip where it is used.
    fn rides()(card in numbers(), trip in numbers()) -> (RateCard, Trip) {
        let document = random::card(&mut Dice::new(&card));
        (read(&document), random::trip(&mut Dice::new(&trip), document["time_zone"].as_str().unwrap()))
    }
}

/// `None` for a fare that would be negative, which cards can make of a factor below 1.
fn price(card: &RateCard, trip: &Trip) -> Option<Bill> {
    match card.price(trip, None) {
        Ok(bill) => Some(bill),
        Err(PriceError::InvalidTrip(problem)) if problem.code == "negative-fare" => None,
        Err(error) => panic!("{error:?} for {trip:?}"),
    }
}

/// What a bill charges, wherever the quantities come from.
fn charges(bill: Option<Bill>) -> Option<Vec<(String, Decimal, i64)>> {
    let lines = |bill: Bill| bill.lines.into_iter().chain(bill.discounts).chain(bill.included);
    bill.map(|bill| lines(bill).map(|line| (line.code, line.quantity, line.amount)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    /// Lines add up to the total, discounts to the payable, each line can be recomputed from what it says, and the totals
    /// and the explanation are of the same bill.
    #[test]
    fn bills_add_up((card, trip) in rides()) {
        let Some(bill) = price(&card, &trip) else { return Ok(()) };
        prop_assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<i64>(), bill.total);
        prop_assert_eq!(bill.total + bill.discounts.iter().map(|line| line.amount).sum::<i64>(), bill.payable);
        prop_assert!(bill.payable >= 0);
        for line in bill.lines.iter().chain(&bill.discounts).chain(&bill.included) {
            let why = line.why;
            let again = charge_in_steps(line.quantity, line.rate, line.per, bill.currency, why.rounding, why.step);
            prop_assert_eq!(again, Some(line.amount), "{:?}", line);
            prop_assert_ne!(line.amount, 0);
        }
        let totals = card.totals(&trip).unwrap();
        prop_assert_eq!((totals.total, totals.payable), (bill.total, bill.payable));
        let explanation = card.explain(&trip, None).unwrap();
        prop_assert_eq!(explanation.items.iter().map(|item| item.amount).sum::<i64>(), bill.total);
        prop_assert_eq!(explanation.bill, bill);
    }

    /// The order in which segments are listed is irrelevant.
    #[test]
    fn order_of_segments_is_irrelevant((card, mut trip) in rides(), by in 0_usize..12) {
        let bill = card.price(&trip, None);
        trip.segments.reverse();
        prop_assert_eq!(&card.price(&trip, None), &bill);
        let by = by.min(trip.segments.len());
        trip.segments.rotate_left(by);
        prop_assert_eq!(&card.price(&trip, None), &bill);
    }

    /// Estimate and bill agree when the facts agree.
    #[test]
    fn estimate_and_bill_agree((card, trip) in rides()) {
        let trip = random::planned(&trip);
        let Trip { started_at, distance_m, duration_s, .. } = trip;
        let whole = Segment { sequence: 1, started_at, distance_m, duration_s };
        let metered = Trip { basis: Basis::Metered, segments: vec![whole], ..trip.clone() };
        prop_assert_eq!(charges(price(&card, &trip)), charges(price(&card, &metered)));
    }

    /// Splitting a segment where it is ridden at one speed, between whole metres, changes nothing; not even where whole
    /// units are counted, because they are counted over the ride.
    #[test]
    fn splitting_a_segment_changes_nothing((card, trip) in rides(), which in any::<prop::sample::Index>(), at in 1_u64..1000) {
        if trip.segments.is_empty() {
            return Ok(());
        }
        let mut split = trip.clone();
        for (segment, sequence) in split.segments.iter_mut().zip(0..) {
            segment.sequence = sequence * 2;
        }
        let trip = split.clone();
        let segment = &mut split.segments[which.index(trip.segments.len())];
        let pieces = greatest_common_divisor(segment.distance_m, segment.duration_s);
        if pieces < 2 {
            return Ok(());
        }
        let at = 1 + at % (pieces - 1);
        let (metres, seconds) = (segment.distance_m / pieces * at, segment.duration_s / pieces * at);
        let second_half = Segment {
            sequence: segment.sequence + 1,
            started_at: segment.started_at.checked_add_unsigned(seconds).unwrap(),
            distance_m: segment.distance_m - metres,
            duration_s: segment.duration_s - seconds,
        };
        (segment.distance_m, segment.duration_s) = (metres, seconds);
        let overtaken = trip.segments.iter().any(|other| {
            (segment.started_at..=second_half.started_at).contains(&other.started_at) && other.sequence != segment.sequence
        });
        prop_assume!(!overtaken);
        split.segments.push(second_half);
        prop_assert_eq!(card.price(&split, None), card.price(&trip, None));
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// More distance or more time never costs less on a card that promises so, and was accepted.
#[test]
fn more_never_costs_less() {
    let accepted = Cell::new(0_u32);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6000) };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let never = runner.run(&(numbers(), numbers(), 0_u64..20_000, 0_u64..5_000), |(card, trip, metres, seconds)| {
        let document = random::monotone_card(&mut Dice::new(&card));
        let Ok(card) = RateCard::parse(&document.to_string()) else { return Ok(()) };
        accepted.set(accepted.get() + 1);
        let trip = random::planned(&random::trip(&mut Dice::new(&trip), document["time_zone"].as_str().unwrap()));
        let longer = Trip {
            distance_m: trip.distance_m + metres,
            duration_s: trip.duration_s + seconds,
            ended_at: trip.ended_at.checked_add_unsigned(seconds).unwrap(),
            ..trip.clone()
        };
        let total = |trip: &Trip| price(&card, trip).map_or(i64::MIN, |bill| bill.total);
        prop_assert!(total(&longer) >= total(&trip), "{:#}\n{:?}\nto {:?}", document, trip, longer);
        Ok(())
    });
    never.unwrap();
    assert!(accepted.get() > 1000, "only {} cards were accepted", accepted.get());
}

/// The card with every kind of fee has them all, the whole list being in the schema.
#[test]
fn every_kind_is_tried() {
    let schema = schema();
    let known = schema["properties"]["items"]["items"]["oneOf"].as_array().unwrap();
    let known: BTreeSet<&str> = known.iter().map(|item| item["title"].as_str().unwrap()).collect();
    let card: Value = serde_json::from_str(EVERY_KIND).unwrap();
    let tried = card["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(known, tried);
    read(&card);
}

/// 2026-11-21T00:00:00+08:00.
const START: i64 = 1_795_190_400;

/// The largest quantities and amounts that a trip may have are priced; where the result does not fit, it is said of what.
#[test]
fn large_numbers() {
    let most = Trip {
        started_at: START,
        ended_at: START + 1_000_000_000,
        distance_m: 1_000_000_000,
        duration_s: 1_000_000_000,
        waiting_s: 1_000_000_000,
        dynamic_factor: Some(Decimal::ONE_HUNDRED),
        tolls: 1_000_000_000_000,
        parking: 1_000_000_000_000,
        highway: 1_000_000_000_000,
        order: Order { passengers: u32::MAX, tier: Some("gold".to_owned()), ..Order::default() },
        ..Trip::default()
    };
    for currency in ["JPY", "CNY", "KWD"] {
        let card = RateCard::parse(&EVERY_KIND.replace("CNY", currency)).unwrap();
        let bill = card.price(&most, None).unwrap();
        assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<i64>(), bill.total, "{currency}");
        let agreed = Order { one_price: Some(1_000_000_000_000), ..most.order.clone() };
        assert!(card.price(&Trip { order: agreed, ..most.clone() }, Some(&most)).is_ok());
    }
    let mut dear: Value = serde_json::from_str(EVERY_KIND).unwrap();
    dear["items"] = json!([
        { "code": "start", "kind": "flat", "branches": [{ "amount": "999999999" }] },
        { "code": "gold", "kind": "distance", "branches": [{ "rate": "999999999", "per_m": 1 }] }
    ]);
    (dear["zones"], dear["growth"]) = (json!([]), json!("frozen"));
    assert_eq!(read(&dear).price(&most, None), Err(PriceError::Overflow("gold".to_owned())));
    let metre = Trip { distance_m: 1, ..most };
    assert_eq!(read(&dear).price(&metre, None).unwrap().total, 2 * 99_999_999_900);
}

/// A card whose items are these, on the clocks of a zone.
fn clocked(zone: &str, items: &Value) -> RateCard {
    read(&json!({
        "format": "farebox-rate-card/1", "title": "test", "city": "test", "product": "test", "side": "passenger",
        "currency": "JPY", "time_zone": zone, "holidays": ["2026-10-01"], "items": items,
    }))
}

/// Where clocks are put forward, an hour is not there; where they are put back, one is ridden twice. Minutes cost 1 in the
/// first window, 100 in the second, 10 000 in the third, so that the amount tells how many there are of each.
#[test]
fn clock_changes() {
    let items = |branches: [Value; 3]| {
        let branch = |(mut branch, rate): (Value, &str)| {
            branch["rate"] = rate.into();
            branch
        };
        let branches: Vec<Value> = branches.into_iter().zip(["1", "100", "10000"]).map(branch).collect();
        json!([{ "code": "duration", "kind": "time", "windows": "split", "branches": branches }])
    };
    let hours =
        ["00:00-02:00", "02:00-03:00", "03:00-24:00"].map(|window| json!({ "when": { "local_time": [window] } }));
    let days = [vec!["thu"], vec!["fri"], vec!["sat", "sun", "mon", "tue", "wed"]]
        .map(|days| json!({ "when": { "weekdays": days } }));
    let check = |zone: &str, branches: &[Value; 3], start: &str, minutes: u64, expected: i64| {
        let started_at = start.parse::<jiff::Timestamp>().unwrap().as_second();
        let duration_s = minutes * 60;
        let ended_at = started_at.checked_add_unsigned(duration_s).unwrap();
        let trip = Trip { started_at, ended_at, duration_s, ..Trip::default() };
        let bill = clocked(zone, &items(branches.clone())).price(&trip, None).unwrap();
        assert_eq!(bill.total, expected, "{minutes} min from {start} in {zone}");
    };
    // New York, from 01:30 to 02:00, which is 03:00 at once, to 03:30.
    check("America/New_York", &hours, "2026-03-08T06:30:00Z", 60, 30 + 30 * 10_000);
    // New York, from 00:30 to 02:00, which is 01:00 again, to 02:00, to 02:30.
    check("America/New_York", &hours, "2026-11-01T04:30:00Z", 180, 90 + 60 + 30 * 100);
    // All of the second time round.
    check("America/New_York", &hours, "2026-11-01T06:00:00Z", 61, 60 + 100);
    // London, from 00:30 to 01:00, which is 02:00, to 02:45; and from 01:30 to 02:00, which is 01:00, to 02:15.
    check("Europe/London", &hours, "2026-03-29T00:30:00Z", 75, 30 + 45 * 100);
    check("Europe/London", &hours, "2026-10-25T00:30:00Z", 105, 30 + 60 + 15 * 100);
    // Lord Howe, by half an hour: from 01:45 to 02:00, which is 02:30, to 02:45; and to 02:00, which is 01:30, to 02:15.
    check("Australia/Lord_Howe", &hours, "2026-10-03T15:15:00Z", 30, 15 + 15 * 100);
    check("Australia/Lord_Howe", &hours, "2026-04-04T14:45:00Z", 60, 15 + 30 + 15 * 100);
    // Cairo, from 23:45 on Thursday to midnight, which is 01:00 on Friday, to 01:15; and from 23:30 on Thursday to
    // midnight, which is 23:00 on Thursday, to 00:10 on Friday.
    check("Africa/Cairo", &days, "2026-04-23T21:45:00Z", 30, 15 + 15 * 100);
    check("Africa/Cairo", &days, "2026-10-29T20:30:00Z", 100, 30 + 60 + 10 * 100);
    // Nothing happens in Shanghai.
    check("Asia/Shanghai", &hours, "2026-03-07T17:30:00Z", 120, 30 + 60 * 100 + 30 * 10_000);
}

/// Holidays begin and end at midnight, by the clocks of the card.
#[test]
fn holidays_end_at_midnight() {
    let card = clocked(
        "Asia/Shanghai",
        &json!([{ "code": "duration", "kind": "time", "windows": "split", "branches": [
            { "when": { "holidays": "only" }, "rate": "1" },
            { "when": { "holidays": "except" }, "rate": "100" },
        ] }]),
    );
    for (start, expected) in [("2026-09-30T15:50:00Z", 10 * 100 + 10), ("2026-10-01T15:50:00Z", 10 + 10 * 100)] {
        let started_at = start.parse::<jiff::Timestamp>().unwrap().as_second();
        let trip = Trip { started_at, ended_at: started_at + 1200, duration_s: 1200, ..Trip::default() };
        assert_eq!(card.price(&trip, None).unwrap().total, expected, "{start}");
    }
}

/// Zones hold across the antimeridian and at the poles.
#[test]
fn zones_at_the_edges_of_the_map() {
    let mut document: Value = serde_json::from_str(EVERY_KIND).unwrap();
    document["zones"] = json!([
        { "name": "fiji", "polygon": ["-20,177", "-20,-178", "-12,-178", "-12,177"] },
        { "name": "north", "polygon": ["80,-30", "80,30", "90,30", "90,-30"] },
    ]);
    let fee = |zone: &str, amount: &str| json!({ "when": { "origin": [zone] }, "amount": amount });
    document["items"] = json!([
        { "code": "airport", "kind": "flat", "branches": [fee("fiji", "1"), fee("north", "2"), fee("elsewhere", "3")] }
    ]);
    let card = read(&document);
    for (latitude, longitude, expected) in [
        (-16_000_000, 180_000_000, 100),
        (-16_000_000, -180_000_000, 100),
        (-16_000_000, 177_000_000, 100),
        (-16_000_000, 176_999_999, 300),
        (-12_000_000, -178_000_000, 100),
        (-16_000_000, -177_999_999, 300),
        (-16_000_000, 0, 300),
        (89_999_999, 0, 200),
        (89_999_999, 90_000_000, 300),
        (90_000_000, 90_000_000, 200),
        (90_000_000, -180_000_000, 200),
        (-90_000_000, 0, 300),
    ] {
        let trip = Trip { origin: Some(Point { latitude, longitude }), ..Trip::default() };
        assert_eq!(card.price(&trip, None).unwrap().total, expected, "{latitude}, {longitude}");
    }
}

/// Distance in a segment without duration is charged, under the branch of its moment.
#[test]
fn a_segment_without_duration() {
    let card = clocked(
        "Asia/Shanghai",
        &json!([{ "code": "mileage", "kind": "distance", "windows": "split", "branches": [
            { "when": { "local_time": ["00:00-12:00"] }, "rate": "1", "per_m": 1 },
            { "when": { "local_time": ["12:00-24:00"] }, "rate": "100", "per_m": 1 },
        ] }]),
    );
    let segment = |sequence, offset, distance_m, duration_s| Segment {
        sequence,
        started_at: START + offset,
        distance_m,
        duration_s,
    };
    let trip = Trip {
        basis: Basis::Metered,
        started_at: START,
        ended_at: START + 50_000,
        distance_m: 21,
        duration_s: 10,
        segments: vec![segment(1, 0, 1, 10), segment(2, 10, 7, 0), segment(3, 50_000, 13, 0)],
        ..Trip::default()
    };
    assert_eq!(card.price(&trip, None).unwrap().total, 1 + 7 + 13 * 100);
}

/// Facts beyond what can be priced are refused by name, never wrapped, clamped or a panic.
#[test]
fn absurd_trips_are_refused() {
    let card = RateCard::parse(EVERY_KIND).unwrap();
    let sane = Trip { started_at: START, ended_at: START, ..Trip::default() };
    assert!(card.price(&sane, None).is_ok());
    let check = |pointer: &str, change: &dyn Fn(&mut Trip)| {
        let mut trip = sane.clone();
        change(&mut trip);
        match card.price(&trip, None) {
            Err(PriceError::InvalidTrip(problem)) => assert_eq!(problem.pointer, pointer, "{problem}"),
            other => panic!("{pointer}: {other:?}"),
        }
        match card.price(&sane, Some(&trip)) {
            Err(PriceError::InvalidTrip(problem)) => assert_eq!(problem.pointer, format!("/quoted{pointer}")),
            other => panic!("{pointer}: {other:?}"),
        }
    };
    check("/started-at", &|trip| trip.started_at = i64::MIN);
    check("/started-at", &|trip| (trip.started_at, trip.ended_at) = (i64::MAX, i64::MAX));
    check("/ended-at", &|trip| trip.ended_at = START - 1);
    check("/distance", &|trip| trip.distance_m = u64::MAX);
    check("/duration", &|trip| trip.duration_s = 1_000_000_001);
    check("/waiting", &|trip| trip.waiting_s = 1_000_000_001);
    check("/tolls", &|trip| trip.tolls = -1);
    check("/tolls", &|trip| trip.tolls = i64::MAX);
    check("/parking", &|trip| trip.parking = 1_000_000_000_001);
    check("/highway", &|trip| trip.highway = -1);
    check("/order/one-price", &|trip| trip.order.one_price = Some(-1));
    check("/dynamic-factor", &|trip| trip.dynamic_factor = Some(Decimal::ZERO));
    check("/dynamic-factor", &|trip| trip.dynamic_factor = Some(Decimal::MAX));
    check("/dynamic-factor", &|trip| trip.dynamic_factor = Some(Decimal::new(1, 7)));
    check("/origin", &|trip| trip.origin = Some(Point { latitude: 90_000_001, longitude: 0 }));
    check("/destination", &|trip| trip.destination = Some(Point { latitude: 0, longitude: i32::MIN }));
    let segment = Segment { sequence: 1, started_at: i64::MAX, distance_m: 0, duration_s: 10 };
    check("/segments", &|trip| trip.segments.push(segment));
    check("/segments", &|trip| {
        trip.basis = Basis::Metered;
        trip.segments.push(Segment { started_at: START, ..segment });
    });
    check("/segments/0", &|trip| {
        trip.basis = Basis::Metered;
        trip.segments.push(Segment { distance_m: u64::MAX, ..segment });
    });
    check("/segments/0/started-at", &|trip| {
        trip.basis = Basis::Metered;
        trip.segments.push(segment);
    });
    let coupon = Coupon {
        id: String::new(),
        value: CouponValue::Amount(-1),
        min_spend: 0,
        max_off: None,
        scope: Vec::new(),
        funding: Funding::default(),
    };
    check("/coupons/0", &|trip| trip.coupons.push(coupon.clone()));
    check("/coupons/0", &|trip| {
        trip.coupons.push(Coupon { value: CouponValue::Percent(Decimal::ZERO), ..coupon.clone() });
    });
    check("/coupons/0", &|trip| {
        let scope = vec!["mileage".to_owned(), "mileage".to_owned()];
        trip.coupons.push(Coupon { value: CouponValue::Amount(1), scope, ..coupon.clone() });
    });
}
