//! Erasing who rode from every revision of a bill, whatever happens to one of them: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::answers::Erased;
use farebox_billing::refusal::{Code, Refusal};
use farebox_billing::{Billing, Context, Wanted, bills, journal};
use farebox_kit::journal::Journal;
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
        let trip = Self { billing: Billing::new(world.clone()), world };
        trip.bill();
        let mut bills = trip.world.0.bills.borrow_mut();
        let all = bills.get_mut("t").unwrap();
        for number in 2..=revisions {
            let mut next = all[0].clone();
            next.revision.number = number;
            all.push(next);
        }
        drop(bills);
        for name in ["bill", "revision", "redact_bill"] {
            trip.world.0.called(name);
        }
        assert_eq!(trip.naming(), (1..=revisions).collect::<Vec<_>>());
        trip
    }

    /// One of a node that has a journal, billed while posting fails so, or not.
    fn journaled(failure: Option<Failure>) -> Self {
        let world = World::default();
        world.0.journal.replace(Some(Journal::default()));
        world.0.failures.borrow_mut().extend(failure.map(|failure| ("post_bill", failure)));
        let trip = Self { billing: Billing::new(world.clone()), world };
        let kept = if failure.is_some() { "node" } else { "shared" };
        assert_eq!(trip.bill()["kept"], kept);
        trip.world.after_answers();
        trip
    }

    fn bill(&self) -> Value {
        let request = json!({
            "city": "110000", "product": "express", "passenger": {"id": "p-1"},
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        });
        let billed = now(bills::create(&now(Context::new(&self.billing, "")).unwrap(), "t", &request)).unwrap();
        serde_json::from_str(&billed.document).unwrap()
    }

    /// Whether the journal says who rode.
    fn is_named_here(&self) -> bool {
        format!("{:?}", self.world.0.journal.borrow()).contains("p-1")
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

/// What only the journal of the node has is in the store first, and goes out of both; as long as the store does not take it, that is
/// said, and nothing is changed.
#[test]
fn what_waits_is_erased() {
    for failure in [Failure::Unavailable, Failure::Silent] {
        let trip = Trip::journaled(Some(failure));
        let refusal = trip.erase().unwrap_err();
        assert!(matches!(refusal.code, Code::StoreUnavailable | Code::StoreTimedOut), "{refusal:?}");
        assert!(trip.is_named_here());
        trip.world.0.failures.borrow_mut().clear();
        assert_eq!(trip.erase().unwrap().revisions, 1);
        assert_eq!((trip.naming(), trip.is_named_here()), (vec![], false));
        assert_eq!(trip.bill().get("passenger_id"), None);
    }
}

/// A bill that the store has lost is in the journal, and is erased there.
#[test]
fn what_the_store_has_lost_is_erased() {
    let trip = Trip::journaled(None);
    trip.world.0.bills.borrow_mut().clear();
    assert_eq!(trip.erase().unwrap().revisions, 1);
    assert!(!trip.is_named_here());
    assert_eq!(trip.erase().unwrap_err().code, Code::BillNotFound);
    assert_eq!(trip.bill().get("passenger_id"), None, "it is the bill that was answered");
}

/// Where another node was asked to erase it, this one does so too when it hears of that, and does not take it for another bill.
#[test]
fn what_another_node_has_erased_is_erased_here() {
    for failure in [None, Some(Failure::Late)] {
        let trip = Trip::journaled(failure);
        trip.world.0.failures.borrow_mut().clear();
        // The other node has no journal of this trip.
        let here = trip.world.0.journal.take();
        assert_eq!(trip.erase().unwrap().revisions, 1);
        trip.world.0.journal.replace(here);
        assert!(trip.is_named_here());
        assert_eq!(trip.bill().get("passenger_id"), None);
        trip.world.after_answers();
        while now(journal::drive_in(&trip.billing, 16)).unwrap() > 0 {}
        assert!(!trip.is_named_here(), "{failure:?}");
        let standing = trip.world.0.journal.borrow().as_ref().unwrap().standing();
        assert_eq!((standing.waiting, standing.superseded), (0, 0), "{failure:?}");
    }
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
