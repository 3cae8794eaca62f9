#![allow(clippy::unwrap_used)]

use crate::RateCard;
use serde_json::{Value, json};

/// A card without a flaw.
fn good() -> Value {
    json!({
        "format": "farebox-rate-card/1", "title": "good", "city": "test", "product": "test", "side": "passenger",
        "currency": "CNY", "time_zone": "Asia/Shanghai",
        "items": [
            { "code": "start_price", "kind": "flat", "branches": [{ "amount": "10" }] },
            { "code": "mileage", "kind": "distance", "branches": [{ "rate": "2" }] },
            { "code": "duration", "kind": "time", "branches": [{ "rate": "0.50" }] },
            {
                "code": "night", "kind": "percentage",
                "branches": [{ "when": { "local_time": ["23:00-05:00"] }, "of": ["mileage"], "percent": "20" }],
            },
            { "code": "minimum", "kind": "minimum", "branches": [{ "amount": "15" }] },
        ],
    })
}

/// What is said of the good card when these places have these values: errors if there are any, otherwise warnings, each
/// as "pointer code". `null` takes a field out; an index at the end of a list adds to it.
fn check(changes: &[(&str, Value)], expected: &[&str]) {
    let problems = judge(changes);
    let found: Vec<String> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
    assert_eq!(found, expected, "{changes:?}: {problems:#?}");
    for problem in &problems {
        // One sentence for people, and nothing of how it was found out.
        let message = &problem.message;
        assert!(message.len() > 15 && !message.contains("::") && !message.ends_with('.'), "{problem}");
    }
}

fn judge(changes: &[(&str, Value)]) -> Vec<farebox_document::Problem> {
    let mut card = good();
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match card.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
            Value::Object(fields) if value.is_null() => drop(fields.remove(field)),
            Value::Object(fields) => drop(fields.insert(field.to_owned(), value.clone())),
            Value::Array(elements) => {
                elements.truncate(elements.len().max(field.parse().unwrap()));
                match elements.get_mut(field.parse::<usize>().unwrap()) {
                    Some(element) => *element = value.clone(),
                    None => elements.push(value.clone()),
                }
            }
            _ => panic!("{pointer}"),
        }
    }
    match RateCard::parse(&card.to_string()) {
        Ok(card) => card.warnings().to_vec(),
        Err(problems) => problems,
    }
}

const START: &str = "/items/0";
const START_BRANCHES: &str = "/items/0/branches";
const MILEAGE: &str = "/items/1/branches/0";

/// Sets one field of an item or a branch.
fn one(pointer: &str, field: &str, value: Value, expected: &[&str]) {
    check(&[(&format!("{pointer}/{field}"), value)], expected);
}

/// Branches of the start price, by their conditions.
fn branches(whens: &[Value], expected: &[&str]) {
    let branches: Vec<Value> = whens.iter().map(|when| json!({ "when": when, "amount": "10" })).collect();
    check(&[(START_BRANCHES, branches.into()), ("/items/0/required", true.into())], expected);
}

/// As [`branches`], on a card with two zones and a holiday.
fn branches_with(whens: &[Value], expected: &[&str]) {
    let branches: Vec<Value> = whens.iter().map(|when| json!({ "when": when, "amount": "10" })).collect();
    let zone = |name: &str| json!({ "name": name, "polygon": ["0,0", "0,1", "1,1"] });
    check(
        &[
            (START_BRANCHES, branches.into()),
            ("/items/0/required", true.into()),
            ("/zones", json!([zone("east"), zone("west")])),
            ("/holidays", json!(["2026-10-01"])),
        ],
        &[expected, if expected.is_empty() && !uses_both(whens) { &["/zones/1 unused-zone"] } else { &[] }].concat(),
    );
}

fn uses_both(whens: &[Value]) -> bool {
    json!(whens).to_string().contains("west")
}

#[test]
fn the_good_card_is_good() {
    check(&[], &[]);
}

