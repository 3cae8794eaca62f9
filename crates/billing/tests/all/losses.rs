//! What is done when the store that nodes share has lost something: natively, one request at a time.
#![allow(clippy::unwrap_used)]

use farebox_billing::ports::{Loss, Store as _};
use farebox_billing::{Billing, Context, bills, drains, journal, meter};
use farebox_fare::Degradation;
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::rc::Rc;

/// A node with a journal, and a trip that was measured.
struct Node {
    world: World,
    billing: Rc<Billing<World>>,
}

impl Node {
    fn new() -> Self {
        let world = World::default();
        world.0.journal.replace(Some(Journal::default()));
        let node = Self { billing: Billing::new(world.clone()), world };
        let request = json!({"city": "110000", "segments": [
            {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 10_000, "duration_s": 1200}]});
        now(meter::add_segments(&node.context(), "t", &request)).unwrap();
        node
    }

    fn context(&self) -> Context<World> {
        now(Context::new(&self.billing, "")).unwrap()
    }

    fn bill(&self, trip: &str) -> Value {
        let request = json!({
            "city": "110000", "product": "express",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        });
        let billed = now(bills::create(&self.context(), trip, &request)).unwrap();
        self.world.after_answers();
        serde_json::from_str(&billed.document).unwrap()
    }

    /// The store cannot prove that it has all of the trip.
    fn loses(&self) {
        self.world.0.unproven.borrow_mut().insert("t".to_owned());
    }

    fn due(&self) -> Option<Degradation> {
        self.world.0.due.borrow().get("t").and_then(|due| due.reason)
    }

    fn told(&self) -> usize {
        self.world.0.events.borrow().iter().filter(|event| *event == "store-lost").count()
    }
}

/// What is left of a trip is charged, and the bill says that it may not be all; what it owes the driver waits. Nobody is told of the bill
/// that did not say so.
#[test]
fn what_is_left_is_said_to_be_what_is_left() {
    let node = Node::new();
    let whole = Node::new().bill("t");
    assert_eq!((&whole["provisional"], &whole["reasons"]), (&json!(false), &Value::Null));
    node.loses();
    let bill = node.bill("t");
    assert_eq!((&bill["basis"], &bill["reasons"]), (&json!("metered"), &json!(["store-lost"])));
    assert_eq!(
        (&bill["provisional"], &bill["degraded"], &bill["kept"]),
        (&json!(true), &json!(true), &json!("shared"))
    );
    assert_eq!(bill["passenger"]["total"], whole["passenger"]["total"]);
    assert_eq!(node.due(), Some(Degradation::StoreLost));
    let head = now(node.world.bill("110000", "t")).unwrap().unwrap();
    assert!(head.bill.document.contains("store-lost"));
    assert!(node.world.0.bills.borrow()["t"].iter().all(|new| new.top_up.is_none()));
    // The journal has this bill, and none that waits.
    let standing = node.world.0.journal.borrow().as_ref().unwrap().standing();
    assert_eq!((standing.waiting, standing.superseded), (0, 0));
    assert_eq!(node.bill("t"), bill, "asked again, it is the same bill");
}

/// What was guessed says so already, and is not made twice.
#[test]
fn what_is_marked_already_is_taken() {
    let node = Node::new();
    node.loses();
    node.world.0.failures.borrow_mut().insert("segments", Failure::Unavailable);
    node.world.0.called("post_bill");
    let bill = node.bill("t");
    assert_eq!((&bill["basis"], &bill["reasons"]), (&json!("mocked"), &json!(["store-unavailable"])));
    assert_eq!(node.world.0.called("post_bill"), 1);
}

/// A bill that was answered while the store took nothing stays what it was answered as, and is due when the store turns out to have lost
/// something.
#[test]
fn what_was_answered_is_due() {
    let node = Node::new();
    node.world.0.failures.borrow_mut().insert("post_bill", Failure::Unavailable);
    let answered = node.bill("t");
    assert_eq!((&answered["kept"], &answered["provisional"]), (&json!("node"), &json!(false)));
    node.world.0.failures.borrow_mut().clear();
    node.loses();
    while now(journal::drive_in(&node.billing, 16)).unwrap() > 0 {}
    assert_eq!(node.due(), Some(Degradation::StoreLost));
    let kept = node.bill("t");
    assert_eq!((&kept["kept"], &kept["provisional"]), (&json!("shared"), &json!(false)));
    assert_eq!(kept["passenger"], answered["passenger"]);
}

