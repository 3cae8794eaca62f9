//! Bills that are made again: natively, one request at a time. The law is that a repaired bill is the one that it would have been.
#![allow(clippy::unwrap_used)]

use farebox_billing::ports::{DueTrip, NewRevision};
use farebox_billing::{Billing, Context, bills, meter, repairs};
use farebox_fare::Degradation;
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use farebox_records::{BillRecord, TopUpRecord};
use serde_json::{Value, json};
use std::fs;
use std::rc::Rc;

/// A node, and a trip of three segments.
struct Node {
    world: World,
    billing: Rc<Billing<World>>,
}

impl Node {
    fn new() -> Self {
        Self::on(World::default())
    }

    fn on(world: World) -> Self {
        world.0.journal.replace(Some(Journal::default()));
        Self { billing: Billing::new(world.clone()), world }
    }

    /// One on which these segments have come.
    fn with(numbers: &[u64]) -> Self {
        let node = Self::new();
        if !numbers.is_empty() {
            node.meter(numbers);
        }
        node
    }

    fn context(&self) -> Context<World> {
        now(Context::new(&self.billing, "")).unwrap()
    }

    fn meter(&self, numbers: &[u64]) {
        let segment = |number: &u64| {
            let minute = (number - 1) * 4;
            json!({"seq": number, "started_at": format!("2026-11-21T08:{minute:02}:00+08:00"),
                   "distance_m": 4_000 + number, "duration_s": 200})
        };
        let segments: Vec<Value> = numbers.iter().map(segment).collect();
        now(meter::add_segments(&self.context(), "t", &json!({"city": "110000", "segments": segments}))).unwrap();
    }

    fn request(last: Option<u64>) -> Value {
        let mut request = json!({
            "city": "110000", "product": "express", "tolls": "5.00", "passenger": {"id": "p-1"}, "driver_id": "d-1",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
            "order": {"campaign": "autumn", "partner": "airline"}, "tags": {"a": "b"},
        });
        if let Some(last) = last {
            request["last_seq"] = last.into();
        }
        request
    }

    fn bill(&self, last: Option<u64>) -> BillRecord {
        let billed = now(bills::create(&self.context(), "t", &Self::request(last))).unwrap();
        self.world.after_answers();
        BillRecord::read(&billed.document).unwrap()
    }

    /// Repairs the bill some seconds later.
    fn repair(&self) -> (bool, BillRecord) {
        self.pass(5);
        let billed = now(bills::repair(&self.context(), "t", Some("110000"))).unwrap();
        self.world.after_answers();
        (billed.new, BillRecord::read(&billed.document).unwrap())
    }

    fn pass(&self, seconds: u64) {
        let now_ms = &self.world.0.now_ms;
        now_ms.set(now_ms.get() + seconds * 1_000);
    }

    fn fails(&self, call: &'static str) {
        self.world.0.failures.borrow_mut().insert(call, Failure::Unavailable);
    }

    fn recovers(&self) {
        self.world.0.failures.borrow_mut().clear();
    }

    fn due(&self) -> Option<Degradation> {
        self.world.0.due.borrow().get("t").and_then(|due| due.reason)
    }

    /// What all revisions owe the driver together, in minor units.
    fn owed(&self) -> i64 {
        let bills = self.world.0.bills.borrow();
        let top_ups = bills["t"].iter().filter_map(|new| new.top_up.as_ref());
        for top_up in top_ups.clone() {
            assert_eq!(TopUpRecord::read(&top_up.document).unwrap().amount, top_up.amount);
        }
        top_ups.map(|top_up| top_up.amount).sum()
    }

    fn revisions(&self) -> usize {
        self.world.0.bills.borrow()["t"].len()
    }

    /// Whether the bill is the one that would have been made of these segments without a fault, and nothing is owed twice.
    fn is_right(&self, bill: &BillRecord, numbers: &[u64], last: Option<u64>) {
        let right = Self::with(numbers).bill(last);
        let again = BillRecord { repair: None, ..bill.clone() };
        assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&right).unwrap());
        assert_eq!(self.owed(), right.settlement.map_or(0, |settlement| settlement.top_up));
        assert_eq!(self.due(), None);
    }
}

/// A bill that was guessed because the store did not say is made of what the store has.
#[test]
fn what_was_guessed_is_put_right() {
    let node = Node::with(&[1, 2, 3]);
    node.fails("segments");
    let guessed = node.bill(None);
    assert_eq!((guessed.provisional, node.owed()), (true, 0));
    assert_eq!(node.due(), Some(Degradation::StoreUnavailable));
    node.recovers();
    let (new, bill) = node.repair();
    assert!(new);
    node.is_right(&bill, &[1, 2, 3], None);
    let repair = bill.repair.unwrap();
    assert_eq!((repair.revision, &repair.because[..]), (2, &[Degradation::StoreUnavailable][..]));
    assert_eq!(repair.passenger.before, guessed.passenger.payable);
    assert_eq!(repair.driver.after, bill.driver.payable);
    // Asked again there is nothing left to do.
    let (new, again) = node.repair();
    assert_eq!((new, again.billed_at, node.revisions()), (false, guessed.billed_at, 2));
    // And a repeat of the first request gets it.
    assert_eq!(node.bill(None).repair.unwrap().revision, 2);
}

