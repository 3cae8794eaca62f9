//! What is answered to a signed request that is sent again: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_access::{Keys, Operation};
use farebox_billing::bills::{self, Billed};
use farebox_billing::caller::{Caller, Signed};
use farebox_billing::meter::Metered;
use farebox_billing::ports::Ids as _;
use farebox_billing::refusal::{Code, Refusal};
use farebox_billing::{Billing, Context, meter};
use farebox_kit::access::{self, EVERYTHING};
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

struct Ride {
    world: World,
    billing: Rc<Billing<World>>,
    keys: Rc<Keys>,
}

impl Ride {
    fn new() -> Self {
        let world = World::default();
        let keys = Rc::new(access::keys(seconds(&world)).keys());
        Self { billing: Billing::new(world.clone()), world, keys }
    }

    /// The context of a request that comes in now, signed with a nonce.
    fn signed(&self, nonce: &str, operation: Operation) -> Rc<Context<World>> {
        let mut context = now(Context::new(&self.billing, "")).unwrap();
        let attempt = context.ports().unique();
        let (key, created) = (EVERYTHING.to_owned(), seconds(&self.world));
        context.caller =
            Caller::Signed(Signed::new(Rc::clone(&self.keys), key, operation, nonce.to_owned(), created, attempt));
        Rc::new(context)
    }

    fn meter(&self, nonce: &str, sequence: u64) -> Result<u32, Refusal> {
        let segment = json!({"seq": sequence, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 9_000, "duration_s": 1_200});
        let request = json!({"city": "110000", "segments": [segment]});
        let context = self.signed(nonce, Operation::AddSegments);
        now(meter::add_segments(&*context, "t", &request)).map(|metered| match metered {
            Metered::Shared(totals) => totals.segments,
            Metered::Here(kept) => kept.received,
        })
    }

    fn bill(&self, nonce: &str) -> Result<Billed, Refusal> {
        self.bill_of(nonce, json!({}))
    }

