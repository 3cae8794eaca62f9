//! The bills of a city, as people look after them, and the job that looks after those that are due: natively.
#![allow(clippy::unwrap_used)]

use farebox_billing::answers::ListedBill;
use farebox_billing::{Billing, Context, bills, meter, repairs};
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::rc::Rc;

fn context(billing: &Rc<Billing<World>>) -> Context<World> {
    now(Context::new(billing, "")).unwrap()
}

fn bill() -> Value {
    json!({
        "city": "110000", "product": "express", "started_at": "2026-11-21T08:00:00+08:00",
        "ended_at": "2026-11-21T08:20:00+08:00", "origin": {"lat": 39.9, "lng": 116.4},
        "destination": {"lat": 39.95, "lng": 116.45},
    })
}

fn meter(billing: &Rc<Billing<World>>, trip: &str) {
    let segment =
        json!({"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 9_000, "duration_s": 1_200});
    now(meter::add_segments(&context(billing), trip, &json!({"city": "110000", "segments": [segment]}))).unwrap();
}

/// The trips that are listed, and why each is due.
fn listed(billing: &Rc<Billing<World>>, day: Option<&str>, wanted: Option<&str>) -> Vec<String> {
    let asked = bills::Asked { city: "110000", day, wanted, cursor: None };
    let list = now(bills::list(&context(billing), asked)).unwrap();
    assert_eq!(list.next, None);
    let said = |listed: &ListedBill| {
        let due = listed.due.as_ref().and_then(|due| due.reason).map(|reason| format!(" {}", reason.word()));
        format!("{} {}{}", listed.trip_id, listed.bill.revision, due.unwrap_or_default())
    };
    list.bills.iter().map(said).collect()
}

/// What is due is listed with its reason until it is repaired, and by day as what became of it.
#[test]
fn bills_are_listed_by_what_they_are() {
    let world = World::default();
    let billing = Billing::new(world.clone());
    for trip in ["measured", "lost", "late"] {
        if trip != "lost" {
            meter(&billing, trip);
        }
        if trip == "late" {
            world.0.failures.borrow_mut().insert("segments", Failure::Unavailable);
        }
        now(bills::create(&context(&billing), trip, &bill())).unwrap();
        world.after_answers();
        world.0.failures.borrow_mut().clear();
    }
    let day = Some("2026-11-21");
    let none: [&str; 0] = [];
    assert_eq!(listed(&billing, None, None), ["late 1 store-unavailable", "lost 1 trip-missing"]);
    assert_eq!(listed(&billing, day, None), ["late 1", "lost 1", "measured 1"]);
    assert_eq!(listed(&billing, day, Some("provisional")), ["late 1", "lost 1"]);
    assert_eq!(listed(&billing, day, Some("closed")), none);
    assert_eq!(listed(&billing, Some("2026-11-22"), None), none);
    world.0.now_ms.set(world.0.now_ms.get() + 5_000);
    now(bills::repair(&context(&billing), "late", Some("110000"))).unwrap();
    world.0.now_ms.set(world.0.now_ms.get() + 72 * 3_600_000);
    now(bills::repair(&context(&billing), "lost", Some("110000"))).unwrap();
    assert_eq!(listed(&billing, None, None), none);
    assert_eq!(listed(&billing, day, Some("repaired")), ["late 2", "lost 2"]);
    assert_eq!(listed(&billing, day, Some("closed")), ["lost 2"]);
    assert_eq!(listed(&billing, day, Some("degraded")), ["lost 2"]);
    for (day, wanted, wrong) in
        [(Some("2026-13-01"), None, "day"), (Some(""), None, "day"), (day, Some("due"), "state")]
    {
        let asked = bills::Asked { city: "110000", day, wanted, cursor: None };
        assert_eq!(now(bills::list(&context(&billing), asked)).unwrap_err().parameter, Some(wrong));
    }
    let nowhere = bills::Asked { city: "atlantis", ..bills::Asked::default() };
    assert_eq!(now(bills::list(&context(&billing), nowhere)).unwrap_err().parameter, Some("city"));
    world.0.failures.borrow_mut().insert("bill", Failure::Unavailable);
    let asked = bills::Asked { city: "110000", day, wanted: None, cursor: None };
    assert_eq!(now(bills::list(&context(&billing), asked)).unwrap_err().code.word(), "store-unavailable");
}

/// However many there are, each is on one page, and each is looked at in one slice.
#[test]
fn pages_and_slices_leave_nothing_out() {
    let world = World::default();
    let billing = Billing::new(world.clone());
    for trip in 0..450 {
        now(bills::create(&context(&billing), &format!("t-{trip}"), &bill())).unwrap();
        world.after_answers();
    }
    let (mut trips, mut cursor, mut pages) = (BTreeSet::new(), None::<String>, 0);
    loop {
        let asked = bills::Asked { city: "110000", day: None, wanted: None, cursor: cursor.as_deref() };
        let list = now(bills::list(&context(&billing), asked)).unwrap();
        assert!(list.bills.len() <= 100);
        trips.extend(list.bills.into_iter().map(|listed| listed.trip_id));
        cursor = list.next;
        pages += 1;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((trips.len(), pages), (450, 5));
    world.0.now_ms.set(world.0.now_ms.get() + 5_000);
    (0..450).for_each(|trip| meter(&billing, &format!("t-{trip}")));
    // What came due in this very second is left for a later one.
    world.0.now_ms.set(world.0.now_ms.get() + 5_000);
    let (mut repaired, mut cursor, mut slices) = (0, None::<String>, 0);
    loop {
        let swept = now(repairs::sweep(&context(&billing), None, cursor.as_deref())).unwrap();
        assert_eq!((swept.repaired, swept.failed, swept.stay_due), (swept.looked_at, 0, 0));
        repaired += swept.repaired;
        cursor = swept.next;
        slices += 1;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((repaired, slices), (450, 3));
    assert!(world.0.due.borrow().is_empty());
}