/// Segments that come after the bill are on the next one, whatever the first one was, and a top-up is corrected by a further entry.
#[test]
fn what_comes_late_is_billed() {
    for (first, then, last) in [
        (&[][..], &[1, 2, 3][..], None),
        (&[1, 3], &[2], None),
        (&[1], &[2, 3], Some(3)),
        (&[1, 2], &[3], None),
        (&[1, 2, 3], &[4], None),
    ] {
        let node = Node::with(first);
        node.bill(last);
        node.pass(5);
        node.meter(then);
        let (new, bill) = node.repair();
        assert!(new);
        node.is_right(&bill, &[first, then].concat(), last);
        assert!(!bill.provisional);
    }
}

/// Nothing is made of nothing: what can still not be had stays due.
#[test]
fn what_is_still_not_there_stays_due() {
    let node = Node::new();
    node.bill(None);
    let (new, bill) = node.repair();
    assert_eq!((new, bill.repair.is_none(), node.due()), (false, true, Some(Degradation::TripMissing)));
    node.fails("segments");
    node.pass(5);
    let refusal = now(bills::repair(&node.context(), "t", Some("110000"))).unwrap_err();
    assert_eq!(refusal.code.word(), "store-unavailable");
    assert_eq!(node.due(), Some(Degradation::TripMissing));
}

/// When the time for it is over, the bill counts as it is, says so, and its top-up is owed.
#[test]
fn the_time_for_it_ends() {
    let node = Node::new();
    let guessed = node.bill(None);
    node.pass(72 * 3_600);
    let (new, bill) = node.repair();
    let repair = bill.repair.clone().unwrap();
    assert_eq!((new, repair.closed, bill.provisional, bill.degraded), (true, true, false, true));
    assert_eq!((&bill.reasons, &bill.passenger, &bill.driver), (&guessed.reasons, &guessed.passenger, &guessed.driver));
    assert_eq!(node.owed(), bill.settlement.unwrap().top_up);
    assert_eq!(node.due(), None);
    assert!(!node.repair().0);
}

/// What was closed as it was is put right all the same when its segments come; and what was paid too much is taken back by a further entry.
#[test]
fn what_was_closed_is_put_right() {
    let node = Node::new();
    node.bill(None);
    node.pass(72 * 3_600);
    let (_, closed) = node.repair();
    let paid = node.owed();
    node.meter(&[1]);
    let (new, bill) = node.repair();
    assert_eq!((new, bill.kept.word(), node.revisions()), (true, "shared", 3));
    assert!(closed.repair.is_some_and(|repair| repair.closed) && node.owed() < paid, "{paid}");
    node.is_right(&bill, &[1], None);
}

/// A bill of a store that has lost something is final once the numbers prove that all of it is there; else it waits for the end.
#[test]
fn numbers_prove_that_nothing_is_lost() {
    for (last, is_final) in [(Some(3), true), (None, false)] {
        let node = Node::with(&[1, 2, 3]);
        node.world.0.unproven.borrow_mut().insert("t".to_owned());
        assert_eq!(node.bill(last).reasons, [Degradation::StoreLost]);
        let (new, bill) = node.repair();
        assert_eq!((new, !bill.provisional), (is_final, is_final));
        if is_final {
            node.is_right(&bill, &[1, 2, 3], last);
        }
    }
}

/// The passenger is charged no more than by the first bill, the driver gets all of it, and the platform bears the difference.
#[test]
fn the_platform_bears_the_difference() {
    let node = Node::with(&[1, 2]);
    let first = node.bill(None);
    node.pass(5);
    node.meter(&[3]);
    let (_, bill) = node.repair();
    let repair = bill.repair.clone().unwrap();
    assert!(bill.passenger.payable > first.passenger.payable);
    assert_eq!((repair.passenger.before, repair.passenger.after), (first.passenger.payable, first.passenger.payable));
    assert_eq!(repair.passenger.borne, bill.passenger.payable - first.passenger.payable);
    assert_eq!((repair.driver.before, repair.driver.after), (first.driver.payable, bill.driver.payable));
    assert_eq!(repair.passenger.outstanding(), Some(0));
    let lines: i64 = repair.passenger.lines.iter().map(|line| line.after - line.before).sum();
    assert_eq!(lines, bill.passenger.payable - first.passenger.payable);
    // Once more: still no more than by the first.
    node.meter(&[4]);
    let again = node.repair().1.repair.unwrap();
    assert_eq!((again.revision, again.passenger.after), (3, first.passenger.payable));
}

