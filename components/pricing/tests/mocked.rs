//! What a ride is charged of which only the two ends are known, item by item.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use farebox_fare::{Basis, MockCharges, Order, Outcome, Segment, Trip};
use farebox_pricing::RateCard;
use serde_json::{Value, json};

/// One item of every kind, each of a different amount on [`ride`].
const ITEMS: &[(&str, &str)] = &[
    ("flat", r#"{"amount": "10"}"#),
    ("distance", r#"{"rate": "2"}"#),
    ("time", r#"{"rate": "0.50"}"#),
    ("long_distance", r#"{"included_m": 3000, "rate": "1"}"#),
    ("taximeter", r#"{"below_kmh": "12", "unit_m": "500", "unit_s": 60, "rate": "0.25"}"#),
    ("slow", r#"{"below_kmh": "40", "rate": "0.10"}"#),
    ("waiting", r#"{"rate": "0.30"}"#),
    ("passengers", r#"{"tiers": [{"over": 1, "rate": "4"}]}"#),
    ("percentage", r#"{"of": ["flat"], "percent": "20"}"#),
    ("dynamic", r#"{"of": ["flat"]}"#),
    ("pass_through", r#"{"fact": "tolls"}"#),
    ("minimum", r#"{"of": ["flat"], "amount": "12"}"#),
    ("maximum", r#"{"of": ["flat"], "amount": "9"}"#),
    ("round", r#"{"of": ["waiting"], "to": "1", "mode": "up"}"#),
    ("one_price", "{}"),
    ("tax", r#"{"of": ["flat"], "percent": "10", "mode": "exclusive"}"#),
];

/// A card with one item of each kind; `says` is what an item says of mocked rides.
fn card(says: Option<bool>) -> RateCard {
    let item = |(kind, figures): &(&str, &str)| {
        let figures: Value = serde_json::from_str(figures).unwrap();
        let mut item = json!({ "code": kind, "kind": kind, "branches": [figures] });
        if let Some(says) = says {
            item["when_mocked"] = says.into();
        }
        item
    };
    let card = json!({
        "format": "farebox-rate-card/1", "title": "mocked", "city": "test", "product": "test", "side": "passenger",
        "currency": "CNY", "time_zone": "Asia/Shanghai", "items": ITEMS.iter().map(item).collect::<Vec<_>>(),
    });
    RateCard::parse(&card.to_string()).unwrap()
}

/// 6 km in 10 minutes, with everything that a caller can say.
fn ride(basis: Basis) -> Trip {
    Trip {
        basis,
        distance_m: 6000,
        duration_s: 600,
        waiting_s: 180,
        tolls: 700,
        dynamic_factor: Some("1.5".parse().unwrap()),
        order: Order { passengers: 2, one_price: Some(5000), ..Order::default() },
        ..Trip::default()
    }
}

fn lines(card: &RateCard, trip: &Trip) -> Vec<(String, String)> {
    let bill = card.price(trip, None).unwrap();
    bill.lines.into_iter().map(|line| (line.code, bill.currency.format(line.amount))).collect()
}

/// What is not measured is no guess: a mocked ride is charged every kind of fee as any ride is, unless the item says
/// otherwise; where it is charged what is measured only, fees on distance and time are, and what items ask for.
#[test]
fn every_kind_is_charged() {
    // kind          | on any bill | measured only
    let table = "
        flat          |       10.00 |
        distance      |       12.00 | charged
        time          |        5.00 | charged
        long_distance |        3.00 |
        taximeter     |        3.00 | charged
        slow          |        1.00 |
        waiting       |        0.90 |
        passengers    |        4.00 |
        percentage    |        2.00 |
        dynamic       |        5.00 |
        pass_through  |        7.00 |
        minimum       |        2.00 |
        maximum       |       -1.00 |
        round         |        0.10 |
        one_price     |       50.00 |
        tax           |        1.00 |";
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|row| row.split('|').map(str::trim).collect())
        .filter(|row: &Vec<&str>| row.len() > 1)
        .collect();
    assert_eq!(rows.len(), ITEMS.len());
    let all: Vec<(String, String)> = rows.iter().map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    let measured: Vec<(String, String)> =
        rows.iter().filter(|row| row[2] == "charged").map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    let only = |basis| Trip { mock_charges: MockCharges::MeasuredOnly, ..ride(basis) };
    for (says, trip, expected) in [
        (None, ride(Basis::Estimated), &all),
        (None, ride(Basis::Mocked), &all),
        (Some(true), ride(Basis::Mocked), &all),
        (Some(false), ride(Basis::Mocked), &Vec::new()),
        (None, only(Basis::Mocked), &measured),
        (Some(true), only(Basis::Mocked), &all),
        (Some(false), only(Basis::Mocked), &Vec::new()),
        // What it says of mocked rides is for those alone.
        (None, only(Basis::Metered), &all),
        (Some(false), ride(Basis::Metered), &all),
    ] {
        assert_eq!(
            lines(&card(says), &trip),
            *expected,
            "when_mocked {says:?}, {:?}, {:?}",
            trip.basis,
            trip.mock_charges
        );
    }
}

/// What an item replaces is not charged on a mocked ride either; what is left out of it replaces nothing.
#[test]
fn what_is_left_out_replaces_nothing() {
    let card = |says: Value| {
        let mut agreed = json!({ "code": "agreed", "kind": "one_price", "replaces": ["mileage"], "branches": [{}] });
        if !says.is_null() {
            agreed["when_mocked"] = says;
        }
        let card = json!({
            "format": "farebox-rate-card/1", "title": "mocked", "city": "test", "product": "test", "side": "passenger",
            "currency": "CNY", "time_zone": "Asia/Shanghai",
            "items": [{ "code": "mileage", "kind": "distance", "branches": [{ "rate": "2" }] }, agreed],
        });
        RateCard::parse(&card.to_string()).unwrap()
    };
    let line = |code: &str, amount: &str| vec![(code.to_owned(), amount.to_owned())];
    assert_eq!(lines(&card(Value::Null), &ride(Basis::Mocked)), line("agreed", "50.00"));
    assert_eq!(lines(&card(false.into()), &ride(Basis::Mocked)), line("mileage", "12.00"));
}

/// A ride that was called off before it began is charged what the card says, whether nothing was measured or an empty
/// piece was: the fee, the waiting, the tolls.
#[test]
fn a_cancelled_ride_needs_no_measurements() {
    let when = || json!({ "outcome": ["cancelled"] });
    let card = json!({
        "format": "farebox-rate-card/1", "title": "mocked", "city": "test", "product": "test", "side": "passenger",
        "currency": "INR", "time_zone": "Asia/Kolkata",
        "items": [
            { "code": "start", "kind": "flat", "branches": [{ "amount": "30" }] },
            { "code": "cancellation", "kind": "flat", "branches": [{ "when": when(), "amount": "50" }] },
            { "code": "tolls", "kind": "pass_through", "branches": [{ "fact": "tolls" }, { "when": when(), "fact": "tolls" }] },
        ],
    });
    let card = RateCard::parse(&card.to_string()).unwrap();
    let order = Order { outcome: Outcome::Cancelled, ..Order::default() };
    let nothing = Trip { order, tolls: 2000, ..Trip::default() };
    let empty = Segment { sequence: 1, started_at: 0, distance_m: 0, duration_s: 0 };
    let expected = vec![("cancellation".to_owned(), "50.00".to_owned()), ("tolls".to_owned(), "20.00".to_owned())];
    for (basis, segments) in
        [(Basis::Estimated, vec![]), (Basis::Metered, vec![]), (Basis::Metered, vec![empty]), (Basis::Mocked, vec![])]
    {
        let trip = Trip { basis, segments, ..nothing.clone() };
        assert_eq!(lines(&card, &trip), expected, "{basis:?}");
    }
}
