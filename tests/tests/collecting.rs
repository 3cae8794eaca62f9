//! Segments that come by a queue: the example that posts them in batches, against a real server that is away for a while; and what is
//! published on a channel of a real Redis.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::{Log, PATIENT, Server, WITH_TIMERS};
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn message(trip: &str, seq: u64, distance_m: u64) -> String {
    let mut message = segment(seq);
    message["trip_id"] = json!(trip);
    message["segments"][0]["distance_m"] = json!(distance_m);
    message.to_string()
}

/// All that can be taken is taken once, also what was sent while nobody answered; what cannot be is told with its reason.
#[test]
fn what_comes_by_a_queue_is_metered_once() {
    let server = Server::start(&[]);
    let collector = artifacts::repository().join("deploy/collect.py");
    let mut child = Command::new("python3")
        .arg(collector)
        .arg(server.base())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut queue = child.stdin.take().unwrap();
    for trip in 0..150 {
        writeln!(queue, "{}", message(&format!("queued-{trip}"), 1, 100)).unwrap();
    }
    // Twice, as a queue may deliver it; contradicting itself; not valid; and no message at all.
    writeln!(queue, "{}", message("queued-0", 1, 100)).unwrap();
    writeln!(queue, "{}", message("queued-1", 1, 101)).unwrap();
    writeln!(queue, "{}", message("queued-2", 2, 100).replace("\"seq\":2", "\"seq\":-2")).unwrap();
    writeln!(queue, "{{\"city\": \"110000\"}}").unwrap();
    writeln!(queue, "nonsense").unwrap();
    queue.flush().unwrap();
    server.signal("STOP");
    writeln!(queue, "{}", message("queued-0", 2, 11)).unwrap();
    std::thread::sleep(Duration::from_millis(1_000));
    server.signal("CONT");
    drop(queue);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    let refused: Vec<Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{told}"))).collect();
    assert_eq!(refused.len(), 4, "{told}");
    assert!(
        refused.iter().any(|line| line["trip_id"] == "queued-1" && line["why"]["code"] == "segment-conflict"),
        "{told}"
    );
    assert!(
        refused.iter().any(|line| line["trip_id"] == "queued-2" && line["why"].as_str().unwrap().contains("/seq")),
        "{told}"
    );
    for (trip, distance_m) in [("queued-0", 111), ("queued-1", 100), ("queued-2", 100), ("queued-149", 100)] {
        let billed = server.post(&format!("/v1/trips/{trip}/bill"), &bill());
        assert_eq!((billed.status, &billed.json()["distance_m"]), (201, &json!(distance_m)), "{trip}: {}", billed.body);
    }
}

/// Waits until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What listens to what is published.
fn collector(redis: &RedisServer, arguments: &[&str]) -> Server {
    let url = redis.url("");
    Server::start(&[&["--manifest", "deploy/collector.toml", "--redis", &url], &PATIENT[..], arguments].concat())
}

/// How many heard it.
fn publish(redis: &RedisServer, message: impl AsRef<[u8]>) -> u64 {
    let mut connection = redis.connect().unwrap();
    redis::cmd("PUBLISH").arg("farebox-segments").arg(message.as_ref()).query(&mut connection).unwrap()
}

/// A trip with these segments, of so many metres each.
fn trip(trip: &str, seqs: &[u64], distance_m: u64) -> Value {
    let segment = |seq: &u64| {
        let mut segment = segment(*seq)["segments"][0].take();
        segment["distance_m"] = json!(distance_m);
        segment
    };
    json!({"trip_id": trip, "segments": seqs.iter().map(segment).collect::<Vec<_>>()})
}

fn batch(trips: &[Value]) -> String {
    json!({"city": "110000", "trips": trips}).to_string()
}

/// How far a trip goes, as Redis has it.
fn distance_m(redis: &RedisServer, trip: &str) -> Option<u64> {
    let keys: Vec<String> = redis.run(&format!("KEYS c:*:trip:{trip}")).unwrap();
    keys.first().map(|key| redis.run(&format!("HGET {key} distance")).unwrap())
}

/// The events of this name, without what differs between runs.
fn events(log: &Log, name: &str) -> Vec<(Value, Value)> {
    let events = log.events().into_iter().filter(|event| event["event"] == name);
    events.map(|mut event| (event["code"].take(), event["trips"].take())).collect()
}

