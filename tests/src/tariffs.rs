//! Tariff tables: plain text that a non-programmer can read and extend.
//!
//! A file names a title and a card, then lists rides, one a row: `start | km | min | with | lines | total`. `start` is
//! local time on the card. `with` lists what else there is, comma by comma: `dynamic 1.2`, `tolls 10.00`,
//! `coupon 5.00`, `coupon 20% max 6.00`, `coupon 20.00 from 48.00`, `mocked`, `mocked measured-only`, or
//! `metered 12:00:00 300 s 999 m` for each metered segment, with the day before the time when it is not that of the start. `total` may go on with
//! discounts, `48.00 - 5.00 = 43.00`, or with what was published where the card comes to something else:
//! `8.00, published 7.80`. Anything without a bar is prose, but for lines that begin with
//!
//! - `place: Times Square 40.7580 -73.9855`: rides may go `from Times Square` and `to` it;
//! - `change: /items/2/branches/0/rate "0.25"`: the card, but for that figure. Another reading of the same tariff.
//!
//! Cards are those of the configuration, by their place there, and those of `tests/cases/cards`, which do not ship:
//! `case/calgary.passenger`.

use farebox_fare::{Basis, Bill, Coupon, CouponValue, Funding, MockCharges, Outcome, Point, Segment, Trip};
use farebox_kit::artifacts;
use farebox_money::{Currency, Decimal};
use farebox_pricing::RateCard;
use jiff::civil::{DateTime, Time};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A table.
pub struct Tariff {
    /// The file's name without its ending.
    pub name: String,
    /// The card's place in the configuration, "110000/express.passenger", or among the cases, "case/calgary.passenger".
    pub card_name: String,
    /// The card's document; with the table's changes, if it has any.
    pub document: String,
    /// The card.
    pub card: RateCard,
    /// The rides.
    pub rides: Vec<ExpectedRide>,
}

/// A row of a table.
pub struct ExpectedRide {
    /// File and line, for messages.
    pub place: String,
    /// The ride.
    pub trip: Trip,
    /// The lines and totals it should come to, in the table's words.
    pub expected: (String, String),
}

/// All tables, by name.
///
/// # Panics
///
/// When one cannot be read.
pub fn all() -> Vec<Tariff> {
    let directory = artifacts::repository().join("tests/cases/tariffs");
    let entries = std::fs::read_dir(&directory).expect("tests/cases/tariffs is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable directory").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no tables in {}", directory.display());
    paths.iter().map(read).collect()
}

/// A bill in the table's words.
pub fn describe(bill: &Bill) -> (String, String) {
    let amount = |minor| bill.currency.format(minor);
    let lines: Vec<_> = bill.lines.iter().map(|line| format!("{} {}", line.code, amount(line.amount))).collect();
    let mut total = amount(bill.total);
    if !bill.discounts.is_empty() {
        for discount in &bill.discounts {
            total += &format!(" - {}", amount(-discount.amount));
        }
        total += &format!(" = {}", amount(bill.payable));
    }
    (lines.join(", "), total)
}

fn read(path: &PathBuf) -> Tariff {
    let name = path.file_stem().and_then(|name| name.to_str()).expect("a UTF-8 file name").to_owned();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let card_name =
        text.lines().find_map(|line| line.strip_prefix("card: ")).unwrap_or_else(|| panic!("{name}: no card")).trim();
    let changes = text.lines().filter_map(|line| line.strip_prefix("change: "));
    let document = changes.fold(card_text(card_name), |document, change| changed(&document, change));
    let places = text.lines().filter_map(|line| line.strip_prefix("place: ")).map(place).collect();
    let card = RateCard::parse(&document).unwrap_or_else(|problems| panic!("{card_name}: {problems:?}"));
    let rows = text.lines().enumerate().filter(|(_, line)| line.contains('|') && !line.starts_with("start "));
    let rides: Vec<_> =
        rows.map(|(index, row)| ride(&card, &places, row, format!("{name}.txt:{}", index + 1))).collect();
    assert!(!rides.is_empty(), "{name}: no rides");
    Tariff { name, card_name: card_name.to_owned(), document, card, rides }
}

