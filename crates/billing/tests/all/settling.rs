//! What a ride that nothing else is known of comes to: natively.
#![allow(clippy::unwrap_used)]

use farebox_billing::{Billing, Context, settlement};
use farebox_kit::memory::{World, now};
use serde_json::json;

/// A ride begins on the clocks of its rate card. Where the city has no such product, and so no clock, it begins on those of Greenwich, on
/// a day that is no holiday; where nothing is said of when, it begins now.
#[test]
fn whose_clock_it_is() {
    let check = |city: &str, product: &str, started_at: Option<&str>, expected: &str| {
        let scenario = |name: &str, local_time: &str| json!({"name": name, "when": {"local_time": [local_time], "holidays": "except"}, "cap_percent": "20"});
        let rest = json!({"name": "rest", "cap_percent": "20"});
        let scenarios = [
            scenario("early", "00:00-06:00"),
            scenario("morning", "06:00-12:00"),
            scenario("afternoon", "12:00-18:00"),
            rest,
        ];
        let mut request = json!({
            "city": city, "product": product, "currency": "CNY", "passenger_total": "10.00", "driver_total": "7.00",
            "policy": {"format": "farebox-commission-policy/1", "title": "by the clock", "scenarios": scenarios},
        });
        if let Some(started_at) = started_at {
            request["started_at"] = json!(started_at);
        }
        let billing = Billing::new(World::default());
        let context = now(Context::new(&billing, "")).unwrap();
        let settled = now(settlement::create(&context, &request)).unwrap();
        assert_eq!(settled.settlement.scenario, expected, "{city} {product} {started_at:?}");
    };
    let at = Some("2026-11-21T08:30:00+08:00");
    check("110000", "express", at, "morning");
    check("110000", "balloon", at, "early");
    check("atlantis", "express", at, "early");
    // The third Monday of January.
    let holiday = Some("2023-01-16T08:30:00-05:00");
    check("new-york", "taxi", holiday, "rest");
    check("new-york", "balloon", holiday, "afternoon");
    // The memory's clock stands at 08:00 in Beijing.
    check("110000", "express", None, "morning");
    check("110000", "balloon", None, "early");
}