/// A repaired bill that the store does not take is kept by this node, and driven in; it is asked for, and read, all the same.
#[test]
fn a_repair_is_kept_like_any_bill() {
    let node = Node::with(&[1, 2]);
    node.bill(None);
    node.pass(5);
    node.meter(&[3]);
    node.fails("post_bill");
    let (new, bill) = node.repair();
    assert_eq!((new, bill.kept.word(), node.revisions()), (true, "node", 1));
    assert_eq!(node.bill(None).repair.unwrap().revision, 2, "the store has the one before, and this node a newer one");
    node.recovers();
    let read = now(bills::fetch(&node.context(), "t", Some("110000"))).unwrap();
    assert_eq!(BillRecord::read(&read).unwrap().repair.unwrap().revision, 2);
    let (new, bill) = node.repair();
    assert_eq!((new, bill.kept.word(), node.revisions()), (false, "shared", 2));
    node.is_right(&bill, &[1, 2, 3], None);
}

/// What the store has lost is put back by a node that it has told of it: as it was, with its top-up and the documents that it names. The
/// node that made it may be gone.
#[test]
fn what_the_store_lost_is_put_back() {
    for lost in [1, 2] {
        let maker = Node::with(&[1, 2]);
        maker.bill(None);
        maker.pass(5);
        maker.meter(&[3]);
        let (_, bill) = maker.repair();
        let (kept, owed) = (maker.world.0.bills.borrow()["t"][2 - lost..].to_vec(), maker.owed());
        assert!(owed > 0 && kept.len() == lost);
        let other = Node { billing: Billing::new(maker.world.clone()), world: maker.world.clone() };
        other.world.0.journal.replace(Some(Journal::default()));
        let told = other.bill(None);
        assert_eq!(told.repair, bill.repair);
        other.world.0.bills.borrow_mut().get_mut("t").unwrap().truncate(2 - lost);
        other.world.0.documents.borrow_mut().clear();
        other.pass(5);
        let repaired = now(bills::repair(&other.context(), "t", Some("110000")));
        if lost == 2 {
            // What the first one was, and owed, this node does not know.
            let refusal = repaired.unwrap_err();
            assert_eq!(refusal.code.word(), "store-unavailable");
            assert!(refusal.detail.contains("from 1 to 2"), "{}", refusal.detail);
            continue;
        }
        assert_eq!(BillRecord::read(&repaired.unwrap().document).unwrap().repair, bill.repair);
        let now = other.world.0.bills.borrow()["t"][1..].to_vec();
        let posted = |new: &NewRevision| (new.revision.clone(), new.day.clone(), new.top_up.clone(), new.billed_at);
        assert_eq!(now.iter().map(posted).collect::<Vec<_>>(), kept.iter().map(posted).collect::<Vec<_>>());
        assert_eq!((other.owed(), other.world.0.documents.borrow().len()), (owed, 3));
    }
}

/// A bill is made again with what this node has of it, when the store has lost the documents that it names.
#[test]
fn what_the_store_lost_it_was_made_with_is_found_here() {
    let folder = tempfile::tempdir().unwrap();
    copy_configuration(folder.path());
    let node = Node::on(World::with_config(folder.path().to_owned()));
    node.meter(&[1, 2, 3]);
    node.fails("segments");
    node.bill(None);
    node.recovers();
    node.world.0.documents.borrow_mut().clear();
    // Another tariff is in force by then.
    let path = folder.path().join("cards/110000/express.passenger.json");
    let card = fs::read_to_string(&path).unwrap();
    fs::write(&path, card.replacen("\"amount\": \"", "\"amount\": \"1", 1)).unwrap();
    let later = Node { billing: Billing::new(node.world.clone()), world: node.world.clone() };
    let (new, bill) = later.repair();
    assert!(new);
    later.is_right(&bill, &[1, 2, 3], None);
    assert_eq!(later.world.0.documents.borrow().len(), 3);
}

/// The job looks at all that is due, says what became of it, and leaves nothing due that could be put right.
#[test]
fn what_is_due_is_swept() {
    let node = Node::with(&[1, 2, 3]);
    node.fails("segments");
    node.bill(None);
    node.recovers();
    let sweep = |city, cursor| now(repairs::sweep(&node.context(), city, cursor));
    let at_once = sweep(None, None).unwrap();
    assert_eq!((at_once.looked_at > 0, at_once.repaired), (true, 0), "of this very second");
    node.pass(2);
    node.fails("segments");
    let swept = sweep(Some("110000"), None).unwrap();
    assert_eq!((swept.looked_at, swept.failed, swept.stay_due), (1, 1, 0));
    node.pass(10);
    node.recovers();
    let swept = sweep(Some("110000"), None).unwrap();
    assert_eq!((swept.looked_at, swept.repaired, &swept.next), (1, 1, &None));
    assert_eq!((node.due(), node.revisions()), (None, 2));
    assert_eq!(sweep(Some("110000"), None).unwrap().looked_at, 0);
    assert_eq!(sweep(Some("Beijing!"), None).unwrap_err().parameter, Some("city"));
    // One of a city that left the configuration in between: it goes on with the next.
    assert_eq!(sweep(None, Some("119999/x")).unwrap().next, None);
}