/// A card of the configuration, or of the cases.
fn card_text(name: &str) -> String {
    let Some(case) = name.strip_prefix("case/") else { return artifacts::card(name) };
    let path = artifacts::repository().join("tests/cases/cards").join(format!("{case}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A card with one figure changed: `/items/2/branches/0/rate "0.25"`.
fn changed(document: &str, change: &str) -> String {
    let mut document: Value = serde_json::from_str(document).expect("a card is JSON");
    let (pointer, value) = change.split_once(' ').unwrap_or_else(|| panic!("{change}: a pointer and a value"));
    let (parent, field) = pointer.rsplit_once('/').unwrap_or_else(|| panic!("{change}: not a pointer"));
    let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
    let value = serde_json::from_str(value).unwrap_or_else(|error| panic!("{change}: {error}"));
    parent.unwrap_or_else(|| panic!("{change}: nothing there")).insert(field.to_owned(), value);
    document.to_string()
}

/// "Times Square 40.7580 -73.9855".
fn place(text: &str) -> (String, Point) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [name @ .., latitude, longitude] = &words[..] else { panic!("{text}: a name and two coordinates") };
    (name.join(" "), point(latitude, longitude))
}

fn ride(card: &RateCard, places: &BTreeMap<String, Point>, row: &str, place: String) -> ExpectedRide {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let [start, km, minutes, with, lines, total] = cells[..] else { panic!("{place}: a row has six cells") };
    let currency = card.info().currency;
    let total = match total.split_once(", published ") {
        Some((ours, published)) => {
            let differ = money(currency, ours) != money(currency, published);
            assert!(differ, "{place}: comes to what was published, so there is no need to say that");
            ours
        }
        None => total,
    };
    let civil: DateTime = start.parse().unwrap_or_else(|error| panic!("{place}: {start}: {error}"));
    let moment = |civil: DateTime| {
        let zoned = civil.in_tz(&card.info().time_zone).unwrap_or_else(|error| panic!("{place}: {error}"));
        zoned.timestamp().as_second()
    };
    let started_at = moment(civil);
    let mut trip = Trip {
        started_at,
        ended_at: started_at,
        distance_m: whole(km, 1000, &place),
        duration_s: whole(minutes, 60, &place),
        ..Trip::default()
    };
    for clause in with.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
        let words: Vec<&str> = clause.split_whitespace().collect();
        match words[..] {
            ["mocked"] => trip.basis = Basis::Mocked,
            ["mocked", "measured-only"] => {
                trip.basis = Basis::Mocked;
                trip.mock_charges = MockCharges::MeasuredOnly;
            }
            ["dynamic", factor] => trip.dynamic_factor = Some(factor.parse().expect("a factor")),
            ["tolls", amount] => trip.tolls = money(currency, amount),
            ["parking", amount] => trip.parking = money(currency, amount),
            ["highway", amount] => trip.highway = money(currency, amount),
            ["one_price", amount] => trip.order.one_price = Some(money(currency, amount)),
            ["tier", tier] => trip.order.tier = Some(tier.to_owned()),
            ["scene", scene] => trip.order.kind = Some(scene.to_owned()),
            ["product", product] => trip.order.product = Some(product.to_owned()),
            ["passengers", count] => trip.order.passengers = count.parse().expect("a number of people"),
            ["booked", minutes, "min"] => trip.order.booked_ahead_s = whole(minutes, 60, &place),
            ["waiting", minutes, "min"] => trip.waiting_s = whole(minutes, 60, &place),
            ["cancelled"] => trip.order.outcome = Outcome::Cancelled,
            ["from", ref name @ ..] => trip.origin = Some(named(places, name, &place)),
            ["to", ref name @ ..] => trip.destination = Some(named(places, name, &place)),
            ["coupon", value, ref limits @ ..] => trip.coupons.push(coupon(currency, value, limits, &place)),
            ["metered", ref day @ .., time, seconds, "s", metres, "m"] => {
                trip.basis = Basis::Metered;
                let time: Time = time.parse().unwrap_or_else(|error| panic!("{place}: {time}: {error}"));
                let day = day.first().map_or(civil.date(), |day| day.parse().expect("a day"));
                trip.segments.push(Segment {
                    sequence: u64::try_from(trip.segments.len()).expect("few segments"),
                    started_at: moment(day.to_datetime(time)),
                    distance_m: metres.parse().expect("metres"),
                    duration_s: seconds.parse().expect("seconds"),
                });
            }
            _ => panic!("{place}: \"{clause}\" is not understood"),
        }
    }
    if let Some(last) = trip.segments.last() {
        trip.ended_at = last.started_at + i64::try_from(last.duration_s).expect("a duration");
        trip.distance_m = trip.segments.iter().map(|segment| segment.distance_m).sum();
        trip.duration_s = trip.segments.iter().map(|segment| segment.duration_s).sum();
    }
    if trip.segments.is_empty() {
        trip.ended_at += i64::try_from(trip.duration_s).expect("a duration");
    }
    ExpectedRide { place, trip, expected: (lines.to_owned(), total.to_owned()) }
}

fn coupon(currency: Currency, value: &str, limits: &[&str], place: &str) -> Coupon {
    let value = match value.strip_suffix('%') {
        Some(percent) => CouponValue::Percent(percent.parse().expect("a percentage")),
        None => CouponValue::Amount(money(currency, value)),
    };
    let mut coupon = Coupon {
        id: "c".to_owned(),
        value,
        min_spend: 0,
        max_off: None,
        scope: Vec::new(),
        funding: Funding::default(),
    };
    match limits {
        [] => {}
        ["max", amount] => coupon.max_off = Some(money(currency, amount)),
        ["from", amount] => coupon.min_spend = money(currency, amount),
        ["of", code] => coupon.scope.push((*code).to_owned()),
        _ => panic!("{place}: {limits:?} is not understood"),
    }
    coupon
}

/// A place by the name the table gives it.
fn named(places: &BTreeMap<String, Point>, name: &[&str], place: &str) -> Point {
    let name = name.join(" ");
    *places.get(&name).unwrap_or_else(|| panic!("{place}: \"{name}\" is not a place of the table"))
}

/// Degrees, in the millionths that points are in.
fn point(latitude: &str, longitude: &str) -> Point {
    let millionths = |text: &str| Point::millionths(text).expect("degrees");
    Point { latitude: millionths(latitude), longitude: millionths(longitude) }
}

fn money(currency: Currency, text: &str) -> i64 {
    currency.parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// "4.1" at 1000 is 4100. An empty cell is 0.
fn whole(text: &str, unit: u32, place: &str) -> u64 {
    if text.is_empty() {
        return 0;
    }
    let number: Decimal = text.parse().unwrap_or_else(|error| panic!("{place}: {text}: {error}"));
    let whole = number * Decimal::from(unit);
    assert!(whole.is_integer(), "{place}: {text} is not a whole number of metres or seconds");
    u64::try_from(whole).expect("not negative")
}
