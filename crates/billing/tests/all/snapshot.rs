//! The configuration at one moment: what is broken takes out itself alone, and nothing outlives its last request.
#![allow(clippy::unwrap_used)]

use farebox_billing::config::{Snapshot, Text, Texts};
use farebox_billing::engines::Side;
use farebox_billing::refusal::Code;
use farebox_billing::requests::Tariffs as _;
use farebox_kit::artifacts::{card, repository};
use farebox_kit::native::Native;
use std::collections::BTreeMap;
use std::rc::Rc;

/// 2026-11-21T08:00:00+08:00.
const NOW: i64 = 1_795_219_200;

fn shipped() -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(repository().join("config").join(path)).unwrap();
    let mut texts: BTreeMap<String, String> =
        ["policies/default.json", "copy/layout.json", "copy/en-US.ftl", "copy/zh-CN.ftl"]
            .map(|path| (path.to_owned(), read(path)))
            .into();
    for name in ["110000/express.passenger", "110000/express.driver", "110000/taxi.passenger", "110000/taxi.driver"] {
        texts.insert(format!("cards/{name}.json"), card(name));
    }
    texts
}

fn snapshot(texts: &BTreeMap<String, String>, before: Option<&Snapshot<Native>>) -> Snapshot<Native> {
    let texts: Texts = texts.iter().map(|(path, text)| (path.clone(), Text::new(text))).collect();
    Snapshot::new(texts, before)
}

/// What of the configuration can be used, one word each.
fn usable(snapshot: &Snapshot<Native>) -> String {
    let mut words = Vec::new();
    for product in snapshot.products("110000") {
        for side in Side::BOTH {
            if matches!(snapshot.card("110000", product, side, NOW), Ok(Some(_))) {
                words.push(format!("{product}.{}", side.word()));
            }
        }
    }
    if snapshot.policy().is_ok() {
        words.push("policy".to_owned());
    }
    for locale in snapshot.locales() {
        if matches!(snapshot.catalogue(locale), Ok(Some(_))) {
            words.push(locale.to_owned());
        }
    }
    words.join(" ")
}

/// Each document fails alone: a card takes out its side of its product, a policy only the policy, messages only the pages of
/// their locale. And what fails says so, with the path.
#[test]
fn each_kind_fails_alone() {
    let all = "express.passenger express.driver taxi.passenger taxi.driver policy en-US zh-CN";
    assert_eq!(usable(&snapshot(&shipped(), None)), all);
    for (path, lost) in [
        ("cards/110000/express.passenger.json", "express.passenger "),
        ("cards/110000/express.driver.json", "express.driver "),
        ("policies/default.json", "policy "),
        ("copy/en-US.ftl", "en-US "),
        ("copy/layout.json", "en-US zh-CN"),
    ] {
        let mut texts = shipped();
        texts.insert(path.to_owned(), "= nonsense".to_owned());
        let expected = all.replacen(lost, "", 1);
        assert_eq!(usable(&snapshot(&texts, None)), expected.trim(), "{path} broken");
        let broken = snapshot(&texts, None);
        let refusals = [
            broken.card("110000", "express", Side::Passenger, NOW).err(),
            broken.card("110000", "express", Side::Driver, NOW).err(),
            broken.policy().err(),
            broken.catalogue("en-US").err(),
        ];
        let told = refusals.into_iter().flatten().find(|refusal| refusal.code == Code::ConfigInvalid);
        assert!(told.is_some_and(|refusal| refusal.log.is_some()), "{path} broken");
    }
}

/// A driver's card that is not there is a broken product, not one that is not offered; without a passenger's card there is
/// nothing to offer.
#[test]
fn what_is_not_there() {
    let mut texts = shipped();
    texts.remove("cards/110000/express.driver.json");
    texts.remove("cards/110000/taxi.passenger.json");
    let snapshot = snapshot(&texts, None);
    assert_eq!(snapshot.products("110000"), ["express"]);
    let refusal = snapshot.card("110000", "express", Side::Driver, NOW).err().unwrap();
    assert!(refusal.log.unwrap().starts_with("cards/110000/express.driver.json: is not there"));
    assert!(snapshot.card("110000", "taxi", Side::Driver, NOW).unwrap().is_none());
}

/// A new snapshot takes over what was parsed of texts that are as they were, and only of those.
#[test]
fn unchanged_documents_are_not_parsed_again() {
    let mut texts = shipped();
    let first = snapshot(&texts, None);
    let cards = |snapshot: &Snapshot<Native>| {
        Side::BOTH.map(|side| snapshot.card("110000", "express", side, NOW).unwrap().unwrap())
    };
    let before = cards(&first);
    texts.entry("cards/110000/express.passenger.json".to_owned()).and_modify(|text| text.push(' '));
    let second = snapshot(&texts, Some(&first));
    let after = cards(&second);
    assert!(!Rc::ptr_eq(&before[0], &after[0]) && Rc::ptr_eq(&before[1], &after[1]));
    assert!(Rc::ptr_eq(&first.catalogue("en-US").unwrap().unwrap(), &second.catalogue("en-US").unwrap().unwrap()));
}

/// Nothing of a snapshot outlives it, but what the next one has taken over.
#[test]
fn snapshots_end() {
    let mut texts = shipped();
    let first = Rc::new(snapshot(&texts, None));
    let card = |side| Rc::downgrade(&first.card("110000", "express", side, NOW).unwrap().unwrap());
    let (passenger, driver) = (card(Side::Passenger), card(Side::Driver));
    texts.entry("cards/110000/express.passenger.json".to_owned()).and_modify(|text| text.push(' '));
    let second = snapshot(&texts, Some(&first));
    let whole = Rc::downgrade(&first);
    drop(first);
    assert_eq!((whole.strong_count(), passenger.strong_count(), driver.strong_count()), (0, 0, 1));
    drop(second);
    assert_eq!(driver.strong_count(), 0);
}