/// What is wrong with the card itself.
#[test]
fn the_card() {
    assert_eq!(RateCard::parse("{").unwrap_err()[0].code, "invalid-json");
    assert_eq!(RateCard::parse("[]").unwrap_err()[0].code, "wrong-type");
    one("", "title", Value::Null, &["/title missing"]);
    one("", "weather", json!("rain"), &["/weather unknown-field"]);
    one("", "format", json!("farebox-rate-card/2"), &["/format unknown-format"]);
    one("", "city", json!("a:b"), &["/city invalid-token"]);
    one("", "product", json!(""), &["/product invalid-token"]);
    one("", "side", json!("platform"), &["/side unknown-choice"]);
    one("", "currency", json!("XAU"), &["/currency malformed"]);
    one("", "time_zone", json!("Asia/Peking"), &["/time_zone unknown-time-zone"]);
    one("", "rounding", json!("nearest"), &["/rounding unknown-choice"]);
    one("", "rounding", json!({ "to": "0.005" }), &["/rounding/to invalid-step"]);
    one("", "rounding", json!({ "to": "0" }), &["/rounding/to invalid-step"]);
    one(
        "",
        "holidays",
        json!(["2026-02-29", "1.10.2026", "2026-10-01"]),
        &["/holidays/0 invalid-date", "/holidays/1 invalid-date"],
    );
    one("", "holidays", json!(vec!["2026-10-01"; 1001]), &["/holidays wrong-length"]);
    one("", "growth", json!("20%"), &["/growth unknown-choice"]);
    one("", "growth", json!({ "fixed": "0.001" }), &["/growth/fixed too-precise"]);
    one("", "growth", json!({ "percent": "-1" }), &["/growth/percent out-of-range"]);
    one("", "coupons", json!({ "order": "best" }), &["/coupons/order unknown-choice"]);
    one("", "items", json!([]), &["/items wrong-length"]);
    one("", "items", json!(vec![json!({}); 101]), &["/items wrong-length"]);
    one("", "items", json!({}), &["/items wrong-type"]);
    // What is wrong with the head of the card does not hide what is wrong with the rest, or the other way round.
    check(
        &[
            ("/side", json!("both")),
            ("/currency", json!("ABC")),
            ("/monotone", json!("true")),
            ("/items/0/floor", json!(5)),
            ("/items/0/cap", json!(6)),
            ("/items/1/branches/0", json!({ "rate": 2, "per_m": "x", "weather": 1 })),
        ],
        &[
            "/side unknown-choice",
            "/currency malformed",
            "/monotone wrong-type",
            "/items/0/floor wrong-type",
            "/items/0/cap wrong-type",
            "/items/1/branches/0/weather unknown-field",
            "/items/1/branches/0/rate wrong-type",
            "/items/1/branches/0/per_m malformed",
        ],
    );
    let twice = good().to_string().replace("\"amount\":\"10\"", "\"amount\":\"10\",\"amount\":\"99\"");
    let problem = RateCard::parse(&twice).unwrap_err().remove(0);
    assert!(problem.code == "invalid-json" && problem.message.contains("\"amount\" occurs twice"), "{problem}");
}

/// What is wrong with zones.
#[test]
fn zones() {
    let zone = |name: &str, polygon: &[&str]| json!({ "name": name, "polygon": polygon });
    let square: &[&str] = &["0,0", "0,1", "1,1"];
    let zones = |zones: &[Value], expected: &[&str]| one("", "zones", json!(zones), expected);
    zones(&[zone("elsewhere", square)], &["/zones/0/name invalid-name"]);
    zones(&[zone("", square)], &["/zones/0/name invalid-name"]);
    zones(&[zone("a", square), zone("a", square)], &["/zones/1/name duplicate-name"]);
    zones(&[zone("a", &["0,0", "1,1"])], &["/zones/0/polygon wrong-length"]);
    zones(&[zone("a", &["0,0", "0,1", "91,0"])], &["/zones/0/polygon/2 invalid-place"]);
    zones(&[zone("a", &["80,0", "80,120", "80,-120"])], &["/zones/0/polygon around-a-pole"]);
    zones(
        &[zone("a", &["0,0", "0,180", "1,90"])],
        &["/zones/0/polygon/1 half-circle", "/zones/0/polygon around-a-pole"],
    );
    zones(&[zone("a", square)], &["/zones/0 unused-zone"]);
    zones(&vec![zone("a", square); 201], &["/zones wrong-length"]);
    zones(&[zone("a", &["0,0"; 1_001])], &["/zones/0/polygon wrong-length"]);
}

/// What is wrong with an item, whatever its kind.
#[test]
fn items() {
    one(START, "code", json!("start price"), &["/items/0/code invalid-token"]);
    one(START, "code", json!("coupon"), &["/items/0/code reserved-code"]);
    one(START, "code", json!("growth_limit"), &["/items/0/code reserved-code"]);
    one(START, "code", json!("commission_reward"), &["/items/0/code reserved-code"]);
    one("/items/2", "code", json!("start_price"), &["/items/2/code duplicate-code"]);
    one(START, "kind", json!("surprise"), &["/items/0/kind unknown-kind"]);
    one(START, "branch", json!([]), &["/items/0/branch unknown-field"]);
    one(START, "branches", json!([]), &["/items/0/branches wrong-length"]);
    one(START, "windows", json!("split"), &["/items/0/windows no-choice"]);
    one(START, "windows", json!("start"), &["/items/0/windows no-choice"]);
    one("/items/4", "growth", json!("frozen"), &["/items/4/growth growth-of-correction"]);
    let agreed = json!({ "code": "agreed", "kind": "one_price", "required": true, "branches": [{}] });
    one("/items", "5", agreed, &["/items/5/required hole"]);
    // Nothing is read by position.
    one(START, "branches", json!([["10"]]), &["/items/0/branches/0 wrong-type"]);
    one("/items", "0", json!(["start_price", "flat"]), &["/items/0 wrong-type"]);
    one(START, "growth", json!({ "frozen": null }), &["/items/0/growth wrong-type"]);
    one(START, "rounding", json!({ "to": "0.001" }), &["/items/0/rounding/to invalid-step"]);
    one(START, "floor", json!("1.001"), &["/items/0/floor too-precise"]);
    one(START, "cap", json!(5), &["/items/0/cap wrong-type"]);
    check(&[("/items/0/floor", json!("6")), ("/items/0/cap", json!("5"))], &["/items/0/floor floor-above-cap"]);
    let tax = json!({
        "code": "vat", "kind": "tax", "floor": "1", "branches": [{ "percent": "9", "mode": "inclusive", "of": ["mileage"] }]
    });
    check(&[("/items/5", tax)], &["/items/5 included-limit"]);
    one(START, "growth", json!({ "fixed": "0.001" }), &["/items/0/growth/fixed too-precise"]);
    one(START, "replaces", json!(["tolls"]), &["/items/0/replaces/0 unknown-reference"]);
    one(START, "replaces", json!(["start_price"]), &["/items/0/replaces/0 unknown-reference"]);
    check(
        &[("/items/1/windows", json!("split")), ("/items/1/replaces", json!(["duration"]))],
        &["/items/1/replaces cannot-replace"],
    );
    one(START, "replaces", json!(["duration"]), &["/items/2 unreachable"]);
}

