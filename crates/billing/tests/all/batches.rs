//! The segments of several trips in one request: natively.
#![allow(clippy::unwrap_used)]

use farebox_billing::meter::{Metered, add_batch};
use farebox_billing::{Billing, Context, bills, meter};
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::rc::Rc;

fn segment(number: u64, distance_m: u64) -> Value {
    json!({"seq": number, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": distance_m, "duration_s": 200})
}

fn batch(trips: &[(&str, &[Value])]) -> Value {
    let trip = |(trip_id, segments): &(&str, &[Value])| json!({"trip_id": trip_id, "segments": segments});
    json!({"city": "110000", "trips": trips.iter().map(trip).collect::<Vec<_>>()})
}

/// What became of each trip, in the order of the request: the sums, or the code of what was wrong.
fn taken(billing: &Rc<Billing<World>>, document: &Value) -> Vec<String> {
    let context = now(Context::new(billing, "")).unwrap();
    let all = now(add_batch(&context, document)).unwrap();
    let said = |answer: Result<Metered, farebox_billing::refusal::Refusal>| match answer {
        Ok(Metered::Shared(totals)) => {
            format!("{} m in {}, billed {:?}", totals.distance_m, totals.segments, totals.billed)
        }
        Ok(Metered::Here(kept)) => format!("{} here", kept.received),
        Err(refusal) => refusal.code.word().to_owned(),
    };
    all.into_iter().map(|of| format!("{}: {}", of.trip_id, said(of.answer))).collect()
}

/// Each trip has what it would have had alone: a contradiction in one of them takes nothing from the others; sent again, nothing counts
/// twice; what comes after a bill is said to; and what the store does not take is kept here.
#[test]
fn each_trip_is_on_its_own() {
    let world = World::default();
    world.0.journal.replace(Some(Journal::default()));
    let billing = Billing::new(world.clone());
    let document = batch(&[("a", &[segment(1, 100), segment(2, 200)]), ("b", &[segment(1, 300)])]);
    for _ in 0..2 {
        assert_eq!(taken(&billing, &document), ["a: 300 m in 2, billed None", "b: 300 m in 1, billed None"]);
    }
    let differs = batch(&[("a", &[segment(2, 201), segment(3, 7)]), ("b", &[segment(2, 5)])]);
    assert_eq!(taken(&billing, &differs), ["a: segment-conflict", "b: 305 m in 2, billed None"]);
    let bill = json!({
        "city": "110000", "product": "express", "started_at": "2026-11-21T08:00:00+08:00",
        "ended_at": "2026-11-21T08:20:00+08:00", "origin": {"lat": 39.9, "lng": 116.4},
        "destination": {"lat": 39.95, "lng": 116.45},
    });
    now(bills::create(&now(Context::new(&billing, "")).unwrap(), "a", &bill)).unwrap();
    world.after_answers();
    assert_eq!(taken(&billing, &batch(&[("a", &[segment(3, 7)])])), ["a: 307 m in 3, billed Some(1)"]);
    world.0.failures.borrow_mut().insert("add_segments", Failure::Unavailable);
    let many: Vec<(String, [Value; 1])> = (0..20).map(|trip| (format!("t-{trip}"), [segment(1, 1)])).collect();
    let many: Vec<(&str, &[Value])> = many.iter().map(|(trip, segments)| (&**trip, &segments[..])).collect();
    let expected: Vec<String> = many.iter().map(|(trip, _)| format!("{trip}: 1 here")).collect();
    assert_eq!(taken(&billing, &batch(&many)), expected);
    let alone = json!({"city": "110000", "segments": [segment(1, 2)]});
    let conflict = now(meter::add_segments(&now(Context::new(&billing, "")).unwrap(), "t-0", &alone)).unwrap_err();
    assert_eq!(conflict.code.word(), "segment-conflict");
}
