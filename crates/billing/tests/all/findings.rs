//! What is billed when measurements contradict themselves, or are not all there: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::engines::RateCard as _;
use farebox_billing::meter::Metered;
use farebox_billing::pricing::of_the_driver;
use farebox_billing::refusal::Refusal;
use farebox_billing::{Billing, Context, bills, estimates, meter};
use farebox_fare::{Bill, Degradation};
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::memory::{World, now};
use farebox_kit::native::NativeCard;
use farebox_records::{BillRecord, Finding};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::rc::Rc;

fn card(product: &str, side: &str, items: Value) -> Value {
    json!({
        "format": "farebox-rate-card/1", "title": product, "city": "ride", "product": product, "side": side,
        "currency": "INR", "time_zone": "Asia/Kolkata", "items": items,
    })
}

/// The cards that the head of the table describes.
fn cards() -> [(&'static str, Value); 4] {
    let flat = |amount: &str| json!({ "code": "start", "kind": "flat", "branches": [{ "amount": amount }] });
    let per_km = |included_m: u64, rate: &str| json!({ "code": "mileage", "kind": "distance", "branches": [{ "included_m": included_m, "rate": rate }] });
    let per_minute = json!({ "code": "duration", "kind": "time", "branches": [{ "rate": "1" }] });
    let agreed =
        |replaces: Value| json!({ "code": "agreed", "kind": "one_price", "replaces": replaces, "branches": [{}] });
    let passenger = json!([flat("30"), per_km(1500, "15"), per_minute]);
    let driver = json!([flat("20"), per_km(0, "10")]);
    let with = |items: &Value, item: Value| {
        let mut items = items.as_array().unwrap().clone();
        items.push(item);
        Value::Array(items)
    };
    let agreed_passenger = with(&passenger, agreed(json!(["start", "mileage", "duration"])));
    let agreed_driver = with(&driver, agreed(json!(["start", "mileage"])));
    [
        ("meter.passenger.json", card("meter", "passenger", passenger)),
        ("meter.driver.json", card("meter", "driver", driver)),
        ("agreed.passenger.json", card("agreed", "passenger", agreed_passenger)),
        ("agreed.driver.json", card("agreed", "driver", agreed_driver)),
    ]
}

fn configure(folder: &Path, city: &str) {
    copy_configuration(folder);
    fs::create_dir_all(folder.join("cards/ride")).unwrap();
    for (name, card) in cards() {
        fs::write(folder.join("cards/ride").join(name), card.to_string()).unwrap();
    }
    let says = match city {
        "says nothing" => return,
        "accepts" => json!({ "findings": { "outside": "accept" } }),
        "drops" => json!({ "findings": {
            "outside": "drop", "overlap": "drop", "too_fast": "drop", "unexpected": "drop",
        } }),
        "unnumbered" => json!({ "findings": { "missing": "accept" } }),
        "incomplete" => json!({ "findings": {
            "outside": "incomplete", "overlap": "incomplete", "gap": "incomplete", "too_fast": "incomplete",
        } }),
        "small" => json!({ "limits": { "distance_m": 5000, "duration_s": 600 } }),
        other => panic!("{other:?}"),
    };
    let mut document = json!({ "format": "farebox-city/1", "city": "ride" });
    document.as_object_mut().unwrap().extend(says.as_object().unwrap().clone());
    fs::create_dir_all(folder.join("cities")).unwrap();
    fs::write(folder.join("cities/ride.json"), document.to_string()).unwrap();
}

fn moment(clock: &str) -> String {
    format!("2026-11-21T{clock}:00+05:30")
}

/// The segments of a row: "10:00 600 s 4000 m", with a number before it or without.
fn segments(text: &str) -> Vec<Value> {
    let segment = |(index, text): (usize, &str)| {
        let words: Vec<&str> = text.split(' ').collect();
        let (seq, words) = match words[..] {
            [number, ref rest @ ..] if rest.len() == 5 => (number.parse().unwrap(), rest.to_vec()),
            _ => (index + 1, words),
        };
        let number = |word: &str| word.parse::<u64>().unwrap();
        json!({
            "seq": seq, "started_at": moment(words[0]), "duration_s": number(words[1]), "distance_m": number(words[3]),
        })
    };
    text.split(", ").filter(|text| !text.is_empty()).enumerate().map(segment).collect()
}

/// The request of a row: where and when, and what its first column says.
fn request(ride: &str, time: &str) -> Value {
    let words: Vec<&str> = ride.split(", ").collect();
    let (from, to) = time.split_once('-').unwrap();
    let mut request = json!({
        "city": "ride", "product": words[0], "started_at": moment(from), "ended_at": moment(to),
        "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.9, "lng": 116.45},
    });
    for word in &words[1..] {
        match word.split_once(' ') {
            None if *word == "cancelled" => request["outcome"] = json!(word),
            None if *word == "far" => request["destination"] = json!({"lat": 39.9, "lng": 16.4}),
            Some(("waiting", seconds)) => request["waiting_s"] = json!(seconds.parse::<u64>().unwrap()),
            Some(("agreed", amount)) => request["one_price"] = json!(amount),
            Some(("last", number)) => request["last_seq"] = json!(number.parse::<u64>().unwrap()),
            _ => panic!("{word:?}"),
        }
    }
    request
}

/// The bill of a row, and the world that it was made in.
fn bill(row: &[&str]) -> (World, BillRecord) {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), row[3]);
    let world = World::with_config(folder.path().to_owned());
    let billing = Billing::new(world.clone());
    let context = now(Context::new(&billing, "")).unwrap();
    let segments = segments(row[2]);
    if !segments.is_empty() {
        now(meter::add_segments(&context, "t", &json!({"city": "ride", "segments": segments}))).unwrap();
    }
    let billed = now(bills::create(&context, "t", &request(row[0], row[1]))).unwrap();
    (world, BillRecord::read(&billed.document).unwrap())
}