/// What is published is metered once, however many hear it and however often, also where requests have to be signed; what cannot be taken is
/// told and harms nothing; and what never came marks the bill.
#[test]
fn what_is_published_is_metered_once() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let server = Server::start(&[&["--redis", &url], &PATIENT[..]].concat());
    let key = "master_key=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let signed = ["--variable", "signatures=required", "--variable", key];
    let collectors = [collector(&redis, &[]), collector(&redis, &signed)];
    until("listening", || publish(&redis, batch(&[trip("first", &[1], 1)])) == 2);
    let good = batch(&[trip("published-0", &[1, 2], 100), trip("published-1", &[1], 70), trip("holey", &[1, 3], 5)]);
    let many: Vec<Value> = (0..100).map(|number| trip(&format!("many-{number}"), &[1, 2, 3], 7)).collect();
    for message in [&good, &batch(&many), &good] {
        assert_eq!(publish(&redis, message), 2);
    }
    until("metered", || {
        let all = [("published-0", 200), ("published-1", 70), ("holey", 10), ("many-0", 21), ("many-99", 21)];
        all.iter().all(|(trip, sum)| distance_m(&redis, trip) == Some(*sum))
    });
    let conflict = batch(&[trip("published-1", &[1], 71), trip("published-2", &[1], 9)]);
    let large = format!("{conflict}{}", " ".repeat(1 << 20));
    let none = batch(&[trip("none", &[], 1)]);
    for nonsense in [&b"nonsense"[..], b"", &[0xff, 0x00], none.as_bytes(), large.as_bytes(), conflict.as_bytes()] {
        assert_eq!(publish(&redis, nonsense), 2);
    }
    for collector in &collectors {
        let log = collector.log();
        until("told", || events(log, "segments-refused") == [(json!("segment-conflict"), json!("published-1"))]);
        until("told", || {
            let refused = events(log, "message-refused");
            ["invalid-json", "invalid-request"].iter().all(|code| refused.iter().any(|(known, _)| known == code))
        });
        until("told", || log.lines().iter().any(|line| line.contains("they are larger than the body of a request")));
        assert!(!log.lines().iter().any(|line| line.contains("nonsense") || line.contains("an instance failed")));
        assert_eq!(collector.get("/healthz").status, 200);
    }
    let billed = |trip: &str, last_seq: u64| {
        let mut bill = bill();
        bill["last_seq"] = json!(last_seq);
        let billed = server.post(&format!("/v1/trips/{trip}/bill"), &bill);
        assert_eq!((billed.status, &billed.json()["basis"]), (201, &json!("metered")), "{trip}: {}", billed.body);
        billed.json()
    };
    for (trip, last_seq, distance_m) in
        [("published-0", 2, 200), ("published-1", 1, 70), ("published-2", 1, 9), ("many-50", 3, 21)]
    {
        let bill = billed(trip, last_seq);
        assert_eq!((&bill["distance_m"], &bill["provisional"]), (&json!(distance_m), &json!(false)), "{trip}: {bill}");
    }
    let holey = billed("holey", 4);
    assert_eq!((&holey["provisional"], &holey["reasons"]), (&json!(true), &json!(["trip-incomplete"])), "{holey}");
    let missing = holey["findings"].as_array().unwrap().iter().find(|finding| finding["finding"] == "missing").unwrap();
    assert_eq!(missing["segments"], json!([2, 4]), "{holey}");
}

/// A collector hears what is published when its Redis is there again: it says so when it does not, and not how often it has tried.
#[test]
fn a_collector_listens_again() {
    let mut redis = RedisServer::start().unwrap();
    // What comes before the store is back is driven in.
    let collector = collector(&redis, &[WITH_TIMERS]);
    let told = |words: &str| collector.log().lines().iter().filter(|line| line.contains(words)).count();
    for round in 0..3 {
        if round > 0 {
            redis.kill().unwrap();
            until("told", || told("is not heard: the connection was lost") == round);
            std::thread::sleep(Duration::from_millis(6_000));
            redis.restart().unwrap();
        }
        let name = format!("again-{round}");
        until("listening", || publish(&redis, batch(&[trip(&name, &[1], 12)])) == 1);
        until("metered", || distance_m(&redis, &name) == Some(12));
        until("told", || told("is heard again") == round);
    }
    assert_eq!(told("is not heard"), 2, "{:?}", collector.log().lines());
    // What has come is carried out when it is time to end.
    let last: Vec<String> = (0..50).map(|number| format!("last-{number}")).collect();
    for name in &last {
        publish(&redis, batch(&[trip(name, &[1], 3)]));
    }
    until("the last is heard", || distance_m(&redis, "last-0") == Some(3));
    collector.signal("TERM");
    let (code, _) = collector.wait();
    assert_eq!(code, Some(0));
    let missing = last.iter().filter(|name| distance_m(&redis, name) != Some(3)).count();
    assert_eq!(missing, 0);
}
