//! What becomes of the messages of a queue: what is taken, what the log is told, and what can be sent again.
#![allow(clippy::unwrap_used)]

use farebox_billing::Billing;
use farebox_billing::ports::Clock as _;
use farebox_gateway::collecting::{NotTaken, take};
use farebox_kit::access::MASTER_KEY;
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::journal::Journal;
use farebox_kit::memory::{Failure, World, now};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;
use tempfile::TempDir;

struct Node {
    _folder: TempDir,
    world: World,
    billing: Rc<Billing<World>>,
}

impl Node {
    fn new(variables: &[(&'static str, &'static str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        let world = World::with_config(folder.path().to_owned());
        world.0.variables.borrow_mut().extend(variables.iter().copied());
        Self { billing: Billing::new(world.clone()), world, _folder: folder }
    }

    fn take(&self, message: &[u8]) -> Result<(), &'static str> {
        let taken = now(take(&self.billing, message, [7; 24])).map_err(|NotTaken { code }| code);
        self.world.after_answers();
        taken
    }

    /// How many segments there are of a trip, and how far they go.
    fn metered(&self, trip: &str) -> (usize, u64) {
        let segments = self.world.0.segments.borrow();
        let segments = segments.get(trip).map(Vec::as_slice).unwrap_or_default();
        (segments.len(), segments.iter().map(|segment| segment.distance_m).sum())
    }

    /// What was told since, without what is told of every node.
    fn told(&self) -> Vec<Value> {
        let lines = std::mem::take(&mut *self.world.0.log.borrow_mut());
        let event = |line: &String| serde_json::from_str::<Value>(line).unwrap();
        lines.iter().map(event).filter(|event| event["event"] != "signatures-off").collect()
    }
}

fn segments(seqs: &[u64], distance_m: u64) -> Value {
    let segment = |seq: &u64| json!({"seq": seq, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": distance_m, "duration_s": 10});
    seqs.iter().map(segment).collect()
}

fn batch(trips: &[(&str, Value)]) -> Value {
    let trip = |(trip_id, segments): &(&str, Value)| json!({"trip_id": trip_id, "segments": segments});
    json!({"city": "110000", "trips": trips.iter().map(trip).collect::<Vec<_>>()})
}

fn bytes(message: &Value) -> Vec<u8> {
    message.to_string().into_bytes()
}

/// What is good is taken without a word, once, however often it comes: also where requests have to be signed.
#[test]
fn what_is_good_is_taken_once() {
    for variables in [&[][..], &[("signatures", "required"), ("master_key", MASTER_KEY)]] {
        let node = Node::new(variables);
        let message = bytes(&batch(&[("a", segments(&[1, 2], 100)), ("b", segments(&[1], 7))]));
        for _ in 0..3 {
            assert_eq!(node.take(&message), Ok(()));
        }
        assert_eq!(node.take(&bytes(&batch(&[("a", segments(&[2, 3], 100))]))), Ok(()));
        assert_eq!((node.metered("a"), node.metered("b")), ((3, 300), (1, 7)));
        assert_eq!(node.told(), [] as [Value; 0]);
    }
}

/// Of what is not a good message nothing is taken, and it is over with that: the log is told which trip, where and of what kind, and
/// nothing of what was sent.
#[test]
fn what_is_no_good_message_is_told() {
    let changed = |pointer: &str, value: Value| {
        let mut message = batch(&[("a", segments(&[1, 2], 100)), ("b", segments(&[1], 7))]);
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        message.pointer_mut(parent).unwrap()[key] = value;
        bytes(&message)
    };
    let secret = "13800138000";
    let mut long = bytes(&batch(&[("a", segments(&[1], 100))]));
    long.resize((1 << 20) + 1, b' ');
    for (message, code, trip, why) in [
        (secret.replace('1', "x").into_bytes(), "invalid-json", "", "at line 1 column 1"),
        (format!("{{\"{secret}\": 1, \"{secret}\": 2}}").into_bytes(), "invalid-json", "", "at line 1 column 32"),
        (vec![0xff, 0], "invalid-json", "", "at line 1 column 1"),
        (Vec::new(), "invalid-json", "", "it is not one JSON document"),
        (b"[]".to_vec(), "invalid-request", "", "(message) wrong-type"),
        (long, "body-too-large", "", "at most 1048576 bytes are allowed"),
        (changed("/city", json!(secret)), "unknown-city", "", "/city unknown-city"),
        (changed(&format!("/{secret}"), json!(1)), "invalid-request", "", "(message) unknown-field"),
        (changed("/trips/1/segments", json!([])), "invalid-request", "b", "/trips/1/segments wrong-length"),
        (changed(&format!("/trips/1/{secret}"), json!(secret)), "invalid-request", "b", "/trips/1 unknown-field"),
        (changed("/trips/1/trip_id", json!("138 0013")), "invalid-request", "", "/trips/1/trip_id malformed"),
        (changed("/trips/1/trip_id", json!("a")), "invalid-request", "a", "/trips/1 duplicate"),
    ] {
        let node = Node::new(&[]);
        assert_eq!(node.take(&message), Ok(()), "{code}");
        let told = node.told();
        let [event] = &told[..] else { panic!("{code}: {told:?}") };
        assert_eq!(
            (&event["event"], &event["code"], &event["trip"], &event["why"]),
            (&json!("message-refused"), &json!(code), &json!(trip), &json!(why))
        );
        assert_eq!((&event["severity"], event["trace_id"].as_str().unwrap().len()), (&json!("warn"), 32));
        assert!(!event.to_string().contains(secret), "{event}");
        assert_eq!((node.metered("a"), node.metered("b")), ((0, 0), (0, 0)), "{code}");
    }
}

/// A message that everybody sends wrongly does not fill the log.
#[test]
fn what_goes_on_is_told_seldom() {
    let node = Node::new(&[]);
    for _ in 0..1_000 {
        assert_eq!(node.take(b"nonsense"), Ok(()));
    }
    assert_eq!(node.told().len(), 1);
}

/// What contradicts what is there is told by trip, and costs no other one.
#[test]
fn trips_that_contradict_are_named() {
    let node = Node::new(&[]);
    let names: Vec<String> = (0..12).map(|number| format!("t-{number}")).collect();
    let all = |distance_m| {
        let trips: Vec<_> = names.iter().map(|name| (name.as_str(), segments(&[1], distance_m))).collect();
        bytes(&batch(&trips))
    };
    assert_eq!(node.take(&all(100)), Ok(()));
    let one = batch(&[("new", segments(&[1], 5)), ("t-1", segments(&[1], 101)), ("t-2", segments(&[1], 100))]);
    for (message, trips) in [
        (bytes(&one), "t-1"),
        (all(102), "t-0, t-1, t-2, t-3, t-4, t-5, t-6, t-7, t-8, t-9 and 2 more"),
        // Each time: nobody else is told.
        (all(102), "t-0, t-1, t-2, t-3, t-4, t-5, t-6, t-7, t-8, t-9 and 2 more"),
    ] {
        assert_eq!(node.take(&message), Ok(()));
        let told = node.told();
        let [event] = &told[..] else { panic!("{told:?}") };
        assert_eq!(
            (&event["event"], &event["code"], &event["city"], &event["trips"]),
            (&json!("segments-refused"), &json!("segment-conflict"), &json!("110000"), &json!(trips))
        );
        assert_eq!(event["why"], "segment 1 is stored already and says something else; none were added");
    }
    assert_eq!((node.metered("new"), node.metered("t-1"), node.metered("t-2")), ((1, 5), (1, 100), (1, 100)));
}

/// What the shared store does not take is kept by the node, and that is enough. What neither takes could be sent again, and whoever can is
/// told so, with every trip in the log.
#[test]
fn what_the_store_does_not_take() {
    let node = Node::new(&[("store_backend", "redis")]);
    let fails = |call| node.world.0.failures.borrow_mut().insert(call, Failure::Unavailable);
    *node.world.0.journal.borrow_mut() = Some(Journal::default());
    fails("add_segments");
    let message = bytes(&batch(&[("a", segments(&[1, 2], 100)), ("b", segments(&[1], 7))]));
    assert_eq!(node.take(&message), Ok(()));
    let told = node.told();
    assert_eq!((told.len(), &told[0]["event"]), (1, &json!("segments-kept-here")), "{told:?}");
    fails("enter_segments");
    assert_eq!(node.take(&message), Err("store-unavailable"));
    let told = node.told();
    let refused = told.iter().find(|event| event["event"] == "segments-refused").unwrap();
    assert_eq!((&refused["code"], &refused["trips"]), (&json!("store-unavailable"), &json!("a, b")), "{told:?}");
    node.world.0.failures.borrow_mut().clear();
    for _ in 0..20 {
        now(node.world.sleep(Duration::from_secs(1)));
        node.world.0.now_ms.set(node.world.0.now_ms.get() + 1_000);
        assert_eq!(node.take(&message), Ok(()));
    }
    assert_eq!((node.metered("a"), node.metered("b")), ((2, 200), (1, 7)));
}

/// A configuration that cannot be read refuses the message, which could be taken when it can.
#[test]
fn what_is_wrong_with_the_node() {
    let node = Node::new(&[("quote_ttl_s", "none")]);
    let message = bytes(&batch(&[("a", segments(&[1], 100))]));
    assert_eq!(node.take(&message), Err("config-invalid"));
    let told = node.told();
    assert_eq!((&told[0]["event"], &told[0]["severity"]), (&json!("message-refused"), &json!("error")), "{told:?}");
}