/// The latest card whose day has begun is in force, on the clocks of the card: what is asked about is the ride's start.
#[test]
fn cards_by_date() {
    let mut texts = shipped();
    let plain = texts["cards/110000/express.passenger.json"].clone();
    let dated = |from: &str, title: &str| {
        let text = plain.replacen("\"time_zone\"", &format!("\"effective_from\": \"{from}\", \"time_zone\""), 1);
        text.replacen("\"title\": \"", &format!("\"title\": \"{title}"), 1)
    };
    for (from, title) in [("2026-10-01", "October "), ("2027-01-01", "January ")] {
        texts.insert(format!("cards/110000/express.passenger.{from}.json"), dated(from, title));
    }
    let snapshot = snapshot(&texts, None);
    let at = |time: &str| {
        let at = farebox_fare::time::parse(time).unwrap();
        let card = snapshot.card("110000", "express", Side::Passenger, at).unwrap().unwrap();
        card.title.split_once(' ').unwrap().0.to_owned()
    };
    for (time, title) in [
        ("2010-01-01T00:00:00Z", "DiDi"),
        ("2026-09-30T23:59:59+08:00", "DiDi"),
        ("2026-10-01T00:00:00+08:00", "October"),
        ("2026-09-30T16:00:00Z", "October"),
        ("2026-12-31T23:59:59+08:00", "October"),
        ("2027-01-01T00:00:00+08:00", "January"),
        ("2099-01-01T00:00:00Z", "January"),
    ] {
        assert_eq!(at(time), title, "{time}");
    }
    assert_eq!(snapshot.cards("110000", "express", Side::Passenger).count(), 3);
    assert_eq!(snapshot.misfits("110000", "express"), [""; 0]);
}

/// A card whose day is not that of its file's name is refused; holes between the sides, and a second currency, are told.
#[test]
fn dates_that_do_not_fit() {
    let dated = |text: &str, from: &str| {
        text.replacen("\"time_zone\"", &format!("\"effective_from\": \"{from}\", \"time_zone\""), 1)
    };
    let (passenger, driver) = (card("110000/express.passenger"), card("110000/express.driver"));
    let plain = "cards/110000/express.passenger.json";
    let october = "cards/110000/express.passenger.2026-10-01.json";
    for (path, text, expected) in [
        (
            plain,
            dated(&passenger, "2026-10-01"),
            "/effective_from is \"2026-10-01\", and the name of the file says none; name it express.passenger.2026-10-01.json, or",
        ),
        (
            october,
            passenger.clone(),
            "/effective_from is none, and the name of the file says \"2026-10-01\"; name it express.passenger.json, or",
        ),
        (october, dated(&passenger, "2026-10-02"), "name it express.passenger.2026-10-02.json, or"),
        (october, dated(&passenger, "2026-10-1"), "/effective_from \"2026-10-1\" is not a day; write it like"),
    ] {
        let texts = BTreeMap::from([(path.to_owned(), text)]);
        let snapshot = snapshot(&texts, None);
        let refusal = snapshot.card("110000", "express", Side::Passenger, NOW).err().unwrap();
        assert!(refusal.reason().contains(expected), "{path}: {}", refusal.reason());
    }

    let of_the_driver = "cards/110000/express.driver.2026-10-01.json";
    let texts = BTreeMap::from([
        (plain.to_owned(), passenger.clone()),
        (october.to_owned(), dated(&passenger, "2026-10-01").replacen("\"CNY\"", "\"HKD\"", 1)),
        (of_the_driver.to_owned(), dated(&driver, "2026-10-01")),
    ]);
    let snapshot = snapshot(&texts, None);
    assert_eq!(
        snapshot.misfits("110000", "express"),
        [
            "the driver has no rate card before 2026-10-01, the passenger has one since the beginning",
            "its rate cards are in several currencies: CNY, HKD",
        ]
    );
    let refusal = snapshot.card("110000", "express", Side::Driver, 0).err().unwrap();
    assert_eq!(refusal.reason(), "cards/110000/express: the driver has no card before 2026-10-01");
    assert!(snapshot.card("110000", "express", Side::Driver, NOW).unwrap().is_some());
}

/// A product that begins on a day is not offered before; one whose next card is broken is not broken before its day.
#[test]
fn days_to_come() {
    let mut texts = shipped();
    for side in ["passenger", "driver"] {
        let path = format!("cards/110000/express.{side}.json");
        let text = texts.remove(&path).unwrap();
        let text = text.replacen("\"time_zone\"", "\"effective_from\": \"2026-12-01\", \"time_zone\"", 1);
        texts.insert(format!("cards/110000/express.{side}.2026-12-01.json"), text);
    }
    texts.insert("cards/110000/taxi.passenger.2026-12-01.json".to_owned(), "{".to_owned());
    let snapshot = snapshot(&texts, None);
    assert_eq!(snapshot.begins("110000", "express"), Some("2026-12-01"));
    for side in Side::BOTH {
        assert!(snapshot.card("110000", "express", side, NOW).unwrap().is_none());
        assert!(snapshot.card("110000", "taxi", side, NOW).unwrap().is_some());
    }
    let december = NOW + 30 * 86_400;
    assert!(snapshot.card("110000", "express", Side::Driver, december).unwrap().is_some());
    assert!(snapshot.card("110000", "taxi", Side::Passenger, december).is_err());
    assert!(snapshot.currency("110000", "taxi").unwrap().is_some());
}