/// What is wrong with the figures of a branch.
#[test]
fn figures() {
    one(MILEAGE, "rate", json!(2.5), &["/items/1/branches/0/rate wrong-type"]);
    one(MILEAGE, "rate", json!("-1"), &["/items/1/branches/0/rate out-of-range"]);
    one(MILEAGE, "rate", json!("1e3"), &["/items/1/branches/0/rate malformed"]);
    one(MILEAGE, "rate", Value::Null, &["/items/1/branches/0/rate rate-or-tiers"]);
    one(MILEAGE, "rate", json!("0"), &["/items/1/branches/0/rate zero"]);
    one(MILEAGE, "rat", json!("2"), &["/items/1/branches/0/rat unknown-field"]);
    one(MILEAGE, "per_m", json!(0), &["/items/1/branches/0/per_m zero"]);
    one(MILEAGE, "per_m", json!(-5), &["/items/1/branches/0/per_m out-of-range"]);
    one(MILEAGE, "included_m", json!(20_000_000), &["/items/1/branches/0/included_m absurd"]);
    one(MILEAGE, "tiers", json!([{ "over_m": 0, "rate": "1" }]), &["/items/1/branches/0/rate rate-or-tiers"]);
    let tiers = |overs: &[u64], expected: &[&str]| {
        let tiers: Vec<Value> = overs.iter().map(|over| json!({ "over_m": over, "rate": "1" })).collect();
        one("/items/1", "branches", json!([{ "tiers": tiers }]), expected);
    };
    tiers(&[0, 3000], &[]);
    tiers(&[3000, 3000, 100], &["/items/1/branches/0/tiers/1 tier-order", "/items/1/branches/0/tiers/2 tier-order"]);
    one(
        "/items/1",
        "branches",
        json!([{ "tiers": [{ "over_m": 5, "rate": "1" }], "included_m": 5 }]),
        &["/items/1/branches/0/included_m included-and-tiers"],
    );
    one("/items/0/branches/0", "amount", json!("10.001"), &["/items/0/branches/0/amount too-precise"]);
    one("/items/0/branches/0", "amount", json!("0"), &["/items/0/branches/0/amount zero"]);
    let item = |kind: &str, branch: Value, expected: &[&str]| {
        one("/items", "5", json!({ "code": "more", "kind": kind, "branches": [branch] }), expected);
    };
    item("passengers", json!({ "tiers": [] }), &["/items/5/branches/0/tiers empty"]);
    item(
        "slow",
        json!({ "below_kmh": "0", "rate": "1", "per_s": 0 }),
        &["/items/5/branches/0/per_s zero", "/items/5/branches/0/below_kmh zero"],
    );
    item("slow", json!({ "below_kmh": "500", "rate": "1" }), &["/items/5/branches/0/below_kmh absurd"]);
    item("waiting", json!({ "rate": "1", "per_s": 0 }), &["/items/5/branches/0/per_s zero"]);
    item(
        "taximeter",
        json!({ "below_kmh": "12", "unit_m": "0", "unit_s": 0, "rate": "1" }),
        &["/items/5/branches/0/unit_m zero", "/items/5/branches/0/unit_s zero"],
    );
    item(
        "taximeter",
        json!({ "below_kmh": "12", "unit_m": "200", "unit_s": 1_000_001, "rate": "1" }),
        &["/items/5/branches/0/unit_s out-of-range"],
    );
    item("dynamic", json!({ "max_factor": "0.9" }), &["/items/5/branches/0/max_factor below-one"]);
    item("dynamic", json!({ "max_factor": "11" }), &["/items/5/branches/0/max_factor absurd"]);
    item("percentage", json!({ "percent": "101" }), &["/items/5/branches/0/percent absurd"]);
    item("tax", json!({ "percent": "101", "mode": "exclusive" }), &["/items/5/branches/0/percent absurd"]);
    item("tax", json!({ "percent": "5" }), &["/items/5/branches/0/mode missing"]);
    item("round", json!({ "to": "0" }), &["/items/5/branches/0/to zero"]);
    item("round", json!({ "to": "0.001" }), &["/items/5/branches/0/to too-precise"]);
    item("pass_through", json!({ "fact": "weather" }), &["/items/5/branches/0/fact unknown-choice"]);
    check(
        &[
            ("/items/5", json!({ "code": "round", "kind": "round", "branches": [{ "to": "1" }] })),
            ("/items/6", json!({ "code": "more", "kind": "flat", "branches": [{ "amount": "0.50" }] })),
        ],
        &["/items/5 rounding-undone"],
    );
    // What is added is a multiple of what was rounded to, or is not.
    for (to, found) in [("0.1", &[][..]), ("0.2", &["/items/5 rounding-undone"])] {
        let more =
            json!({ "code": "more", "kind": "flat", "rounding": { "to": "0.1" }, "branches": [{ "amount": "0.50" }] });
        check(
            &[
                ("/items/5", json!({ "code": "round", "kind": "round", "branches": [{ "to": to }] })),
                ("/items/6", more),
            ],
            found,
        );
    }
    // A tax that prices contain is added to nothing.
    let vat = json!({ "code": "vat", "kind": "tax", "branches": [{ "percent": "9", "mode": "inclusive" }] });
    let round = json!({ "code": "round", "kind": "round", "branches": [{ "to": "1" }] });
    check(&[("/items/5", round), ("/items/6", vat.clone())], &[]);
    check(&[("/items/5", vat), ("/growth", json!("frozen"))], &["/growth tax-before-limit"]);
    let limit = |code: &str, of: &[&str]| json!({ "code": code, "kind": "maximum", "branches": [{ "amount": "10", "of": of }] });
    let (one, other, both) = (limit("a", &["mileage"]), limit("b", &["mileage"]), limit("b", &["mileage", "a"]));
    check(&[("/items/5", one.clone()), ("/items/6", other)], &["/items/6 rival-limits"]);
    check(&[("/items/5", one), ("/items/6", both)], &[]);
}

