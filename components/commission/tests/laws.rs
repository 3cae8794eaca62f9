//! Laws of every settlement.
#![allow(clippy::unwrap_used)]

use farebox_commission::{Circumstances, Policy, Settlement, Totals};
use farebox_fare::{LocalTime, Outcome};
use farebox_money::{Currency, Decimal};
use proptest::prelude::*;
use serde_json::{Value, json};

fn policy(cap_percent: Decimal, base: &str) -> Policy {
    let document = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": [
        {"name": "all", "cap_percent": cap_percent.to_string(), "base": base},
    ]});
    Policy::parse(&document.to_string()).unwrap()
}

fn any() -> Circumstances {
    Circumstances {
        city: "370100".into(),
        product: "express".into(),
        tier: None,
        driver_tier: None,
        scene: None,
        campaign: None,
        partner: None,
        outcome: Outcome::Completed,
        begins: LocalTime { minute: 0, holiday: false },
    }
}

/// How many random rides each law is held to; a million, say, by `PROPTEST_CASES=1000000 cargo test --release -p farebox-commission --test laws`.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

/// What a ride settles to under one scenario.
fn settled(scenario: &Value, currency: Currency, passenger_total: i64, driver_total: i64) -> Settlement {
    let document = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": [scenario]});
    let totals = Totals { currency, passenger_total, driver_total, coupons: 0 };
    Policy::parse(&document.to_string()).unwrap().settle(&any(), &totals).unwrap()
}

/// Whether a take is within a cap of a base, in whole numbers.
fn within(take: i128, base: i128, cap: Decimal) -> bool {
    take * 10_i128.pow(cap.scale()) <= base * cap.mantissa()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// However a scenario pays: it pays no more than the most, whole multiples or exactly what is owed, never less than that unless it
    /// holds it back, and rounding stays above the floor.
    #[test]
    fn what_is_paid(
        (cap, floor) in (0_i64..=100).prop_flat_map(|cap| (Just(cap), 0..=cap)),
        step in 1_i64..=500,
        most in proptest::option::of(1_i64..=50),
        passenger_total in 0_i64..=50_000,
        driver_total in 0_i64..=60_000,
    ) {
        let yen = Currency::from_code("JPY").unwrap();
        let mut paid = json!({"name": "all", "cap_percent": cap.to_string()});
        let exact = settled(&paid, yen, passenger_total, driver_total);
        paid["round_up_to"] = json!({"JPY": step.to_string()});
        paid["floor_percent"] = json!(floor.to_string());
        if let Some(most) = most {
            paid["at_most"] = json!({"JPY": (most * step).to_string()});
        }
        let settlement = settled(&paid, yen, passenger_total, driver_total);
        let (owed, top_up) = (exact.top_up, settlement.top_up);
        prop_assert_eq!(settlement.take, exact.take);
        prop_assert_eq!(settlement.take_after, settlement.take - top_up);
        prop_assert_eq!(settlement.held_back, (owed - top_up).max(0));
        prop_assert!(top_up == owed || top_up % step == 0);
        prop_assert!(top_up - owed < step && (owed > 0 || top_up == 0));
        let is_limited = most.is_some_and(|most| top_up == most * step);
        prop_assert!(most.is_none_or(|most| top_up <= most * step));
        prop_assert!(is_limited || settlement.held_back == 0);
        if top_up > owed {
            prop_assert!(settlement.take_after * 100 >= floor * passenger_total);
        }
    }

    /// The top-up is the least that is enough: with it the platform keeps no more than the cap, and with one minor unit less
    /// it would. Where the take is within the cap already there is none.
    #[test]
    fn the_top_up_is_the_least(
        hundredths_of_percent in 0_i64..=1_000_000,
        passenger_total in prop_oneof![0_i64..=50_000, 0_i64..=1_000_000_000_000],
        driver_share in 0_u32..=150,
        coupon_share in 0_u32..=100,
        base in prop_oneof![Just("total"), Just("payable")],
        code in prop_oneof![Just("CNY"), Just("JPY"), Just("KWD")],
    ) {
        let share = |percent: u32| passenger_total / 100 * i64::from(percent) + passenger_total % 7;
        let ride = Totals {
            currency: Currency::from_code(code).unwrap(),
            passenger_total,
            driver_total: share(driver_share),
            coupons: share(coupon_share).min(passenger_total),
        };
        let cap_percent = Decimal::new(hundredths_of_percent, 4);
        let settlement = policy(cap_percent, base).settle(&any(), &ride).unwrap();
        let coupons = if base == "payable" { ride.coupons } else { 0 };
        let (take, base) = (
            i128::from(passenger_total - coupons - ride.driver_total),
            i128::from(passenger_total - coupons),
        );
        let (cap, top_up) = (settlement.cap, i128::from(settlement.top_up));
        prop_assert_eq!(i128::from(settlement.take), take);
        prop_assert_eq!(i128::from(settlement.take_after), take - top_up);
        prop_assert!(top_up >= 0);
        if top_up > 0 {
            prop_assert!(!within(take - top_up + 1, base, cap), "a top-up of {} is more than it takes", top_up);
        }
        prop_assert!(within(take - top_up, base, cap), "a top-up of {top_up} is not enough for a take of {take} of {base}");
        prop_assert!(settlement.take_rate_after <= cap || base == 0 || take < 0);
    }
}