/// Documents that were kept in a store that has lost something since are kept there again, and operators are told once of what a city loses
/// at once, by whichever instance hears of it.
#[test]
fn documents_are_kept_again() {
    let node = Node::new();
    node.bill("t");
    assert!(node.world.0.called("put_document") > 0);
    node.bill("u");
    assert_eq!(node.world.0.called("put_document"), 0);
    for (number, at_ms) in [(1, 1_795_219_200_000), (2, 1_795_219_201_000)] {
        let loss = Loss { number, city: "110000".to_owned(), bucket: 3, at_ms };
        node.world.0.losses.borrow_mut().push(loss);
        now(journal::drive_in(&node.billing, 1)).unwrap();
    }
    node.bill("v");
    assert!(node.world.0.called("put_document") > 0);
    assert_eq!(node.told(), 1);
    let other = Node { world: node.world.clone(), billing: Billing::new(node.world.clone()) };
    now(journal::drive_in(&other.billing, 1)).unwrap();
    assert_eq!(node.told(), 1);
    // Nor is it told again, by an instance that begins on another day.
    let later_ms = 1_795_219_200_000 + 2 * 86_400_000;
    node.world.0.now_ms.set(later_ms);
    let late = Node { world: node.world.clone(), billing: Billing::new(node.world.clone()) };
    now(journal::drive_in(&late.billing, 1)).unwrap();
    assert_eq!(node.told(), 1);
    let again = Loss { number: 3, city: "110000".to_owned(), bucket: 3, at_ms: later_ms };
    node.world.0.losses.borrow_mut().push(again);
    now(journal::drive_in(&other.billing, 1)).unwrap();
    assert_eq!(node.told(), 2);
}

/// A bill that waits is sent with what it was made with also when it is asked for before its instance has heard of a loss.
#[test]
fn documents_are_kept_again_before_a_repeat_is_answered() {
    let node = Node::new();
    node.world.0.failures.borrow_mut().insert("post_bill", Failure::Unavailable);
    assert_eq!(node.bill("t")["kept"], "node");
    assert!(now(journal::drive_in(&node.billing, 1)).is_err(), "the store takes its documents, and not the bill");
    node.world.0.failures.borrow_mut().clear();
    let loss = Loss { number: 1, city: "110000".to_owned(), bucket: 3, at_ms: 1_795_219_200_000 };
    node.world.0.losses.borrow_mut().push(loss);
    node.world.0.called("put_document");
    assert_eq!(node.bill("t")["kept"], "shared");
    assert!(node.world.0.called("put_document") > 0);
}

/// A store that is slow takes the documents of a bill and loses them before it answers. The bill is kept, and nothing of its trip was lost; once it is
/// found out where the documents were, they are put back, and no bill has to wait for that.
#[test]
fn lost_documents_are_put_back() {
    let node = Node::new();
    node.bill("t");
    let before = std::mem::take(&mut *node.world.0.documents.borrow_mut());
    assert_eq!(before.len(), 3, "two rate cards, and a policy");
    node.world.0.journal.borrow_mut().as_mut().unwrap().lose_documents(1, |city, _| city == "110000");
    node.world.0.failures.borrow_mut().insert("put_document", Failure::Unavailable);
    assert!(now(journal::drive_in(&node.billing, 16)).is_err());
    assert!(node.world.0.documents.borrow().is_empty());
    node.world.0.failures.borrow_mut().clear();
    assert_eq!(now(journal::drive_in(&node.billing, 2)), Ok(2), "a little at a time");
    assert_eq!(now(journal::drive_in(&node.billing, 2)), Ok(1));
    assert_eq!(now(journal::drive_in(&node.billing, 2)), Ok(0));
    assert_eq!(*node.world.0.documents.borrow(), before);
}

