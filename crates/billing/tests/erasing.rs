//! Erasing who rode from every revision of a bill, whatever happens to one of them: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::answers::Erased;
use farebox_billing::refusal::{Code, Refusal};
use farebox_billing::{Billing, Context, Wanted, bills};
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::rc::Rc;

/// A trip whose bill has so many revisions, each of which says who rode.
struct Trip {
    world: World,
    billing: Rc<Billing<World>>,
}

impl Trip {
    fn new(revisions: u32) -> Self {
        let world = World::default();
        let billing = Billing::new(world.clone());
        let request = json!({
            "city": "110000", "product": "express", "passenger": {"id": "p-1"},
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        });
        now(bills::create(&now(Context::new(&billing, "")).unwrap(), "t", &request)).unwrap();
        let mut bills = world.0.bills.borrow_mut();
        let all = bills.get_mut("t").unwrap();
        for number in 2..=revisions {
            let mut next = all[0].clone();
            next.revision.number = number;
            all.push(next);
        }
        drop(bills);
        let trip = Self { world, billing };
        for name in ["bill", "revision", "redact_bill"] {
            trip.world.0.called(name);
        }
        assert_eq!(trip.naming(), (1..=revisions).collect::<Vec<_>>());
        trip
    }

    fn erase(&self) -> Result<Erased, Refusal> {
        now(bills::erase_passenger(&now(Context::new(&self.billing, "")).unwrap(), "t", Some("110000")))
    }

    /// The revisions that say who rode.
    fn naming(&self) -> Vec<u32> {
        let bills = self.world.0.bills.borrow();
        let names = bills["t"].iter().filter(|new| new.revision.bill.document.contains("\"passenger_id\":\"p-1\""));
        names.map(|new| new.revision.number).collect()
    }

    /// How often the head was read, a revision was, and one was redacted, since this was asked last.
    fn calls(&self) -> [u32; 3] {
        ["bill", "revision", "redact_bill"].map(|name| self.world.0.called(name))
    }

    /// The revisions that were erased, as each event says.
    fn told(&self) -> Vec<Value> {
        let log = self.world.0.log.take();
        let all = log.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        all.filter(|event| event["event"] == "passenger-erased").map(|event| event["revisions"].clone()).collect()
    }
}

/// Every revision is read once, the newest with the look for the bill; and whoever asks again finds nothing to take out.
#[test]
fn every_revision_is_read_once() {
    for revisions in [1, 2, 5] {
        let trip = Trip::new(revisions);
        assert_eq!(trip.erase().unwrap().revisions, revisions);
        assert!(trip.naming().is_empty());
        assert_eq!(trip.calls(), [1, revisions - 1, revisions]);
        assert_eq!(trip.told(), [json!(revisions)]);
        assert_eq!(trip.erase().unwrap().revisions, 0);
        assert_eq!(trip.calls(), [1, revisions - 1, 0]);
        assert_eq!(trip.told(), [] as [Value; 0]);
    }
}

/// A revision that somebody else has changed since it was read is read again, and what they wrote stays. Three times are enough: nobody
/// goes on changing it.
#[test]
fn a_revision_that_is_another_one_meanwhile() {
    for (changes, expected) in [(1, Ok(1)), (2, Ok(1)), (3, Err(Code::Internal))] {
        let trip = Trip::new(1);
        trip.world.0.overtaken.set(changes);
        let erased = trip.erase().map(|erased| erased.revisions).map_err(|refusal| refusal.code);
        assert_eq!(erased, expected, "{changes}");
        // The look for the bill was the first of three.
        let looks = (changes + 1).min(3);
        assert_eq!(trip.calls(), [1, looks - 1, looks], "{changes}");
    }
}

/// One revision that fails does not keep the others, the answer names it and says that the others are done, and the event counts those.
#[test]
fn one_that_fails_keeps_no_other() {
    let trip = Trip::new(3);
    trip.world.0.overtaken.set(3);
    let refusal = trip.erase().unwrap_err();
    assert_eq!((refusal.code, trip.naming()), (Code::Internal, vec![1]));
    assert!(
        refusal.detail.starts_with("who rode may still stand in these revisions of the bill: 1. It has 3, "),
        "{refusal:?}"
    );
    assert_eq!(refusal.log.as_deref(), Some("revision 1: it was another one 3 times"));
    assert_eq!(trip.told(), [json!(2)]);
    assert_eq!(trip.erase().unwrap().revisions, 1);
    assert!(trip.naming().is_empty());

    // A store that is away for one of them is worth asking again, whatever else is wrong.
    let trip = Trip::new(3);
    trip.world.0.bills.borrow_mut().get_mut("t").unwrap()[2].revision.bill.document = "{".to_owned();
    trip.world.0.failures.borrow_mut().insert("revision", Failure::Unavailable);
    let refusal = trip.erase().unwrap_err();
    assert_eq!((refusal.code, trip.naming()), (Code::StoreUnavailable, vec![1, 2]));
    assert!(refusal.detail.contains(": 1, 2, 3. It has 3, "), "{refusal:?}");
    trip.world.0.failures.borrow_mut().clear();
    let refusal = trip.erase().unwrap_err();
    assert_eq!((refusal.code, trip.naming()), (Code::Internal, vec![]));
    assert!(refusal.detail.contains(": 3. It has 3, "), "{refusal:?}");
    assert!(refusal.log.is_some_and(|log| log.starts_with("revision 3: a stored bill cannot be read: ")));
}

/// Where there is no bill, whoever asks for one is told how to make it, and whoever wants nothing to be left is not.
#[test]
fn there_is_no_bill() {
    let trip = Trip::new(1);
    let context = now(Context::new(&trip.billing, "")).unwrap();
    let refusal = now(bills::erase_passenger(&context, "u", Some("110000"))).unwrap_err();
    assert_eq!((refusal.code, refusal.detail.contains("POST")), (Code::BillNotFound, false), "{refusal:?}");
    let wanted = Wanted { scene: None, locale: None, languages: None };
    let asked = [
        now(bills::fetch(&context, "u", Some("110000"))).map(drop),
        now(bills::detail(&context, "u", Some("110000"), wanted)).map(drop),
    ];
    for refusal in asked.map(Result::unwrap_err) {
        let says_where = refusal.detail.contains("POST /v1/trips/{trip_id}/bill ");
        assert_eq!((refusal.code, says_where), (Code::BillNotFound, true), "{refusal:?}");
    }
}

/// A store that does not redact leaves all as it was, and says so.
#[test]
fn a_store_that_is_away() {
    for (how, code) in [
        (Failure::Unavailable, Code::StoreUnavailable),
        (Failure::Refused, Code::StoreUnavailable),
        (Failure::Silent, Code::StoreTimedOut),
    ] {
        let trip = Trip::new(2);
        trip.world.0.failures.borrow_mut().insert("redact_bill", how);
        let refusal = trip.erase().unwrap_err();
        assert_eq!((refusal.code, trip.naming()), (code, vec![1, 2]), "{how:?}");
        assert!(refusal.detail.contains(": 1, 2. It has 2, "), "{refusal:?}");
        assert_eq!(trip.told(), [] as [Value; 0], "{how:?}");
        trip.world.0.failures.borrow_mut().clear();
        assert_eq!(trip.erase().unwrap().revisions, 2, "{how:?}");
    }
}