/// References have to lead somewhere, and not in a circle.
#[test]
fn references() {
    let night = |of: Value, expected: &[&str]| one("/items/3/branches/0", "of", of, expected);
    night(json!(["mileage", "tolls"]), &["/items/3/branches/0/of/1 unknown-reference"]);
    night(json!(["mileage", "mileage"]), &["/items/3/branches/0/of/1 duplicate-reference"]);
    night(json!([]), &["/items/3/branches/0/of empty-base"]);
    night(json!(["night"]), &["/items/3 cycle"]);
    night(json!(["minimum"]), &["/items/3 cycle"]);
    one("/items/3/branches/0", "exempt", json!(["duration"]), &["/items/3/branches/0/exempt of-and-exempt"]);
    check(
        &[("/items/0/replaces", json!(["mileage"])), ("/items/1/replaces", json!(["start_price"]))],
        &["/items/0 cycle"],
    );
}

/// Two branches that both apply to some ride, whichever condition they differ in.
#[test]
fn overlaps() {
    let overlap = &["/items/0/branches/1/when overlap"];
    branches(&[json!({}), json!({})], overlap);
    branches(&[json!({ "local_time": ["05:00-23:01"] }), json!({ "local_time": ["23:00-05:00"] })], overlap);
    branches(&[json!({ "local_time": ["05:00-23:00"] }), json!({ "local_time": ["23:00-05:01"] })], overlap);
    branches(
        &[json!({ "weekdays": ["mon", "tue"] }), json!({ "weekdays": ["tue"] })],
        &["/items/0/branches/1/when overlap", "/items/0/branches hole"],
    );
    branches(&[json!({ "weekdays": ["sat", "sun"] }), json!({ "local_time": ["00:00-24:00"] })], overlap);
    branches(&[json!({}), json!({ "tier": ["gold"] })], overlap);
    branches(&[json!({ "tier": { "not": ["gold"] } }), json!({ "tier": { "not": ["silver"] } })], overlap);
    branches(
        &[json!({ "scene": ["none"] }), json!({ "scene": { "not": ["now"] } })],
        &["/items/0/branches/1/when overlap", "/items/0/branches hole"],
    );
    branches(&[json!({ "product": { "not": ["a"] } }), json!({ "product": ["a", "b"] })], overlap);
    branches(&[json!({ "distance_m": { "to": 5001 } }), json!({ "distance_m": { "from": 5000 } })], overlap);
    branches(&[json!({ "duration_s": { "to": 601 } }), json!({ "duration_s": { "from": 600 } })], overlap);
    branches(&[json!({ "booked_ahead_s": { "to": 2 } }), json!({ "booked_ahead_s": { "from": 1 } })], overlap);
    branches(&[json!({}), json!({ "outcome": ["cancelled", "completed"] })], overlap);
    // The holiday is a Thursday.
    let weekend = json!({ "weekdays": ["sat", "sun"] });
    branches_with(&[json!({ "holidays": "only" }), weekend], &["/items/0/branches hole"]);
    branches_with(
        &[json!({ "holidays": "only" }), json!({ "weekdays": ["thu"] })],
        &["/items/0/branches/1/when overlap", "/items/0/branches hole"],
    );
    branches(
        &[
            json!({ "holidays": "except", "weekdays": ["mon"] }),
            json!({ "weekdays": ["tue", "wed", "thu", "fri", "sat", "sun"] }),
        ],
        &[],
    );
    branches_with(&[json!({ "origin": ["east", "elsewhere"] }), json!({ "origin": { "not": ["east"] } })], overlap);
    branches_with(
        &[json!({ "destination": { "not": ["east"] } }), json!({ "destination": { "not": ["west"] } })],
        overlap,
    );
    branches_with(
        &[json!({ "holidays": "except" }), json!({ "weekdays": ["mon"] })],
        &["/items/0/branches/1/when overlap", "/items/0/branches hole"],
    );
    // Each overlap is told.
    branches(
        &[json!({}), json!({}), json!({ "tier": ["gold"] })],
        &["/items/0/branches/1/when overlap", "/items/0/branches/2/when overlap"],
    );
}

