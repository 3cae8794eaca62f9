//! What is billed when nothing was measured: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::bills;
use farebox_billing::engines::RateCard as _;
use farebox_billing::pricing::of_the_driver;
use farebox_billing::{Billing, Context, meter};
use farebox_fare::Bill;
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::memory::{Failure, World, now};
use farebox_kit::native::NativeCard;
use farebox_records::BillRecord;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn card(product: &str, side: &str, items: Value) -> Value {
    json!({
        "format": "farebox-rate-card/1", "title": product, "city": "ride", "product": product, "side": side,
        "currency": "INR", "time_zone": "Asia/Kolkata", "items": items,
    })
}

fn flat(code: &str, amount: &str) -> Value {
    json!({ "code": code, "kind": "flat", "branches": [{ "amount": amount }] })
}

fn per_km(included_m: u64, rate: &str) -> Value {
    json!({ "code": "mileage", "kind": "distance", "branches": [{ "included_m": included_m, "rate": rate }] })
}

fn cancellation(amount: &str) -> Value {
    let when = json!({ "outcome": ["cancelled"], "scene": ["no-show"] });
    json!({ "code": "cancellation", "kind": "flat", "required": false, "branches": [{ "when": when, "amount": amount }] })
}

fn tolls() -> Value {
    let cancelled = json!({ "outcome": ["cancelled"] });
    json!({ "code": "tolls", "kind": "pass_through", "branches": [{ "fact": "tolls" }, { "when": cancelled, "fact": "tolls" }] })
}

/// The cards that the head of the table describes.
fn cards() -> [(&'static str, Value); 4] {
    let passenger = |product| {
        card(
            product,
            "passenger",
            json!([
                flat("start", "30"),
                per_km(1500, "15"),
                { "code": "duration", "kind": "time", "branches": [{ "rate": "1" }] },
                { "code": "waiting", "kind": "waiting", "branches": [{ "included_s": 300, "rate": "1" }] },
                cancellation("50"),
                { "code": "agreed", "kind": "one_price", "replaces": ["start", "mileage", "duration"], "branches": [{}] },
                tolls(),
            ]),
        )
    };
    let driver = json!([flat("start", "20"), per_km(0, "10"), cancellation("40"), tolls()]);
    let share = json!([
        { "code": "share", "kind": "one_price", "branches": [{}], "cap": "150" },
        tolls(),
    ]);
    [
        ("auto.passenger.json", passenger("auto")),
        ("auto.driver.json", card("auto", "driver", driver)),
        ("fixed.passenger.json", passenger("fixed")),
        ("fixed.driver.json", card("fixed", "driver", share)),
    ]
}

fn configure(folder: &Path, measured_only: bool) {
    copy_configuration(folder);
    fs::create_dir_all(folder.join("cards/ride")).unwrap();
    for (name, card) in cards() {
        fs::write(folder.join("cards/ride").join(name), card.to_string()).unwrap();
    }
    if measured_only {
        let city = json!({ "format": "farebox-city/1", "city": "ride", "mock_charges": "measured-only" });
        fs::create_dir_all(folder.join("cities")).unwrap();
        fs::write(folder.join("cities/ride.json"), city.to_string()).unwrap();
    }
}

/// The request of a row: where and when, and what its first column says.
fn request(words: &[&str]) -> Value {
    let mut request = json!({
        "city": "ride", "product": words.first().unwrap(),
        "started_at": "2026-11-21T08:00:00+05:30", "ended_at": "2026-11-21T08:21:00+05:30",
        "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.9, "lng": 116.45},
    });
    for word in words.get(1..).unwrap_or_default() {
        let (field, value) = match word.split_once(' ') {
            None if *word == "cancelled" => ("outcome", json!(word)),
            None => ("scene", json!(word)),
            Some(("waiting", seconds)) => ("waiting_s", json!(seconds.parse::<u64>().unwrap())),
            Some(("tolls", amount)) => ("tolls", json!(amount)),
            Some(("agreed", amount)) => ("one_price", json!(amount)),
            Some(("not", "metered")) => ("metering", json!("none")),
            Some(("measured", "only")) => continue,
            Some(other) => panic!("{other:?}"),
        };
        request[field] = value;
    }
    request
}

/// The bill of a ride, whose store says something of its segments.
fn bill(words: &[&str], store: &str) -> BillRecord {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), words.contains(&"measured only"));
    let world = World::with_config(folder.path().to_owned());
    let billing = Billing::new(world.clone());
    let context = now(Context::new(&billing, "")).unwrap();
    match store {
        "none" => {}
        "silence" => drop(world.0.failures.borrow_mut().insert("segments", Failure::Silent)),
        _ => {
            let segment =
                json!({"seq": 1, "started_at": "2026-11-21T08:00:00+05:30", "distance_m": 6000, "duration_s": 600});
            now(meter::add_segments(&context, "t", &json!({"city": "ride", "segments": [segment]}))).unwrap();
        }
    }
    let billed = now(bills::create(&context, "t", &request(words))).unwrap();
    BillRecord::read(&billed.document).unwrap()
}