    fn bill_of(&self, nonce: &str, more: Value) -> Result<Billed, Refusal> {
        let mut request = json!({
            "city": "110000", "product": "express",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        now(bills::create(&*self.signed(nonce, Operation::CreateBill), "t", &request))
    }

    fn fail(&self, call: &'static str, how: Failure) {
        *self.world.0.failures.borrow_mut() = [(call, how)].into();
    }

    fn mend(&self) {
        self.world.0.failures.borrow_mut().clear();
    }

    fn told(&self, event: &str) -> usize {
        self.world.0.events.borrow().iter().filter(|told| *told == event).count()
    }
}

fn seconds(world: &World) -> i64 {
    i64::try_from(world.0.now_ms.get() / 1_000).unwrap()
}

fn kept(billed: &Billed) -> String {
    let record: Value = serde_json::from_str(&billed.document).unwrap();
    record["kept"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_replayed<T: std::fmt::Debug>(answer: Result<T, Refusal>) {
    let refusal = answer.unwrap_err();
    assert_eq!(refusal.code, Code::SignatureReplayed, "{refusal:?}");
    assert!(refusal.detail.contains("sign anew with another nonce"), "{refusal:?}");
}

/// What is sent again is refused, whether there is something to write or not; who signs anew is answered as ever, to the byte.
#[test]
fn a_request_is_carried_out_once() {
    let ride = Ride::new();
    assert_eq!(ride.meter("m1", 1), Ok(1));
    assert_replayed(ride.meter("m1", 1));
    assert_eq!(ride.meter("m2", 1), Ok(1));
    assert_eq!(ride.meter("m3", 2), Ok(2));
    assert_replayed(ride.meter("m3", 3));
    let first = ride.bill("b1").unwrap();
    assert_replayed(ride.bill("b1"));
    let again = ride.bill("b2").unwrap();
    assert_eq!((first.new, again.new, &again.document), (true, false, &first.document));
    assert_replayed(ride.bill("b2"));
    assert_replayed(ride.bill("b1"));
    // A request for another bill has a nonce as well, and is told of the conflict once.
    let another = |nonce| ride.bill_of(nonce, json!({"tolls": "5.00"}));
    assert_eq!(another("b3").unwrap_err().code, Code::BillConflict);
    assert_replayed(another("b3"));
    assert_replayed(ride.bill("m1"));
    assert_eq!(ride.told("nonce-not-kept"), 0);
}

/// A request that loses the race for a trip is carried out by what answers it.
#[test]
fn a_repeat_that_is_found_late_counts() {
    let ride = Ride::new();
    ride.meter("m1", 1).unwrap();
    let first = ride.bill("b1").unwrap();
    // The look for an earlier bill fails, so the step that would keep it finds it.
    ride.fail("bill", Failure::Unavailable);
    assert_eq!(ride.bill("b2").unwrap().document, first.document);
    assert_replayed(ride.bill("b2"));
    ride.mend();
    assert_replayed(ride.bill("b2"));
}

/// A nonce is kept for longer than any node takes its signature, and not for ever.
#[test]
fn a_nonce_is_kept_for_an_hour() {
    let ride = Ride::new();
    ride.meter("m1", 1).unwrap();
    ride.world.0.now_ms.set(ride.world.0.now_ms.get() + 3_899_000);
    assert_replayed(ride.meter("m1", 1));
    ride.world.0.now_ms.set(ride.world.0.now_ms.get() + 1_000);
    assert_eq!(ride.meter("m1", 1), Ok(1));
}

/// A ride is billed while the store is away. What was carried out unheard was carried out: asked again with the same bytes it
/// is refused, and signed anew it is what there is.
#[test]
fn a_store_that_is_away() {
    let beside_redis = || {
        let ride = Ride::new();
        *ride.world.0.journal.borrow_mut() = Some(Journal::default());
        ride.meter("m1", 1).unwrap();
        ride
    };
    for how in [Failure::Unavailable, Failure::Refused, Failure::Silent] {
        let ride = beside_redis();
        ride.world.0.failures.borrow_mut().extend([("post_bill", how), ("enter", how)]);
        for _ in 0..2 {
            // There is nobody who could tell that it is a replay.
            assert_eq!(kept(&ride.bill("b1").unwrap()), "node", "{how:?}");
        }
        ride.fail("post_bill", how);
        assert_eq!(kept(&ride.bill("b1").unwrap()), "node", "{how:?}: it is the first that the store hears of");
        assert_replayed(ride.bill("b1"));
    }
    let ride = beside_redis();
    ride.fail("post_bill", Failure::Late);
    assert_eq!(kept(&ride.bill("b1").unwrap()), "node");
    ride.mend();
    assert_replayed(ride.bill("b1"));
    let first = ride.bill("b2").unwrap();
    assert_eq!((first.new, &*kept(&first)), (false, "shared"));

    ride.fail("add_segments", Failure::Late);
    assert_eq!(ride.meter("m2", 2), Ok(1), "the journal has it");
    *ride.world.0.journal.borrow_mut() = None;
    assert_eq!(ride.meter("m2", 2).unwrap_err().code, Code::StoreTimedOut);
    ride.fail("add_segments", Failure::Unavailable);
    assert_eq!(ride.meter("m1", 2).unwrap_err().code, Code::StoreUnavailable);
    ride.mend();
    assert_replayed(ride.meter("m2", 2));
    assert_eq!(ride.meter("m3", 2), Ok(2));
}

/// A bill that there is is answered whatever becomes of the nonce, which is an event; slowly, and it is entered.
#[test]
fn a_nonce_that_cannot_be_entered() {
    let ride = Ride::new();
    ride.meter("m1", 1).unwrap();
    let first = ride.bill("b1").unwrap();
    for (number, how) in [Failure::Unavailable, Failure::Refused, Failure::Silent].into_iter().enumerate() {
        ride.fail("enter", how);
        assert_eq!(ride.bill("b2").unwrap().document, first.document, "{how:?}");
        assert_eq!(ride.told("nonce-not-kept"), number + 1, "{how:?}");
    }
    ride.fail("enter", Failure::Slow(Duration::from_millis(200)));
    assert_eq!(ride.bill("b2").unwrap().document, first.document);
    assert_replayed(ride.bill("b2"));
    assert_eq!(ride.told("nonce-not-kept"), 3);
}

/// Who need not sign has no nonce, and no call more of the store.
#[test]
fn callers_on_the_machine_itself_have_none() {
    let ride = Ride::new();
    let context = || Rc::new(now(Context::new(&ride.billing, "")).unwrap());
    let segment =
        json!({"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 9_000, "duration_s": 1_200});
    let request = json!({"city": "110000", "segments": [segment]});
    ride.fail("enter", Failure::Unavailable);
    for _ in 0..2 {
        now(meter::add_segments(&*context(), "t", &request)).unwrap();
    }
    let request = json!({
        "city": "110000", "product": "express",
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
        "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
    });
    for _ in 0..2 {
        now(bills::create(&*context(), "t", &request)).unwrap();
    }
    assert_eq!((ride.told("nonce-not-kept"), ride.world.0.nonces.borrow().len()), (0, 0));
}