/// What is a part of fees that are never charged when it is, is always zero. A witness is told.
#[test]
fn zeros() {
    let cancelled = || json!({ "outcome": ["cancelled"] });
    let either = || json!({ "outcome": ["completed", "cancelled"] });
    let at = |window: &str| json!({ "local_time": [window] });
    // A fifth of what an item comes to that costs 10 when it is charged: when is each charged?
    for (fifth, whole, expected) in [
        (json!({}), json!({}), None),
        (cancelled(), json!({}), Some("outcome cancelled")),
        (json!({}), cancelled(), Some("outcome completed")),
        (cancelled(), cancelled(), None),
        (either(), json!({}), None),
        (cancelled(), either(), None),
        (at("23:00-05:00"), at("05:00-23:00"), Some("outcome completed, on Monday at 00:00")),
        (at("23:00-05:00"), at("04:59-23:00"), None),
        (json!({ "tier": ["gold"] }), json!({ "tier": { "not": ["gold"] } }), Some("outcome completed, tier gold")),
        (json!({ "tier": ["gold"] }), json!({ "tier": { "not": ["silver"] } }), None),
        (json!({ "distance_m": { "from": 9 } }), json!({ "distance_m": { "to": 9 } }), Some("distance_m 9")),
        (json!({ "distance_m": { "from": 8 } }), json!({ "distance_m": { "to": 9 } }), None),
    ] {
        let start = json!({ "code": "start_price", "kind": "flat", "branches": [{ "when": whole, "amount": "10" }] });
        let more = json!({
            "code": "more", "kind": "percentage", "branches": [{ "when": fifth, "of": ["start_price"], "percent": "20" }],
        });
        let problems = judge(&[("/items/0", start), ("/items/5", more)]);
        let found = problems.iter().find(|problem| problem.code == "always-zero");
        assert_eq!(found.is_some(), expected.is_some(), "{fifth} of {whole}: {problems:?}");
        if let (Some(found), Some(witness)) = (found, expected) {
            assert_eq!(found.pointer, "/items/5/branches/0");
            assert!(found.message.contains(witness), "{found}");
        }
    }
    let zero = &["/items/5/branches/0 always-zero"];
    let more = |kind: &str, mut figures: Value, expected: &[&str]| {
        figures["when"] = cancelled();
        check(&[("/items/5", json!({ "code": "more", "kind": kind, "branches": [figures] }))], expected);
    };
    more("percentage", json!({ "percent": "20" }), zero);
    more("dynamic", json!({}), zero);
    more("maximum", json!({ "amount": "10" }), zero);
    more("round", json!({ "to": "1" }), zero);
    more("tax", json!({ "percent": "20", "mode": "exclusive" }), zero);
    // What is missing to an amount is all of it; what has figures of its own has no base.
    more("minimum", json!({ "amount": "10" }), &[]);
    more("flat", json!({ "amount": "10" }), &[]);
    // Of all that is charged on another branch, of a part that is ridden later, of what is always zero, of what it replaces.
    let split = json!({
        "code": "mileage", "kind": "distance", "windows": "split",
        "branches": [{ "when": { "local_time": ["05:00-23:00"] }, "rate": "2" }],
    });
    check(&[("/items/1", split)], &[]);
    let twice = json!({
        "code": "more", "kind": "percentage",
        "branches": [{ "of": ["mileage"], "percent": "20" }, { "when": cancelled(), "of": ["mileage"], "percent": "20" }],
    });
    check(&[("/items/5", twice)], &["/items/5/branches/1 always-zero"]);
    let share = |code: &str, of: &str| json!({ "code": code, "kind": "percentage", "branches": [{ "when": cancelled(), "of": [of], "percent": "20" }] });
    let chain = ["/items/5/branches/0 always-zero", "/items/6/branches/0 always-zero"];
    check(&[("/items/5", share("a", "mileage")), ("/items/6", share("b", "a"))], &chain);
    let mut floored = share("a", "mileage");
    floored["floor"] = "5".into();
    check(&[("/items/5", floored), ("/items/6", share("b", "a"))], zero);
    let mut instead = json!({
        "code": "more", "kind": "percentage",
        "branches": [{ "when": { "tier": ["gold"] }, "of": ["mileage"], "percent": "20" }],
    });
    check(&[("/items/5", instead.clone())], &[]);
    instead["replaces"] = json!(["mileage"]);
    check(&[("/items/5", instead)], zero);
    // Figures of zero.
    check(&[("/items/3/branches/0/percent", json!("0"))], &["/items/3/branches/0/percent zero"]);
    check(&[("/items/1/cap", json!("0"))], &["/items/1/cap zero"]);
    let item = |kind: &str, figures: Value| {
        check(
            &[("/items/5", json!({ "code": "more", "kind": kind, "branches": [figures] }))],
            &["/items/5/branches/0/rate zero"],
        );
    };
    item("waiting", json!({ "rate": "0" }));
    item("slow", json!({ "below_kmh": "12", "rate": "0" }));
    item("taximeter", json!({ "below_kmh": "12", "unit_m": "200", "unit_s": 60, "rate": "0" }));
}