fn lines(bill: &Bill) -> String {
    // A fee may have two lines: its own, and what its cap takes off.
    let mut amounts: Vec<(&str, i64)> = Vec::new();
    for line in &bill.lines {
        match amounts.iter_mut().find(|(code, _)| *code == line.code) {
            Some((_, amount)) => *amount += line.amount,
            None => amounts.push((&line.code, line.amount)),
        }
    }
    let words: Vec<String> =
        amounts.iter().map(|(code, amount)| format!("{code} {}", bill.currency.format(*amount))).collect();
    words.join(", ")
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let table = include_str!("unmeasured.txt").lines().skip_while(|line| !line.starts_with("---")).skip(1);
    table.filter(|line| line.contains('|')).map(|line| line.split('|').map(str::trim).collect())
}

/// Every row of unmeasured.txt is what is billed; a bill that lacks something says so, and no other does.
#[test]
fn what_is_known_is_billed() {
    let mut wrong = Vec::new();
    for row in rows() {
        let [ride, store, expected @ ..] = &row[..] else { panic!("{row:?}") };
        let record = bill(&ride.split(", ").collect::<Vec<_>>(), store);
        let reasons: Vec<&str> = record.reasons.iter().map(|reason| reason.word()).collect();
        assert_eq!(
            (record.degraded, record.provisional),
            (!reasons.is_empty(), !reasons.is_empty()),
            "{ride}, {store}"
        );
        let actual = [
            record.basis.word().to_owned(),
            reasons.join(" "),
            record.distance_m.to_string(),
            lines(&record.passenger),
            lines(&record.driver),
        ];
        if actual[..] != *expected {
            wrong.push(format!(
                "{ride}, {store}\n  is       {}\n  expected {}",
                actual.join(" | "),
                expected.join(" | ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the city decided is a fact of the ride: facts and cards alone give the same bills again.
#[test]
fn bills_are_priced_again_from_their_facts() {
    let cards = cards().map(|(name, card)| (name, NativeCard::parse(&card.to_string()).unwrap()));
    let card = |product: &str, side: &str| {
        let name = format!("{product}.{side}.json");
        &cards.iter().find(|(known, _)| *known == name).unwrap().1
    };
    for row in rows() {
        let [ride, store, ..] = row[..] else { panic!("{row:?}") };
        let record = bill(&ride.split(", ").collect::<Vec<_>>(), store);
        let trip = record.facts.trip.trip(record.passenger.currency).unwrap();
        let product = &record.product;
        assert_eq!(card(product, "passenger").price(&trip, None).unwrap(), record.passenger, "{ride}, {store}");
        assert_eq!(
            card(product, "driver").price(&of_the_driver(trip), None).unwrap(),
            record.driver,
            "{ride}, {store}"
        );
    }
}

/// A document of the city that cannot be used does not keep a ride from being billed: it is charged as by default.
#[test]
fn a_broken_city_is_billed_as_by_default() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), true);
    fs::write(folder.path().join("cities/ride.json"), "{").unwrap();
    let billing = Billing::new(World::with_config(folder.path().to_owned()));
    let context = now(Context::new(&billing, "")).unwrap();
    let billed = now(bills::create(&context, "t", &request(&["auto"]))).unwrap();
    let record = BillRecord::read(&billed.document).unwrap();
    assert_eq!(lines(&record.passenger), "start 30.00, mileage 41.48, duration 21.00");
}
