//! What is in the ledger of a city: natively.
#![allow(clippy::unwrap_used)]

use farebox_billing::{Billing, Context, bills, meter};
use farebox_kit::memory::{Failure, World, now};
use serde_json::json;
use std::collections::BTreeSet;
use std::rc::Rc;

const DAY: Option<&str> = Some("2026-11-21");

fn context(billing: &Rc<Billing<World>>) -> Context<World> {
    now(Context::new(billing, "")).unwrap()
}

fn ride(billing: &Rc<Billing<World>>, trip: &str, seq: u32) {
    let segment = json!({"seq": seq, "started_at": format!("2026-11-21T08:{seq:02}:00+08:00"),
                         "distance_m": 10_000, "duration_s": 60});
    now(meter::add_segments(&context(billing), trip, &json!({"city": "110000", "segments": [segment]}))).unwrap();
}

fn bill(billing: &Rc<Billing<World>>, trip: &str, driver: &str) {
    let request = json!({
        "city": "110000", "product": "express",
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
        "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        "driver_id": driver,
    });
    now(bills::create(&context(billing), trip, &request)).unwrap();
}

/// "trip revision amount" of every entry of a day, and of whom.
fn entries(billing: &Rc<Billing<World>>) -> Vec<String> {
    let list = now(bills::top_ups(&context(billing), "110000", DAY, None)).unwrap();
    assert_eq!(list.next, None);
    let words = list.top_ups.iter().map(|top_up| {
        let (trip, revision, driver) = (&top_up.trip_id, top_up.revision, top_up.driver_id.as_deref());
        format!("{trip} {revision} {} {}", top_up.currency.format(top_up.amount), driver.unwrap_or_default())
    });
    words.collect()
}

/// The ledger owes what the bills do: a top-up each, and of a bill that was made again what the one before did not, under the day of the
/// first one. A bill that is not final owes nothing yet.
#[test]
fn what_the_ledger_owes() {
    let world = World::default();
    let billing = Billing::new(world.clone());
    ride(&billing, "a", 1);
    bill(&billing, "a", "d-1");
    bill(&billing, "b", "d-2");
    let first = entries(&billing);
    assert_eq!(first.len(), 1, "nothing was measured of the other: {first:?}");
    assert!(first[0].starts_with("a 1 ") && first[0].ends_with(" d-1"), "{first:?}");
    ride(&billing, "a", 2);
    world.0.now_ms.set(world.0.now_ms.get() + 30 * 3_600_000);
    assert!(now(bills::repair(&context(&billing), "a", Some("110000"))).unwrap().new);
    let both = entries(&billing);
    assert_eq!((both.len(), &both[0]), (2, &first[0]), "{both:?}");
    assert!(both[1].starts_with("a 2 "), "{both:?}");
    let none = now(bills::top_ups(&context(&billing), "110000", Some("2026-11-22"), None)).unwrap();
    assert!(none.top_ups.is_empty() && none.next.is_none());
}

/// However many there are, each is on one page.
#[test]
fn pages_leave_nothing_out() {
    let world = World::default();
    let billing = Billing::new(world.clone());
    for trip in 0..1_100 {
        ride(&billing, &format!("t-{trip}"), 1);
        bill(&billing, &format!("t-{trip}"), "d");
        world.after_answers();
    }
    let (mut trips, mut cursor, mut pages, mut all) = (BTreeSet::new(), None::<String>, 0, 0);
    loop {
        let list = now(bills::top_ups(&context(&billing), "110000", DAY, cursor.as_deref())).unwrap();
        all += list.top_ups.len();
        trips.extend(list.top_ups.into_iter().map(|top_up| top_up.trip_id));
        cursor = list.next;
        pages += 1;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((trips.len(), all, pages), (1_100, 1_100, 2));
}

/// That nothing is owed is only said when that is known.
#[test]
fn nothing_is_not_said_of_what_is_not_known() {
    let world = World::default();
    let billing = Billing::new(world.clone());
    let ask = |city: &str, day: Option<&str>| now(bills::top_ups(&context(&billing), city, day, None)).unwrap_err();
    for day in [None, Some(""), Some("2026-13-01"), Some("yesterday")] {
        assert_eq!(ask("110000", day).parameter, Some("day"));
    }
    assert_eq!(ask("atlantis", DAY).parameter, Some("city"));
    let from_nowhere = now(bills::top_ups(&context(&billing), "atlantis", DAY, Some(""))).unwrap_err();
    assert_eq!(from_nowhere.parameter, Some("city"), "an empty cursor is none");
    ride(&billing, "a", 1);
    bill(&billing, "a", "d");
    for call in ["bills_of_day", "top_up"] {
        world.0.failures.borrow_mut().insert(call, Failure::Unavailable);
        assert_eq!(ask("110000", DAY).code.word(), "store-unavailable", "{call}");
        world.0.failures.borrow_mut().clear();
    }
}