/// A required item to which no branch applies at some time, on some ride.
#[test]
fn holes() {
    let hole = &["/items/0/branches hole"];
    branches(&[json!({ "local_time": ["05:00-23:00"] }), json!({ "local_time": ["23:00-04:59"] })], hole);
    branches(&[json!({ "local_time": ["23:00-05:00"] })], hole);
    branches(&[json!({ "weekdays": ["mon", "tue", "wed", "thu", "fri"] }), json!({ "weekdays": ["sat"] })], hole);
    branches(&[json!({ "tier": ["gold"] }), json!({ "tier": ["none"] })], hole);
    branches(&[json!({ "scene": { "not": ["none"] } })], hole);
    branches(&[json!({ "distance_m": { "to": 5000 } }), json!({ "distance_m": { "from": 5001 } })], hole);
    branches(&[json!({ "duration_s": { "from": 1 } })], hole);
    branches(&[json!({ "booked_ahead_s": { "to": 3600 } })], hole);
    branches(&[json!({ "outcome": ["cancelled"] })], hole);
    branches_with(&[json!({ "holidays": "only" }), json!({ "holidays": "except", "weekdays": ["sat", "sun"] })], hole);
    branches_with(&[json!({ "origin": ["east"] }), json!({ "origin": ["west"] })], hole);
    branches_with(&[json!({ "destination": { "not": ["west"] } })], hole);
    // A hole where two conditions meet, although neither has one alone.
    let late_and_far = [
        json!({ "local_time": ["05:00-23:00"] }),
        json!({ "local_time": ["23:00-05:00"], "distance_m": { "to": 9000 } }),
        json!({ "local_time": ["23:00-05:00"], "distance_m": { "from": 9000 }, "tier": ["gold"] }),
    ];
    branches(&late_and_far, hole);
    // Where it is not required, a hole between branches is a warning; for fees on other than completed rides, it is none.
    let half = |outcome: &str| {
        let when = |days: &[&str]| json!({ "when": { "weekdays": days, "outcome": [outcome] }, "amount": "1" });
        json!([when(&["mon"]), when(&["tue"])])
    };
    check(&[(START_BRANCHES, half("completed"))], hole);
    check(&[(START_BRANCHES, half("cancelled"))], &[]);
    check(&[(START_BRANCHES, half("completed")), ("/items/0/required", false.into())], &[]);
}

/// Conditions that fit together are accepted.
#[test]
fn neither_overlap_nor_hole() {
    branches(&[json!({ "local_time": ["05:00-23:00"] }), json!({ "local_time": ["23:00-05:00"] })], &[]);
    branches(&[json!({ "local_time": ["00:00-12:00"] }), json!({ "local_time": ["12:00-24:00"] })], &[]);
    branches(&[json!({ "tier": ["gold", "none"] }), json!({ "tier": { "not": ["none", "gold"] } })], &[]);
    branches(&[json!({ "distance_m": { "to": 5000 } }), json!({ "distance_m": { "from": 5000 } })], &[]);
    branches(&[json!({}), json!({ "outcome": ["cancelled"] })], &[]);
    branches_with(
        &[json!({ "holidays": "only" }), json!({ "holidays": "except" })],
        &["/zones/0 unused-zone", "/zones/1 unused-zone"],
    );
    branches_with(&[json!({ "origin": ["east"] }), json!({ "origin": ["west", "elsewhere"] })], &[]);
    branches_with(&[json!({ "origin": ["east"] }), json!({ "origin": { "not": ["east"] } })], &[]);
}

