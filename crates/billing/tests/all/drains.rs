//! What waits on a node is driven in when it is asked for: natively, one slice at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::answers::Drained;
use farebox_billing::{Billing, Context, drains, meter};
use farebox_fare::Degradation;
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use serde_json::json;
use std::rc::Rc;

/// A node whose store takes no segments, with so many batches of them.
fn node(batches: usize) -> (World, Rc<Billing<World>>) {
    let world = World::default();
    world.0.journal.replace(Some(Journal::default()));
    world.0.failures.borrow_mut().insert("add_segments", Failure::Unavailable);
    let billing = Billing::new(world.clone());
    for trip in 0..batches {
        let context = now(Context::new(&billing, "")).unwrap();
        let segment =
            json!({"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 4_000, "duration_s": 200});
        let document = json!({"city": "110000", "segments": [segment]});
        now(meter::add_segments(&context, &format!("t-{trip}"), &document)).unwrap();
    }
    (world, billing)
}

fn drained(billing: &Rc<Billing<World>>) -> Drained {
    now(drains::drain(&now(Context::new(billing, "")).unwrap())).unwrap()
}

/// What waits is driven in slice by slice, and each says whether there is more; where the store takes nothing it says why, and how much
/// waits.
#[test]
fn what_waits_is_driven_in() {
    let (world, billing) = node(250);
    let stopped = drained(&billing);
    assert_eq!((stopped.driven_in, stopped.waiting, stopped.more), (0, 250, false));
    assert_eq!(stopped.stopped, Some(Degradation::StoreUnavailable));
    world.0.failures.borrow_mut().clear();
    // What was given to somebody is not given to others for some seconds.
    world.0.now_ms.set(world.0.now_ms.get() + 10_000);
    let first = drained(&billing);
    assert_eq!((first.waiting, first.stopped, first.more), (250 - first.driven_in as u64, None, true));
    assert!((200..250).contains(&first.driven_in), "{first:?}");
    let rest = drained(&billing);
    assert_eq!((rest.driven_in, rest.waiting, rest.oldest, rest.more), (250 - first.driven_in, 0, None, false));
    assert_eq!(world.0.segments.borrow().len(), 250);
    assert_eq!(drained(&billing), Drained { driven_in: 0, waiting: 0, oldest: None, stopped: None, more: false });
}

/// Where everything is kept on the node nothing waits.
#[test]
fn without_a_journal_nothing_waits() {
    let billing = Billing::new(World::default());
    assert_eq!(drained(&billing), Drained { driven_in: 0, waiting: 0, oldest: None, stopped: None, more: false });
}