/// The job looks at the store before it drives in, whether anything waits or not; a store that does not answer then is told.
#[test]
fn the_job_looks_at_the_store() {
    let node = Node::new();
    assert_eq!(now(drains::drain(&node.context())).unwrap().stopped, None);
    assert_eq!(node.world.0.called("look"), 1);
    node.world.0.failures.borrow_mut().insert("look", Failure::Unavailable);
    let drained = now(drains::drain(&node.context())).unwrap();
    assert_eq!((drained.driven_in, drained.stopped), (0, Some(Degradation::StoreUnavailable)));
}

/// Three bills of a trip were lost, and another node has sent the newest again. The first waits until the second is there; all of them are there
/// in the end with what they owed, and nobody gave way.
#[test]
fn older_bills_wait_for_those_between() {
    let node = Node::new();
    node.bill("t");
    for late in 2..=3 {
        let request = json!({"city": "110000", "segments": [
            {"seq": late, "started_at": "2026-11-21T08:19:00+08:00", "distance_m": 900, "duration_s": 10}]});
        now(meter::add_segments(&node.context(), "t", &request)).unwrap();
        node.world.0.now_ms.set(node.world.0.now_ms.get() + 2_000);
        assert!(now(bills::repair(&node.context(), "t", Some("110000"))).unwrap().new);
        node.world.after_answers();
    }
    let kept = || -> Vec<_> {
        let bills = node.world.0.bills.borrow();
        bills["t"].iter().map(|new| (new.revision.clone(), new.top_up.clone())).collect()
    };
    let before = kept();
    assert_eq!(before.len(), 3);
    node.world.0.bills.borrow_mut().get_mut("t").unwrap().retain(|new| new.revision.number == 3);
    node.world.0.journal.borrow_mut().as_mut().unwrap().recall(0, false, |_| true);
    while now(journal::drive_in(&node.billing, 16)).unwrap() > 0 {}
    assert_eq!(kept(), before);
    let standing = node.world.0.journal.borrow().as_ref().unwrap().standing();
    assert_eq!((standing.waiting, standing.superseded), (0, 0));
}

/// Where nobody here has the one between, the first waits on, and the bill of another trip does not wait for it.
#[test]
fn what_waits_for_another_node_holds_up_nothing() {
    let node = Node::new();
    node.bill("t");
    node.bill("u");
    let mut third = node.world.0.bills.borrow()["t"][0].clone();
    third.revision.number = 3;
    node.world.0.bills.borrow_mut().clear();
    node.world.0.bills.borrow_mut().insert("t".to_owned(), vec![third]);
    node.world.0.journal.borrow_mut().as_mut().unwrap().recall(0, false, |_| true);
    while now(journal::drive_in(&node.billing, 16)).unwrap() > 0 {}
    let numbers = |trip: &str| -> Vec<u32> {
        let bills = node.world.0.bills.borrow();
        bills.get(trip).into_iter().flatten().map(|new| new.revision.number).collect()
    };
    assert_eq!((numbers("t"), numbers("u")), (vec![3], vec![1]));
    let standing = node.world.0.journal.borrow().as_ref().unwrap().standing();
    assert_eq!((standing.waiting, standing.superseded), (1, 0), "it may yet belong there");
}

/// The store takes a bill, and its answer is lost. Whoever asks again is answered from what the store has; but that was a read, and nobody has
/// heard how far the store is, nor would notice that it loses the bill then. So the bill is sent again, which is heard.
#[test]
fn what_was_only_read_is_sent() {
    let node = Node::new();
    node.world.0.failures.borrow_mut().insert("post_bill", Failure::Late);
    assert_eq!(node.bill("t")["kept"], "node");
    node.world.0.failures.borrow_mut().clear();
    node.world.0.called("post_bill");
    assert_eq!(node.bill("t")["kept"], "shared");
    while now(journal::drive_in(&node.billing, 16)).unwrap() > 0 {}
    assert!(node.world.0.called("post_bill") > 0, "it was noted as sent for what was read");
    assert_eq!(node.world.0.journal.borrow().as_ref().unwrap().standing().waiting, 0);
}
