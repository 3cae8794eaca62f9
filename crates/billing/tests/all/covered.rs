//! What is billed of a ride that was quoted: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::engines::RateCard as _;
use farebox_billing::pricing::of_the_driver;
use farebox_billing::{Billing, Context, bills, estimates, meter};
use farebox_fare::{Bill, Facts, Trip, time};
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::memory::{World, now};
use farebox_kit::native::NativeCard;
use farebox_records::BillRecord;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use tempfile::TempDir;

/// 2026-11-21, 08:00 in India.
const START: i64 = 1_795_228_200;

fn card(city: &str, product: &str, side: &str, items: &Value) -> Value {
    json!({
        "format": "farebox-rate-card/1", "title": product, "city": city, "product": product, "side": side,
        "currency": "INR", "time_zone": "Asia/Kolkata", "items": items, "growth": { "percent": "20" },
    })
}

fn flat(code: &str, amount: &str) -> Value {
    json!({ "code": code, "kind": "flat", "branches": [{ "amount": amount }] })
}

/// Who orders like this pays so much more, whether the ride takes place or not.
fn extra(code: &str, fact: &str, word: &str, amount: &str) -> Value {
    let branch = |outcome: &str| json!({ "when": { fact: [word], "outcome": [outcome] }, "amount": amount });
    let branches = json!([branch("completed"), branch("cancelled")]);
    json!({ "code": code, "kind": "flat", "required": false, "branches": branches })
}

fn per_km(included_m: u64, rate: &str) -> Value {
    json!({ "code": "mileage", "kind": "distance", "branches": [{ "included_m": included_m, "rate": rate }] })
}

/// The cards that the head of the table describes; the start prices are those of the quote, or of the day.
fn configure(folder: &Path, starts: [&str; 2]) {
    copy_configuration(folder);
    let cab = [
        flat("start", starts[0]),
        per_km(1500, "15"),
        json!({ "code": "duration", "kind": "time", "branches": [{ "rate": "1" }] }),
    ];
    let van = [
        json!({ "code": "seats", "kind": "passengers", "branches": [{ "tiers": [{ "over": 1, "rate": "50" }] }] }),
        extra("airport", "scene", "airport", "40"),
        extra("gold", "tier", "gold", "25"),
        json!({ "code": "agreed", "kind": "one_price", "replaces": ["start", "mileage", "duration"], "branches": [{}] }),
    ];
    let van = json!([cab.as_slice(), van.as_slice()].concat());
    let driver = json!([flat("start", starts[1]), per_km(0, "10")]);
    for city in ["ride", "elsewhere"] {
        let cards = folder.join("cards").join(city);
        fs::create_dir_all(&cards).unwrap();
        for (product, passenger) in [("cab", &json!(cab)), ("van", &van)] {
            for (side, items) in [("passenger", passenger), ("driver", &driver)] {
                let card = card(city, product, side, items).to_string();
                fs::write(cards.join(format!("{product}.{side}.json")), card).unwrap();
            }
        }
    }
}

/// Puts what these words say into a request, an estimate's or a bill's.
#[expect(clippy::float_arithmetic, reason = "degrees, not money")]
fn say(request: &mut Value, words: &[&str]) {
    let north = |latitude: f64, metres: &str| latitude + metres.parse::<f64>().unwrap() * 8.993e-6;
    for word in words {
        let (field, value) = match word.split(' ').collect::<Vec<_>>()[..] {
            ["cab" | "van"] | [_, "km"] => continue,
            ["cancelled"] => ("outcome", json!(word)),
            ["passengers", count] => ("passengers", json!(count.parse::<u32>().unwrap())),
            ["scene", scene] => ("scene", json!(scene)),
            ["agreed", amount] => ("one_price", json!(amount)),
            ["tier", tier] => ("passenger", json!({"id": "p-1", "tier": tier})),
            ["coupon", amount] => {
                ("passenger", json!({"id": "p-1", "coupons": [{"id": "c-1", "kind": "amount", "value": amount}]}))
            }
            ["from", metres, "m", "north"] => ("origin", json!({"lat": north(12.9, metres), "lng": 77.6})),
            ["to", metres, "m", "north"] => ("destination", json!({"lat": north(12.97, metres), "lng": 77.6})),
            ["in", "a", "van"] => ("product", json!("van")),
            ["in", "another", "city"] => ("city", json!("elsewhere")),
            [seconds, "s", "later"] => {
                let later: i64 = seconds.parse().unwrap();
                request["ended_at"] = time::format(START + later + 3600).into();
                ("started_at", json!(time::format(START + later)))
            }
            _ => panic!("{word}"),
        };
        request[field] = value;
    }
}

