//! What is done while the store that all nodes share does not answer: who waits for it, who is refused, and what is told.
#![allow(clippy::unwrap_used)]

use farebox_billing::answers::BreakerState;
use farebox_billing::ports::{Clock as _, Kind, Row};
use farebox_billing::{Billing, Context, Wanted, bills, estimates, health, meter};
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use farebox_resilience::breaker::{PROBE_MS, TRUST_MS};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

const READS: [&str; 3] = ["bill", "segments", "quote"];

/// A node whose store others share, and an instance of it.
struct Node {
    world: World,
    billing: Rc<Billing<World>>,
}

impl Node {
    fn new() -> Self {
        let world = World::default();
        world.0.variables.borrow_mut().insert("store_backend", "redis");
        Self { billing: Billing::new(world.clone()), world }
    }

    fn with_journal() -> Self {
        let node = Self::new();
        node.world.0.journal.replace(Some(Journal::default()));
        node
    }

    /// Another instance of the same node.
    fn instance(&self) -> Self {
        Self { world: self.world.clone(), billing: Billing::new(self.world.clone()) }
    }

    fn context(&self) -> Rc<Context<World>> {
        Rc::new(now(Context::new(&self.billing, "")).unwrap())
    }

    fn fail(&self, calls: &[&'static str], how: Failure) {
        self.world.0.failures.borrow_mut().extend(calls.iter().map(|call| (*call, how)));
    }

    fn works_again(&self) {
        self.world.0.failures.borrow_mut().clear();
    }

    fn pass(&self, ms: u64) {
        self.world.0.now_ms.set(self.world.0.now_ms.get() + ms);
    }

    fn meter(&self, trip: &str) -> bool {
        let request = json!({"city": "110000", "segments": [
            {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 10_000, "duration_s": 1200}]});
        now(meter::add_segments(&*self.context(), trip, &request)).is_ok()
    }

    /// A bill, and how long it took, without what goes on after it.
    fn bill(&self, trip: &str) -> (Value, Duration) {
        let request = json!({
            "city": "110000", "product": "express",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        });
        let context = self.context();
        let began = self.world.elapsed();
        let billed = now(bills::create(&*context, trip, &request)).unwrap();
        let took = self.world.elapsed() - began;
        (serde_json::from_str(&billed.document).unwrap(), took)
    }

    fn row(&self, kind: Kind) -> Row {
        self.world.0.breakers.borrow().get(&kind).cloned().unwrap_or_default()
    }

    /// How often an event was told.
    fn told(&self, name: &str) -> usize {
        self.world.0.events.borrow().iter().filter(|event| *event == name).count()
    }
}

fn marks(bill: &Value) -> (&str, &str, bool, Vec<&str>) {
    let text = |field: &str| bill[field].as_str().unwrap();
    let reasons = bill["reasons"].as_array().into_iter().flatten().map(|reason| reason.as_str().unwrap());
    (text("basis"), text("kept"), bill["provisional"].as_bool().unwrap(), reasons.collect())
}

/// The first bills of an outage wait for the store. Then nobody does, on no instance of the node: bills are answered at once, marked.
/// When it answers again one instance finds out, and all of them ask again.
#[test]
fn an_outage_is_waited_for_once() {
    let one = Node::new();
    assert!(one.meter("measured"));
    one.fail(&READS, Failure::Silent);
    for trip in ["a", "b"] {
        let (bill, took) = one.bill(trip);
        assert!(took >= Duration::from_millis(500), "{took:?}");
        assert_eq!(marks(&bill), ("mocked", "shared", true, vec!["store-timeout"]));
        one.world.after_answers();
    }
    assert!(one.row(Kind::Reads).is_open && !one.row(Kind::Posts).is_open);
    let other = one.instance();
    for node in [&one, &other] {
        let (bill, took) = node.bill("measured");
        assert!(took < Duration::from_millis(25), "{took:?}");
        assert_eq!(marks(&bill).0, "mocked");
        assert_eq!(marks(&bill).3, ["store-unavailable"]);
        node.world.0.bills.borrow_mut().remove("measured");
    }
    // Nothing answers yet: whoever tries does so after an answer.
    one.pass(PROBE_MS);
    assert!(other.bill("c").1 < Duration::from_millis(25));
    one.world.after_answers();
    assert!(one.row(Kind::Reads).is_open);

    one.works_again();
    one.pass(PROBE_MS);
    assert!(other.bill("d").1 < Duration::from_millis(25));
    other.world.after_answers();
    assert!(!one.row(Kind::Reads).is_open);
    assert_eq!(marks(&other.bill("measured").0), ("metered", "shared", false, vec![]));
    // The first one looks now and then.
    now(one.world.sleep(Duration::from_millis(300)));
    drop(one.context());
    one.world.after_answers();
    one.world.0.bills.borrow_mut().remove("measured");
    assert_eq!(marks(&one.bill("measured").0).0, "metered");
    assert_eq!((one.told("breaker-opened"), one.told("breaker-closed")), (1, 1), "{:?}", one.world.0.events);
}

/// Where nobody has asked for a while, whoever comes next asks: a ride is not guessed because of what was so then.
#[test]
fn a_quiet_outage_is_forgotten() {
    let node = Node::new();
    assert!(node.meter("measured"));
    node.fail(&READS, Failure::Unavailable);
    for trip in ["a", "b"] {
        node.bill(trip);
        node.world.after_answers();
    }
    assert!(node.row(Kind::Reads).is_open);
    node.works_again();
    node.pass(TRUST_MS);
    assert_eq!(marks(&node.instance().bill("measured").0).0, "metered");
}

/// What opens nothing: answers that are late, pages that could not wait for them, refusals, and a store that is this node's own.
#[test]
fn what_is_no_outage() {
    type Change = fn(&Node);
    let changes: [(&str, Change); 4] = [
        ("late", |node| node.fail(&READS, Failure::Slow(Duration::from_millis(300)))),
        ("refuses", |node| node.fail(&READS, Failure::Refused)),
        ("some answer", |node| node.fail(&["quote"], Failure::Silent)),
        ("its own", |node| {
            node.world.0.variables.borrow_mut().insert("store_backend", "sqlite");
            node.fail(&READS, Failure::Silent);
        }),
    ];
    for (name, change) in changes {
        let node = Node::new();
        change(&node);
        let request = json!({
            "city": "110000", "products": ["express"], "distance_m": 10_000, "duration_s": 1200,
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
            "depart_at": "2026-11-21T08:00:00+08:00",
        });
        let id = now(estimates::create(&node.context(), &request)).unwrap().estimate_id;
        for round in 0..8 {
            node.bill(&format!("trip-{round}"));
            now(estimates::detail(&*node.context(), &id, "express", Wanted::default())).unwrap();
            node.world.after_answers();
        }
        assert!(!node.row(Kind::Reads).is_open, "{name}");
        assert_eq!(node.told("breaker-opened"), 0, "{name}");
    }
}

/// Writes that do not answer cost no ride its measurements, and reads that do not cost no segment its place.
#[test]
fn kinds_are_apart() {
    let node = Node::with_journal();
    for trip in ["a", "b", "c", "d"] {
        assert!(node.meter(trip));
    }
    node.fail(&["post_bill", "put_document", "put_quote"], Failure::Silent);
    for trip in ["a", "b", "c"] {
        assert_eq!(marks(&node.bill(trip).0), ("metered", "node", false, vec![]), "{trip}");
        node.world.after_answers();
    }
    let (bill, took) = node.bill("d");
    assert!(took < Duration::from_millis(25), "{took:?}");
    assert_eq!(marks(&bill), ("metered", "node", false, vec![]));
    assert!(node.row(Kind::Posts).is_open && !node.row(Kind::Reads).is_open && !node.row(Kind::MeterWrites).is_open);
    assert!(node.meter("another"));
    let status = now(health::status(&node.billing, ""));
    let states: Vec<_> = status.breakers.iter().map(|breaker| (breaker.kind, breaker.state)).collect();
    let (open, closed) = (BreakerState::Open, BreakerState::Closed);
    assert_eq!(states, [("reads", closed), ("meter-writes", closed), ("posts", open)]);
    let posts = status.breakers.last().unwrap();
    assert!(posts.refused > 0 && posts.opened == 1 && posts.since.is_some(), "{posts:?}");
    assert_eq!(posts.why.as_deref(), Some("there was no answer in time"));
}

/// Whatever the rows say, however they came to say it: rides are billed, and what is missing is said.
#[test]
fn rows_may_say_anything() {
    let moment = World::default().0.now_ms.get();
    for (is_open, failed_ms, lease_ms, expected) in [
        (true, moment, 0, "mocked"),
        (true, moment, u64::MAX, "mocked"),
        (true, moment - TRUST_MS, 0, "metered"),
        (true, u64::MAX, u64::MAX, "metered"),
        (true, 0, 0, "metered"),
        (false, moment, moment, "metered"),
    ] {
        let node = Node::new();
        assert!(node.meter("measured"));
        let why = "somebody said so".to_owned();
        let row = Row { generation: u64::MAX >> 1, is_open, failed_ms, lease_ms, why, ..Row::default() };
        node.world.0.breakers.borrow_mut().insert(Kind::Reads, row);
        let (bill, took) = node.instance().bill("measured");
        let (basis, kept, provisional, reasons) = marks(&bill);
        assert_eq!((basis, kept), (expected, "shared"), "{failed_ms} {lease_ms}");
        assert_eq!(provisional, expected == "mocked");
        assert_eq!(reasons.is_empty(), expected == "metered");
        assert!(took < Duration::from_millis(25));
    }
}

/// A database that does not answer costs no time to speak of, and no bill: an instance goes by itself.
#[test]
fn without_the_database() {
    let node = Node::new();
    node.fail(&["breakers", "enter_breaker"], Failure::Silent);
    assert!(node.meter("measured"));
    node.fail(&READS, Failure::Silent);
    for trip in ["a", "b"] {
        node.bill(trip);
        node.world.after_answers();
    }
    let (bill, took) = node.bill("c");
    assert!(took < Duration::from_millis(25), "{took:?}");
    assert_eq!(marks(&bill).0, "mocked");
    for call in READS {
        node.world.0.failures.borrow_mut().remove(call);
    }
    node.pass(PROBE_MS);
    node.bill("d");
    node.world.after_answers();
    assert_eq!(marks(&node.bill("measured").0).0, "metered");
}

/// An outage does not fill the log: what happens to every request is told at first, and then how often it happened.
#[test]
fn an_outage_does_not_fill_the_log() {
    let node = Node::with_journal();
    // The one write that is tried works, and no other: the breaker opens and closes all the time.
    node.fail(&[&READS[..], &["post_bill", "put_document"]].concat(), Failure::Unavailable);
    for round in 0..500 {
        node.bill(&format!("trip-{round}"));
        node.world.after_answers();
        node.pass(20);
        now(node.world.sleep(Duration::from_millis(20)));
    }
    // Ten seconds, five hundred bills.
    assert!(node.told("bill-mocked") <= 5 && node.told("bill-kept-here") <= 5, "{:?}", node.world.0.events);
    let lines = node.world.0.log.borrow();
    assert!(lines.len() < 60, "{} lines", lines.len());
    let counted: u64 = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["event"] == "repeated" && line["of"].as_str().unwrap().starts_with("bill-mocked"))
        .map(|line| line["times"].as_u64().unwrap())
        .sum();
    assert!(counted > 200, "{counted}");
}