/// Conditions that cannot be read, or that nothing meets.
#[test]
fn conditions() {
    let when = |when: Value, expected: &[&str]| one("/items/3/branches/0", "when", when, expected);
    when(
        json!({ "local_time": ["5:00-23:00", "24:00-01:00", "05:00-05:00", "05:00"] }),
        &[
            "/items/3/branches/0/when/local_time/0 invalid-window",
            "/items/3/branches/0/when/local_time/1 invalid-window",
            "/items/3/branches/0/when/local_time/2 invalid-window",
            "/items/3/branches/0/when/local_time/3 invalid-window",
        ],
    );
    when(json!({ "local_time": vec!["05:00-06:00"; 49] }), &["/items/3/branches/0/when/local_time wrong-length"]);
    when(json!({ "weekdays": ["monday"] }), &["/items/3/branches/0/when/weekdays/0 invalid-weekday"]);
    when(json!({ "holidays": "always" }), &["/items/3/branches/0/when/holidays unknown-choice"]);
    when(json!({ "holidays": "only" }), &["/items/3/branches/0/when/holidays unreachable"]);
    when(json!({ "tier": [] }), &["/items/3/branches/0/when/tier empty"]);
    when(json!({ "tier": "gold" }), &["/items/3/branches/0/when/tier wrong-type"]);
    when(json!({ "tier": { "not": ["gold"], "or": [] } }), &["/items/3/branches/0/when/tier/or unknown-field"]);
    when(
        json!({ "tier": (0..1_001).map(|tier| tier.to_string()).collect::<Vec<_>>() }),
        &["/items/3/branches/0/when/tier wrong-length"],
    );
    when(json!({ "origin": ["jfk"] }), &["/items/3/branches/0/when/origin/0 unknown-name"]);
    when(
        json!({ "destination": { "not": ["elsewhere", "jfk"] } }),
        &["/items/3/branches/0/when/destination/not/1 unknown-name"],
    );
    when(json!({ "tier": ["gold", ""] }), &["/items/3/branches/0/when/tier/1 empty-name"]);
    when(json!({ "distance_m": [0, 15_000] }), &["/items/3/branches/0/when/distance_m wrong-type"]);
    when(json!({ "outcome": ["lost"] }), &["/items/3/branches/0/when/outcome/0 unknown-name"]);
    when(json!({ "distance_m": { "from": 5, "to": 5 } }), &["/items/3/branches/0/when/distance_m empty-range"]);
    when(json!({ "distance_m": { "over": 5 } }), &["/items/3/branches/0/when/distance_m/over unknown-field"]);
    when(json!({ "weather": ["rain"] }), &["/items/3/branches/0/when/weather unknown-field"]);
}

/// More conditions than can be told apart are not taken for complete; a hole between as many is found, for one is soon met.
#[test]
fn too_many_conditions() {
    // Each name leaves other branches standing, and so do most combinations of names.
    let some = |distance: u64| -> Vec<String> {
        let mut dice = distance + 1;
        let mut throw = |_: &u64| {
            dice = dice * 48_271 % 2_147_483_647;
            dice % 7 < 3
        };
        (0..20_u64).filter(&mut throw).map(|name| name.to_string()).collect()
    };
    // At each distance, two branches share all names of one fact.
    let whens = |last: Option<u64>| -> Vec<Value> {
        let at = |distance: u64| {
            let fact = ["tier", "scene", "product"][usize::try_from(distance % 3).unwrap()];
            let range = json!({ "from": distance, "to": Some(distance + 1).filter(|end| *end < 30).or(last) });
            [json!(some(distance)), json!({ "not": some(distance) })]
                .map(|names| json!({ fact: names, "distance_m": range }))
        };
        (0..30).flat_map(at).collect()
    };
    branches(&whens(None), &["/items/0/branches too-complex"]);
    branches(&whens(Some(30)), &["/items/0/branches hole"]);
}