/// A ride, from the estimate to its bill: what was billed, and all that was kept and told on the way.
struct Ride {
    record: BillRecord,
    world: World,
    _folders: [TempDir; 2],
}

/// Quotes a ride and bills it, on a host whose cards are those of a later day, and whose city says this.
fn ride(quoted: &str, ridden: &str, city: Option<&str>) -> Ride {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [before, after] = &folders;
    configure(before.path(), ["30", "20"]);
    configure(after.path(), ["130", "120"]);
    if let Some(rules) = city {
        fs::create_dir_all(after.path().join("cities")).unwrap();
        fs::write(after.path().join("cities/ride.json"), rules).unwrap();
    }

    let words: Vec<&str> = quoted.split(", ").collect();
    let mut request = json!({
        "city": "ride", "products": [words[0]], "distance_m": 8000, "duration_s": 1200,
        "origin": {"lat": 12.9, "lng": 77.6}, "destination": {"lat": 12.97, "lng": 77.6},
        "depart_at": time::format(START),
    });
    say(&mut request, &words);
    let world = World::with_config(before.path().to_owned());
    let context = Rc::new(now(Context::new(&Billing::new(world.clone()), "")).unwrap());
    let estimate_id = now(estimates::create(&context, &request)).unwrap().estimate_id;
    world.after_answers();
    let documents = world.0.documents.borrow().clone();

    let mut request = json!({
        "city": "ride", "product": words[0], "estimate_id": estimate_id,
        "started_at": time::format(START), "ended_at": time::format(START + 3600),
        "origin": {"lat": 12.9, "lng": 77.6}, "destination": {"lat": 12.97, "lng": 77.6},
    });
    let words: Vec<&str> = ridden.split(", ").collect();
    say(&mut request, &words);
    let (distance_m, duration_s) = if words[0] == "8 km" { (8000, 1200) } else { (40_000, 3600) };
    let world = World::with_config(after.path().to_owned());
    *world.0.documents.borrow_mut() = documents;
    let context = now(Context::new(&Billing::new(world.clone()), "")).unwrap();
    let segment = json!({
        "seq": 1, "started_at": request["started_at"], "distance_m": distance_m, "duration_s": duration_s,
    });
    now(meter::add_segments(&context, "t", &json!({"city": request["city"], "segments": [segment]}))).unwrap();
    let billed = now(bills::create(&context, "t", &request)).unwrap();
    Ride { record: BillRecord::read(&billed.document).unwrap(), world, _folders: folders }
}

impl Ride {
    /// A rate card that the bill names, as it is kept.
    fn card(&self, version: &str) -> NativeCard {
        NativeCard::parse(&self.world.0.documents.borrow()[version]).unwrap()
    }

    fn pinned(&self) -> String {
        let reason = self.record.pinned.reason.map(|reason| format!(" {}", reason.word()));
        format!("{}{}", self.record.pinned.rate_card.word(), reason.unwrap_or_default())
    }
}

