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
            if matches!(snapshot.card("110000", product, side), Ok(Some(_))) {
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
            broken.card("110000", "express", Side::Passenger).err(),
            broken.card("110000", "express", Side::Driver).err(),
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
    let refusal = snapshot.card("110000", "express", Side::Driver).err().unwrap();
    assert!(refusal.log.unwrap().starts_with("cards/110000/express.driver.json: is not there"));
    assert!(snapshot.card("110000", "taxi", Side::Driver).unwrap().is_none());
}

/// A new snapshot takes over what was parsed of texts that are as they were, and only of those.
#[test]
fn unchanged_documents_are_not_parsed_again() {
    let mut texts = shipped();
    let first = snapshot(&texts, None);
    let cards =
        |snapshot: &Snapshot<Native>| Side::BOTH.map(|side| snapshot.card("110000", "express", side).unwrap().unwrap());
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
    let card = |side| Rc::downgrade(&first.card("110000", "express", side).unwrap().unwrap());
    let (passenger, driver) = (card(Side::Passenger), card(Side::Driver));
    texts.entry("cards/110000/express.passenger.json".to_owned()).and_modify(|text| text.push(' '));
    let second = snapshot(&texts, Some(&first));
    let whole = Rc::downgrade(&first);
    drop(first);
    assert_eq!((whole.strong_count(), passenger.strong_count(), driver.strong_count()), (0, 0, 1));
    drop(second);
    assert_eq!(driver.strong_count(), 0);
}