/// A card may only promise that more never costs less when that is so.
#[test]
fn monotone() {
    let card = |changes: &[(&str, Value)], expected: &[&str]| {
        check(&[changes, &[("/monotone", true.into())]].concat(), expected);
    };
    let item = |item: Value, expected: &[&str]| card(&[("/items/5", item)], expected);
    card(&[], &[]);
    let hours = |from: &str, to: &str| json!({ "when": { "local_time": [format!("{from}-{to}")] }, "rate": "1" });
    let day_and_night = json!([hours("05:00", "23:00"), hours("23:00", "05:00")]);
    card(&[("/items/1/branches", day_and_night.clone())], &[]);
    card(&[("/items/1/branches", day_and_night), ("/items/1/windows", json!("split"))], &["/items/1 not-monotone"]);
    let tiers = |bands: &str, rates: [&str; 2]| {
        let [low, high] = rates;
        json!([{ "tiers": [{ "over_m": 0, "rate": low }, { "over_m": 9000, "rate": high }], "bands": bands }])
    };
    card(&[("/items/1/branches", tiers("marginal", ["2", "1"]))], &[]);
    card(&[("/items/1/branches", tiers("whole", ["1", "2"]))], &[]);
    card(&[("/items/1/branches", tiers("whole", ["2", "1"]))], &["/items/1/branches/0 not-monotone"]);
    card(&[("/items/0/branches/0/when", json!({ "distance_m": { "from": 9000 } }))], &[]);
    card(
        &[("/items/0/branches/0/when", json!({ "distance_m": { "to": 9000 } }))],
        &["/items/0/branches/0/when not-monotone"],
    );
    card(
        &[("/items/0/branches/0/when", json!({ "duration_s": { "to": 9000 } }))],
        &["/items/0/branches/0/when not-monotone"],
    );
    card(
        &[
            ("/items/0/branches/0/when", json!({ "distance_m": { "from": 9000 } })),
            ("/items/0/replaces", json!(["mileage"])),
        ],
        &["/items/0/branches/0/when not-monotone"],
    );
    item(
        json!({ "code": "slow", "kind": "slow", "branches": [{ "below_kmh": "12", "rate": "1" }] }),
        &["/items/5/branches/0 not-monotone"],
    );
    let meter = json!({ "below_kmh": "12", "unit_m": "200", "unit_s": 60, "rate": "1" });
    item(json!({ "code": "meter", "kind": "taximeter", "branches": [meter] }), &["/items/5/branches/0 not-monotone"]);
    // What takes something off, or fills something up.
    let maximum = |branch: Value| json!({ "code": "maximum", "kind": "maximum", "branches": [branch] });
    item(maximum(json!({ "amount": "90" })), &[]);
    item(
        maximum(json!({ "amount": "90", "when": { "distance_m": { "from": 9000 } } })),
        &["/items/5/branches/0/when not-monotone"],
    );
    // Branches that correct different items.
    let branches = json!([
        { "amount": "90", "when": { "booked_ahead_s": { "to": 1 } } },
        { "amount": "90", "of": ["mileage"], "when": { "booked_ahead_s": { "from": 1 } } },
    ]);
    item(json!({ "code": "maximum", "kind": "maximum", "branches": branches }), &["/items/5/branches/1 not-monotone"]);
    // What brings a sum to an amount is exact; a factor below one takes off what may be rounded up.
    card(&[("/items/4/rounding", json!({ "to": "0.50" }))], &[]);
    item(
        json!({ "code": "dynamic", "kind": "dynamic", "rounding": { "to": "0.50" }, "branches": [{}] }),
        &["/items/5/rounding not-monotone"],
    );
    // Based on a minimum, without what the minimum is based on.
    item(json!({ "code": "tax", "kind": "tax", "branches": [{ "percent": "9", "mode": "exclusive" }] }), &[]);
    item(
        json!({ "code": "tax", "kind": "tax", "branches": [{ "percent": "9", "mode": "exclusive", "of": ["minimum"] }] }),
        &["/items/5/branches/0 not-monotone"],
    );
    // Two limits for the same items, neither of which knows of the other.
    item(maximum(json!({ "amount": "90", "exempt": ["minimum"] })), &["/items/5 not-monotone"]);
    item(
        maximum(json!({ "amount": "90", "of": ["minimum", "mileage"] })),
        &["/items/5/branches/0 not-monotone", "/items/5 not-monotone"],
    );
}

/// Everything that is wrong is told at once, wherever it is.
#[test]
fn all_at_once() {
    check(
        &[
            ("/city", json!("")),
            ("/time_zone", json!("Mars/Olympus")),
            ("/rounding", json!({ "to": "0.001" })),
            ("/holidays", json!(["never"])),
            ("/zones", json!([{ "name": "", "polygon": [] }])),
            ("/items/0/branches", json!([{ "amount": "1.001" }, { "amount": "2" }])),
            ("/items/1/kind", json!("surprise")),
            ("/items/2/branches/0/rate", json!(1)),
            ("/items/3/branches/0", json!({ "percent": "20", "of": ["tolls"], "when": { "tier": [] } })),
            ("/items/4/code", json!("night")),
            ("/items/5", json!("nothing")),
        ],
        &[
            "/city invalid-token",
            "/time_zone unknown-time-zone",
            "/holidays/0 invalid-date",
            "/rounding/to invalid-step",
            "/zones/0/name invalid-name",
            "/zones/0/polygon wrong-length",
            "/items/0/branches/0/amount too-precise",
            "/items/0/branches/1/when overlap",
            "/items/1/kind unknown-kind",
            "/items/2/branches/0/rate wrong-type",
            "/items/3/branches/0/when/tier empty",
            "/items/3/branches/0/of/0 unknown-reference",
            "/items/4/code duplicate-code",
            "/items/5 wrong-type",
        ],
    );
}