/// Every row of covered.txt is what is billed. No difference is a lack; what is billed without the limits of its quote is told;
/// and facts and cards alone give the same bills again.
#[test]
fn a_quote_covers_a_ride() {
    let table = include_str!("covered.txt").lines().skip_while(|line| !line.starts_with("---")).skip(1);
    let mut wrong = Vec::new();
    for row in table.filter(|line| line.contains('|')) {
        let [quoted, ridden, expected @ ..] = &row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let ride = ride(quoted, ridden, None);
        let BillRecord { passenger, driver, versions, facts, .. } = &ride.record;
        let trip = |facts: &Facts| facts.trip(passenger.currency).unwrap();
        let (billed, from) = (trip(&facts.trip), facts.quoted.as_ref().map(trip));
        let (of_passenger, of_driver) = (ride.card(&versions.rate_card), ride.card(&versions.driver_rate_card));
        let amount = |bill: &Bill| bill.currency.format(bill.total);
        let growth_from = from.as_ref().map(|trip| amount(&of_passenger.price(trip, None).unwrap()));
        let to_pay = format!("{}, {} to pay", amount(passenger), passenger.currency.format(passenger.payable));
        let actual = [
            ride.pinned(),
            growth_from.unwrap_or_default(),
            if passenger.payable == passenger.total { amount(passenger) } else { to_pay },
            amount(driver),
        ];
        if actual[..] != *expected {
            wrong.push(format!("{row}\n  is {}", actual.join(" | ")));
        }

        assert!(!ride.record.degraded && !ride.record.provisional, "{row}");
        let told: &[&str] = if from.is_none() { &["not-billed-as-quoted"] } else { &[] };
        assert_eq!(*ride.world.0.events.borrow(), told, "{row}");
        assert_eq!(of_passenger.price(&billed, from.as_ref()).unwrap(), *passenger, "{row}");
        let without = |trip: &Trip| of_the_driver(trip.clone());
        assert_eq!(of_driver.price(&without(&billed), from.as_ref().map(without).as_ref()).unwrap(), *driver, "{row}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A city says by how much a ride may differ. What it says and cannot be read does not keep a ride from being billed.
#[test]
fn a_city_tolerates_more_or_less() {
    let check = |tolerances: &str, ridden: &str, expected: &str| {
        let rules = format!(r#"{{"format": "farebox-city/1", "city": "ride", "tolerances": {tolerances}}}"#);
        assert_eq!(ride("cab", ridden, Some(&rules)).pinned(), expected, "{tolerances}: {ridden}");
    };
    check(r#"{"destination_m": 30000}"#, "40 km, to 27000 m north", "quoted");
    check(r#"{"destination_m": 500}"#, "40 km, to 900 m north", "quoted destination-moved");
    check(r#"{"origin_m": 500}"#, "40 km, from 900 m north", "current origin-moved");
    check(r#"{"start_s": 7200}"#, "40 km, 7200 s later", "quoted");
    check(r#"{"start_s": 0}"#, "40 km, 1 s later", "current start-moved");
    check("{", "40 km, to 900 m north", "quoted");
    check("{", "40 km, to 27000 m north", "quoted destination-moved");
}

/// Whether an estimate is of another product or city is known without its quote: a store that is away makes no difference.
#[test]
fn another_product_needs_no_store_to_be_known() {
    let covered = ride("cab", "8 km", None);
    let Ride { world, record, .. } = &covered;
    world.0.failures.borrow_mut().insert("quote", farebox_kit::memory::Failure::Silent);
    let context = now(Context::new(&Billing::new(world.clone()), "")).unwrap();
    let pinned = |trip: &str, words: &[&str]| {
        let mut request = json!({
            "city": "ride", "product": "cab", "estimate_id": record.estimate_id, "metering": "none",
            "started_at": time::format(START), "ended_at": time::format(START + 3600),
            "origin": {"lat": 12.9, "lng": 77.6}, "destination": {"lat": 12.97, "lng": 77.6},
        });
        say(&mut request, words);
        let record = BillRecord::read(&now(bills::create(&context, trip, &request)).unwrap().document).unwrap();
        (record.pinned.reason.unwrap().word(), record.degraded)
    };
    assert_eq!(pinned("a", &[]), ("store-timeout", true));
    assert_eq!(pinned("b", &["in a van"]), ("product-not-quoted", false));
    assert_eq!(pinned("c", &["in another city"]), ("origin-moved", false));
}

/// A product that is not offered any more is billed with its quote. A ride that the quote does not cover has nothing to be billed
/// with, and its caller is told why.
#[test]
fn what_was_withdrawn_is_billed_only_as_quoted() {
    let before = ride("cab", "8 km", None);
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), ["130", "120"]);
    for side in ["passenger", "driver"] {
        fs::remove_file(folder.path().join(format!("cards/ride/cab.{side}.json"))).unwrap();
    }
    let world = World::with_config(folder.path().to_owned());
    *world.0.documents.borrow_mut() = before.world.0.documents.borrow().clone();
    let context = now(Context::new(&Billing::new(world), "")).unwrap();
    let bill = |trip: &str, words: &[&str]| {
        let mut request = json!({
            "city": "ride", "product": "cab", "estimate_id": before.record.estimate_id, "metering": "none",
            "started_at": time::format(START), "ended_at": time::format(START + 3600),
            "origin": {"lat": 12.9, "lng": 77.6}, "destination": {"lat": 12.97, "lng": 77.6},
        });
        say(&mut request, words);
        match now(bills::create(&context, trip, &request)) {
            Ok(billed) => BillRecord::read(&billed.document).unwrap().pinned.rate_card.word().to_owned(),
            Err(refusal) => refusal.problems[0].message.clone(),
        }
    };
    assert_eq!(bill("a", &[]), "quoted");
    assert_eq!(bill("b", &["to 27000 m north"]), "quoted");
    let refused =
        |why: &str| format!("ride does not offer cab any more, and {why}; bill another product, or offer it again");
    assert_eq!(bill("c", &["3601 s later"]), refused("its quote is of a ride at another time"));
    assert_eq!(bill("d", &["from 27000 m north"]), refused("its quote is of a ride that begins elsewhere"));
}