/// Every revision can be read, and the list of them says what changed.
#[test]
fn earlier_revisions_are_read() {
    let node = Node::with(&[1, 2]);
    let first = node.bill(None);
    node.pass(5);
    node.meter(&[3]);
    let (_, second) = node.repair();
    let read = |number| now(bills::fetch_revision(&node.context(), "t", Some("110000"), number));
    assert_eq!(BillRecord::read(&read("1").unwrap()).unwrap(), first);
    assert_eq!(BillRecord::read(&read("2").unwrap()).unwrap(), second);
    assert_eq!(read("3").unwrap_err().code.word(), "bill-not-found");
    assert_eq!(read("0").unwrap_err().parameter, Some("revision"));
    let history = now(bills::history(&node.context(), "t", Some("110000"))).unwrap();
    let told: Vec<_> =
        history.revisions.iter().map(|past| (past.revision, past.payable.clone(), past.charged.clone())).collect();
    let text = |amount| first.passenger.currency.format(amount);
    let (one, two) = (text(first.passenger.payable), text(second.passenger.payable));
    assert_eq!(told, [(1, one.clone(), one.clone()), (2, two, one)]);
    assert_eq!(history.revisions[1].because, [Degradation::LateSegments]);
}

/// Made again of the same segments a bill is the same to the byte, whatever it was asked for with: the record has all of it.
#[test]
fn made_again_of_the_same_it_is_the_same() {
    let coupon = json!([{"id": "c-1", "kind": "percent", "value": "20", "max_off": "3.00", "scope": ["mileage"]}]);
    for (numbers, last, differs) in [
        (&[1, 2, 3][..], None, json!({})),
        (&[1, 2, 3], Some(3), json!({})),
        (&[1, 3], None, json!({})),
        (&[], None, json!({"outcome": "cancelled", "waiting_s": 400})),
        (&[], Some(0), json!({})),
        (&[], None, json!({"metering": "none"})),
        (&[1], None, json!({"metering": "none"})),
        (&[], None, json!({"metering": "none", "one_price": "33.00"})),
        (&[], None, json!({"one_price": "33.00"})),
        (&[1, 2], None, json!({"one_price": "33.00"})),
        (&[1, 2], None, json!({"passenger": {"id": "p-2", "tier": "gold", "coupons": coupon}})),
        (&[1, 2], None, json!({"dynamic": "1.35", "parking": "4.00", "highway": "12.50", "waiting_s": 300})),
        (&[1, 2], None, json!({"scene": "booked", "passengers": 3, "booked_ahead_s": 7200})),
        (&[1, 2], None, json!({"datum": "gcj-02"})),
        (
            &[1, 2],
            None,
            json!({"order": {"id": "o-1", "driver_tier": "star", "app_version": "9.1", "vehicle_class": "b"}}),
        ),
    ] {
        let node = Node::with(numbers);
        let mut request = Node::request(last);
        for (name, value) in differs.as_object().unwrap() {
            request[name] = value.clone();
        }
        let billed = now(bills::create(&node.context(), "t", &request));
        let first =
            BillRecord::read(&billed.unwrap_or_else(|refusal| panic!("{differs}: {refusal:?}")).document).unwrap();
        if first.provisional {
            // What was guessed stays as it is; an incomplete one too. It is closed with what it was.
            node.pass(100 * 3_600);
        }
        let (trip, at) = ("t".to_owned(), node.context().now);
        let due = DueTrip { trip: trip.clone(), revision: 1, reason: Some(Degradation::LateSegments), at };
        node.world.0.due.borrow_mut().insert(trip, due);
        node.pass(5);
        let swept = now(repairs::sweep(&node.context(), Some("110000"), None)).unwrap();
        assert_eq!(swept.repaired + swept.closed, 1, "{differs}: {swept:?}");
        let again = now(bills::fetch(&node.context(), "t", Some("110000"))).unwrap();
        let again = BillRecord::read(&again).unwrap();
        assert_eq!(again.repair.as_ref().unwrap().closed, first.provisional, "{differs}");
        let again = BillRecord { repair: None, provisional: first.provisional, ..again };
        assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&first).unwrap(), "{differs}");
    }
}