fn lines(bill: &Bill) -> String {
    let line = |line: &farebox_fare::Line| format!("{} {}", line.code, bill.currency.format(line.amount));
    bill.lines.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn words(finding: &Finding) -> String {
    let numbers: Vec<String> = finding.segments.iter().map(u64::to_string).collect();
    let numbers = if numbers.is_empty() { String::new() } else { format!(" [{}]", numbers.join(" ")) };
    let figure = finding.figure.map(|figure| format!(" {figure}")).unwrap_or_default();
    let uncovered = finding.uncovered_s.map(|seconds| format!(", nothing for {seconds} s")).unwrap_or_default();
    format!("{}{figure}{numbers} {}{uncovered}", finding.finding.word(), finding.response.word())
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let table = include_str!("findings.txt").lines().skip_while(|line| !line.starts_with("---")).skip(1);
    table.filter(|line| line.contains('|')).map(|line| line.split('|').map(str::trim).collect())
}

/// Every row of findings.txt is what is billed, and says what was found; one that is incomplete is due, and pays no top-up.
#[test]
fn what_contradicts_is_said() {
    let mut wrong = Vec::new();
    for row in rows() {
        let (world, record) = bill(&row);
        let settlement = record.settlement.as_ref().unwrap();
        let actual = [
            record.basis.word().to_owned(),
            record.reasons.iter().map(|reason| reason.word()).collect::<Vec<_>>().join(" "),
            record.findings.iter().map(words).collect::<Vec<_>>().join(", "),
            record.distance_m.to_string(),
            record.duration_s.to_string(),
            lines(&record.passenger),
            match (record.owed(), settlement.top_up) {
                (Some(_), _) => "paid",
                (None, 0) => "none",
                (None, _) => "waits",
            }
            .to_owned(),
        ];
        if actual[..] != row[4..] {
            wrong.push(format!(
                "{}\n  is       {}\n  expected {}",
                row[..4].join(" | "),
                actual.join(" | "),
                row[4..].join(" | ")
            ));
        }
        let due = world.0.due.borrow().get("t").and_then(|due| due.reason);
        let is_due = record.provisional.then(|| record.reasons[0]);
        assert_eq!(due, is_due, "{row:?}");
        let posted = world.0.bills.borrow()["t"][0].top_up.is_some();
        assert_eq!(posted, record.owed().is_some(), "{row:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is left of the segments is what the bill says that it was made from: it is priced again from that alone.
#[test]
fn bills_are_priced_again_from_what_is_left() {
    let cards = cards().map(|(name, card)| (name, NativeCard::parse(&card.to_string()).unwrap()));
    for row in rows() {
        let (_, record) = bill(&row);
        let trip = record.facts.trip.trip(record.passenger.currency).unwrap();
        let card = |side: &str| {
            let name = format!("{}.{side}.json", record.product);
            &cards.iter().find(|(known, _)| *known == name).unwrap().1
        };
        assert_eq!(card("passenger").price(&trip, None).unwrap(), record.passenger, "{row:?}");
        assert_eq!(card("driver").price(&of_the_driver(trip), None).unwrap(), record.driver, "{row:?}");
    }
}

/// Segments that come after the bill are not on it: the answer says so, and the trip is due.
#[test]
fn late_segments_are_said() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "accepts");
    let world = World::with_config(folder.path().to_owned());
    let billing = Billing::new(world.clone());
    let context = now(Context::new(&billing, "")).unwrap();
    let post = |text: &str| match now(meter::add_segments(
        &context,
        "t",
        &json!({"city": "ride", "segments": segments(text)}),
    ))
    .unwrap()
    {
        Metered::Shared(totals) => totals,
        Metered::Here(kept) => panic!("{kept:?}"),
    };
    assert_eq!(post("10:00 600 s 4000 m").billed, None);
    let bill = || now(bills::create(&context, "t", &request("meter", "10:00-10:10"))).unwrap();
    let first = bill();
    assert_eq!(post("10:00 600 s 4000 m").billed, Some(1));
    assert!(world.0.due.borrow().is_empty(), "it is there already, and on the bill");
    assert_eq!(post("10:00 600 s 4000 m, 10:10 60 s 500 m").billed, Some(1));
    assert_eq!(world.0.due.borrow()["t"].reason, Some(Degradation::LateSegments));
    assert_eq!((bill().new, bill().document), (false, first.document));
}

/// Nobody is told that a price is agreed that will not be charged: an estimate is refused that could not keep to it.
#[test]
fn an_agreed_price_is_charged_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), "accepts");
    let billing = Billing::new(World::with_config(folder.path().to_owned()));
    let context = Rc::new(now(Context::new(&billing, "")).unwrap());
    let estimate = |products: &[&str], one_price: Option<&str>| -> Result<Value, Refusal> {
        let mut request = json!({
            "city": "ride", "products": products, "distance_m": 4000, "duration_s": 600, "depart_at": moment("10:00"),
            "origin": {"lat": 39.9, "lng": 116.4}, "destination": {"lat": 39.9, "lng": 116.45},
        });
        if let Some(price) = one_price {
            request["one_price"] = price.into();
        }
        now(estimates::create(&context, &request))
            .map(|answer| serde_json::to_value(&answer).unwrap()["estimates"].clone())
    };
    let totals =
        |answer: Value| answer.as_array().unwrap().iter().map(|price| price["total"].clone()).collect::<Vec<_>>();
    assert_eq!(totals(estimate(&["meter", "agreed"], None).unwrap()), ["77.50", "77.50"]);
    assert_eq!(totals(estimate(&["agreed"], Some("200.00")).unwrap()), ["200.00"]);
    // Even when it is what the ride costs anyway.
    for price in ["200.00", "77.50"] {
        let refusal = estimate(&["agreed", "meter"], Some(price)).unwrap_err();
        let [problem] = &refusal.problems[..] else { panic!("{refusal:?}") };
        assert_eq!((&*problem.pointer, &*problem.code), ("/one_price", "unused"));
        assert!(
            problem.message.starts_with("meter of ride charges no agreed price: no item of kind one_price"),
            "{problem}"
        );
    }
}
