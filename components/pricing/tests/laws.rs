//! Laws of every bill, on random trips over cards that use every kind of fee.
#![allow(clippy::unwrap_used)]

use farebox_pricing::{PriceError, RateCard};
use farebox_types::{Basis, Coupon, CouponValue, Decimal, Rounding, Segment, Trip, charge};
use proptest::prelude::*;

/// A card with every kind of fee, in a currency with the given exponent's code.
fn card(currency: &str, rounding: &str) -> RateCard {
    let document = include_str!("every-kind.json").replace("CNY", currency).replace("half-up", rounding);
    RateCard::parse(&document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn cards() -> impl Strategy<Value = (RateCard, Rounding)> {
    prop_oneof![
        Just(("CNY", "half-up", Rounding::HalfUp)),
        Just(("CNY", "half-even", Rounding::HalfEven)),
        Just(("JPY", "down", Rounding::Down)),
        Just(("KWD", "up", Rounding::Up)),
    ]
    .prop_map(|(currency, name, rounding)| (card(currency, name), rounding))
}

fn segments() -> impl Strategy<Value = Vec<Segment>> {
    prop::collection::vec((0_i64..100_000, 0_u64..50_000, 0_u64..4_000), 0..20).prop_map(|segments| {
        (1..)
            .zip(segments)
            .map(|(sequence, (offset, distance_m, duration_s))| Segment {
                sequence,
                started_at: START + offset,
                distance_m,
                duration_s,
            })
            .collect()
    })
}

fn coupons() -> impl Strategy<Value = Vec<Coupon>> {
    let value = prop_oneof![
        (0_i64..100_000).prop_map(CouponValue::Amount),
        (1_i64..=10_000).prop_map(|percent| CouponValue::Percent(Decimal::new(percent, 2))),
    ];
    let coupon = (value, 0_i64..20_000, prop::option::of(0_i64..10_000))
        .prop_map(|(value, min_spend, max_off)| Coupon { id: "c".to_owned(), value, min_spend, max_off });
    prop::collection::vec(coupon, 0..4)
}

/// 2026-11-21T00:00:00+08:00.
const START: i64 = 1_795_190_400;

prop_compose! {
    fn trips()(
        segments in segments(),
        distance_m in 0_u64..2_000_000,
        duration_s in 0_u64..100_000,
        metered in any::<bool>(),
        mocked in any::<bool>(),
        start in 0_i64..604_800,
        factor in prop::option::of(100_i64..500),
        tolls in 0_i64..100_000,
        coupons in coupons(),
    ) -> Trip {
        let metered = metered && !segments.is_empty();
        let (distance_m, duration_s) = if metered {
            (segments.iter().map(|s| s.distance_m).sum(), segments.iter().map(|s| s.duration_s).sum())
        } else {
            (distance_m, duration_s)
        };
        Trip {
            basis: if metered { Basis::Metered } else if mocked { Basis::Mocked } else { Basis::Estimated },
            started_at: START + start,
            ended_at: START + start + i64::try_from(duration_s).unwrap(),
            distance_m,
            duration_s,
            segments: if metered { segments } else { Vec::new() },
            dynamic_factor: factor.map(|factor| Decimal::new(factor, 2)),
            tolls,
            coupons,
        }
    }
}

/// The same facts, known before the ride.
fn planned(trip: Trip) -> Trip {
    Trip { basis: Basis::Estimated, segments: Vec::new(), ..trip }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    /// Lines add up to the total, discounts to the payable, and each line can be recomputed from what it says.
    #[test]
    fn bills_add_up((card, rounding) in cards(), trip in trips()) {
        let bill = card.price(&trip).unwrap();
        prop_assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<i64>(), bill.total);
        prop_assert_eq!(bill.total + bill.discounts.iter().map(|line| line.amount).sum::<i64>(), bill.payable);
        prop_assert!(bill.payable >= 0);
        for line in bill.lines.iter().chain(&bill.discounts) {
            let again = charge(line.quantity, line.rate, line.per, bill.currency, rounding);
            prop_assert_eq!(again, Some(line.amount), "{:?}", line);
            prop_assert_ne!(line.amount, 0);
        }
    }

    /// The order in which segments are listed is irrelevant.
    #[test]
    fn order_of_segments_is_irrelevant((card, _) in cards(), mut trip in trips()) {
        let bill = card.price(&trip).unwrap();
        trip.segments.reverse();
        prop_assert_eq!(card.price(&trip).unwrap(), bill);
    }

    /// More distance or more time never costs less.
    #[test]
    fn more_never_costs_less((card, _) in cards(), trip in trips(), metres in 0_u64..10_000, seconds in 0_u64..10_000) {
        let trip = planned(trip);
        let longer = Trip {
            distance_m: trip.distance_m + metres,
            duration_s: trip.duration_s + seconds,
            ..trip.clone()
        };
        prop_assert!(card.price(&longer).unwrap().total >= card.price(&trip).unwrap().total);
    }

    /// Estimate and bill agree when the facts agree, up to what only segments can tell.
    #[test]
    fn estimate_and_bill_agree((card, _) in cards(), trip in trips()) {
        let trip = planned(trip);
        let whole = Segment {
            sequence: 1,
            started_at: trip.started_at,
            distance_m: trip.distance_m,
            duration_s: trip.duration_s,
        };
        let metered = Trip { basis: Basis::Metered, segments: vec![whole], ..trip.clone() };
        let without_low_speed = |trip: &Trip| {
            let bill = card.price(trip).unwrap();
            let before_tax = ["start_price", "mileage", "duration", "long_distance", "night", "tolls"];
            bill.lines.into_iter().filter(|line| before_tax.contains(&line.code.as_str())).collect::<Vec<_>>()
        };
        prop_assert_eq!(without_low_speed(&trip), without_low_speed(&metered));
    }
}

/// Facts beyond what can be priced are refused by name, never wrapped, clamped or a panic.
#[test]
fn absurd_trips_are_refused() {
    let card = card("CNY", "half-up");
    let sane = Trip {
        basis: Basis::Estimated,
        started_at: START,
        ended_at: START,
        distance_m: 0,
        duration_s: 0,
        segments: Vec::new(),
        dynamic_factor: None,
        tolls: 0,
        coupons: Vec::new(),
    };
    assert!(card.price(&sane).is_ok());
    let check = |pointer: &str, change: &dyn Fn(&mut Trip)| {
        let mut trip = sane.clone();
        change(&mut trip);
        match card.price(&trip) {
            Err(PriceError::InvalidTrip(problem)) => assert_eq!(problem.pointer, pointer, "{problem}"),
            other => panic!("{pointer}: {other:?}"),
        }
    };
    check("/started-at", &|trip| trip.started_at = i64::MIN);
    check("/started-at", &|trip| (trip.started_at, trip.ended_at) = (i64::MAX, i64::MAX));
    check("/ended-at", &|trip| trip.ended_at = START - 1);
    check("/distance", &|trip| trip.distance_m = u64::MAX);
    check("/duration", &|trip| trip.duration_s = 1_000_000_001);
    check("/tolls", &|trip| trip.tolls = -1);
    check("/tolls", &|trip| trip.tolls = i64::MAX);
    check("/dynamic-factor", &|trip| trip.dynamic_factor = Some(Decimal::ZERO));
    check("/dynamic-factor", &|trip| trip.dynamic_factor = Some(Decimal::MAX));
    let segment = Segment { sequence: 1, started_at: i64::MAX, distance_m: 0, duration_s: 10 };
    check("/segments", &|trip| trip.segments.push(segment));
    check("/segments/0", &|trip| {
        trip.basis = Basis::Metered;
        trip.segments.push(Segment { distance_m: u64::MAX, ..segment });
    });
    let coupon = Coupon { id: String::new(), value: CouponValue::Amount(-1), min_spend: 0, max_off: None };
    check("/coupons/0", &|trip| trip.coupons.push(coupon.clone()));
    check("/coupons/0", &|trip| {
        trip.coupons.push(Coupon { value: CouponValue::Percent(Decimal::ZERO), ..coupon.clone() });
    });
}
