//! Outages, with real processes: a store that does not answer costs nobody time for long, what is switched off is left out, and the
//! log stays readable.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::{PATIENT, Server};
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a bill waits for a Redis that is silent, with the deadlines that ship: reads, and then writes.
const FULL_WAIT: Duration = Duration::from_millis(500);

fn billed(server: &Server, trip: &str) -> (Value, Duration) {
    let start = Instant::now();
    let answer = server.post(&format!("/v1/trips/{trip}/bill"), &bill());
    assert_eq!(answer.status, 201, "{}", answer.body);
    (answer.json(), start.elapsed())
}

/// The breakers that are open.
fn open(server: &Server) -> Vec<String> {
    let status = server.get("/statusz").json();
    let breakers = status["breakers"].as_array().unwrap_or_else(|| panic!("{status}")).clone();
    let open = breakers.iter().filter(|breaker| breaker["state"] == "open");
    open.map(|breaker| breaker["kind"].as_str().unwrap().to_owned()).collect()
}

/// Does something until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
    start.elapsed()
}

/// While Redis hangs, nine bills in ten do not wait for it, once that is known: on all instances. When it goes on they are measured and
/// kept again.
#[test]
fn a_redis_that_hangs_is_not_waited_for() {
    let redis = RedisServer::start().unwrap();
    let server = Server::start(&["--redis", &redis.url("")]);
    assert_eq!(server.post("/v1/trips/measured/segments", &segment(1)).status, 200);
    redis.stop().unwrap();
    let mut trips = 0..;
    let mut next = || format!("hung-{}", trips.next().unwrap());
    until("open", || {
        billed(&server, &next());
        let open = open(&server);
        open.contains(&"reads".to_owned()) && open.contains(&"posts".to_owned())
    });
    let mut took: Vec<Duration> = Vec::new();
    let start = Instant::now();
    // Longer than the link and the breaker take to try again.
    while start.elapsed() < Duration::from_secs(3) {
        let (record, time) = billed(&server, &next());
        assert_eq!((&record["basis"], &record["kept"]), (&json!("mocked"), &json!("node")));
        assert_eq!(record["provisional"], json!(true));
        took.push(time);
    }
    let slow = took.iter().filter(|time| **time >= FULL_WAIT / 2).count();
    assert!(took.len() > 20 && slow * 10 <= took.len(), "{slow} of {} waited", took.len());
    redis.resume().unwrap();
    until("closed", || {
        billed(&server, &next());
        open(&server).is_empty()
    });
    // Instances look every quarter of a second, each on the way of its requests.
    let mut in_a_row = 0;
    until("on all instances", || {
        let trip = next();
        server.post(&format!("/v1/trips/{trip}/segments"), &segment(1));
        in_a_row = if billed(&server, &trip).0["degraded"] == json!(false) { in_a_row + 1 } else { 0 };
        in_a_row == 10
    });
    let (record, _) = billed(&server, "measured");
    assert_eq!(
        (&record["basis"], &record["kept"], &record["degraded"]),
        (&json!("metered"), &json!("shared"), &json!(false))
    );
    let names: Vec<Value> = server.log().events().iter().map(|event| event["event"].clone()).collect();
    for name in ["breaker-opened", "breaker-closed"] {
        assert!(names.contains(&json!(name)), "{name}: {names:?}");
    }
}

/// Writes that are paused cost no ride its measurements: they are read on a connection of their own.
#[test]
fn paused_writes_cost_no_measurements() {
    let redis = RedisServer::start().unwrap();
    let server = Server::start(&["--redis", &redis.url("")]);
    for trip in 0..20 {
        until("metered", || server.post(&format!("/v1/trips/p{trip}/segments"), &segment(1)).status == 200);
    }
    redis.run::<()>("CLIENT PAUSE 60000 WRITE").unwrap();
    for trip in 0..20 {
        let (record, _) = billed(&server, &format!("p{trip}"));
        assert_eq!((&record["basis"], &record["kept"]), (&json!("metered"), &json!("node")), "p{trip}");
    }
    redis.run::<()>("CLIENT UNPAUSE").unwrap();
    let mut trips = 0..;
    until("kept", || {
        let trip = format!("q{}", trips.next().unwrap());
        server.post(&format!("/v1/trips/{trip}/segments"), &segment(1));
        billed(&server, &trip).0["kept"] == "shared"
    });
}

/// A Redis that is gone, or refuses, while hundreds ask, takes a few lines of the log; an operator is told what to do, at ERROR.
#[test]
fn an_outage_does_not_fill_the_log() {
    const BILLS: usize = 300;
    let mut redis = RedisServer::start().unwrap();
    redis.run::<()>("ACL SETUSER site on >old ~* +@all").unwrap();
    let server = Server::start(&[&["--redis", &redis.url("site:old@")], &PATIENT[..]].concat());
    let told = |names: &str, from: usize| {
        (0..BILLS).for_each(|trip| drop(billed(&server, &format!("{names}-{trip}"))));
        std::thread::sleep(Duration::from_millis(200));
        server.log().lines().split_off(from)
    };
    let before = server.log().lines().len();
    redis.run::<()>("ACL SETUSER site resetpass >new").unwrap();
    let _: i64 = redis.run("CLIENT KILL USER site").unwrap();
    let lines = told("refused", before);
    assert!(lines.len() < BILLS / 5, "{} lines:\n{}", lines.len(), lines.join("\n"));
    let errors = lines.iter().filter(|line| line.contains("ERROR") && line.contains("check the user and the password"));
    assert!((1..=4).contains(&errors.count()), "{}", lines.join("\n"));
    assert!(!lines.iter().any(|line| line.contains("old@")), "no password is logged");
    let events = server.log().events();
    let event = events.iter().find(|event| event["event"] == "store-refused").expect("operators are told");
    assert_eq!(event["severity"], "error");
    let (record, _) = billed(&server, "refused-once-more");
    assert_eq!(record["reasons"], json!(["store-refused"]));

    redis.run::<()>("ACL SETUSER site resetpass >old").unwrap();
    until("kept", || server.post("/v1/trips/k/segments", &segment(1)).status == 200);
    let before = server.log().lines().len();
    redis.kill().unwrap();
    let lines = told("gone", before);
    assert!(lines.len() < BILLS / 5, "{} lines:\n{}", lines.len(), lines.join("\n"));
    assert!(lines.iter().any(|line| line.contains("breaker-opened")), "{}", lines.join("\n"));
}

/// What is switched while everything runs is so within moments, is said where it matters, and is over when the file is gone.
#[test]
fn switches() {
    let folder = tempfile::tempdir().unwrap();
    artifacts::lay_out_application(folder.path());
    let manifest = folder.path().join("spin.toml");
    let server = Server::start(&[&["--manifest", manifest.to_str().unwrap()], &PATIENT[..]].concat());
    let file = folder.path().join("config/switches.json");
    let switch = |folder: &TempDir, document: Option<Value>| {
        match &document {
            // As somebody should who edits what is in use: whole, and at once.
            Some(document) => {
                let new = folder.path().join("new");
                fs::write(&new, document.to_string()).unwrap();
                fs::rename(new, &file).unwrap();
            }
            None => fs::remove_file(&file).unwrap(),
        }
        let expected = usize::from(document.is_some());
        until("in force", || {
            let status = server.get("/statusz").json();
            let switched = status["switched"].as_array().unwrap_or_else(|| panic!("{status}"));
            switched.len() >= expected && (expected > 0 || switched.is_empty())
        });
        // Each instance looks on its own way.
        std::thread::sleep(Duration::from_millis(1_000));
    };
    let request = json!({
        "city": "110000", "products": ["express"], "distance_m": 10_000, "duration_s": 1200,
        "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        "depart_at": "2026-11-21T08:00:00+08:00",
    });
    let estimate = server.post("/v1/estimates", &request).json();
    let page = format!("/v1/estimates/{}/details/express", estimate["estimate_id"].as_str().unwrap());
    for trip in ["a", "b"] {
        assert_eq!(server.post(&format!("/v1/trips/{trip}/segments"), &segment(1)).status, 200);
    }
    let format = "farebox-switches/1";
    switch(&folder, Some(json!({"format": format, "mock_always": true, "totals_only": true})));
    let (record, _) = billed(&server, "a");
    assert_eq!((&record["basis"], &record["reasons"]), (&json!("mocked"), &json!(["switched-off"])));
    assert_eq!((&record["provisional"], &record["kept"]), (&json!(true), &json!("shared")));
    let shown = server.get(&page).json();
    assert_eq!((&shown["reason"], &shown["sections"]), (&json!("switched-off"), &json!([])), "{shown}");

    switch(&folder, Some(json!({"format": format, "shed": "estimates"})));
    for answer in [server.get(&page), server.post("/v1/estimates", &request)] {
        assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("overloaded")), "{}", answer.body);
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    assert_eq!(server.post("/v1/trips/b/segments", &segment(2)).status, 200);
    assert_eq!(billed(&server, "b").0["basis"], "metered");
    let status = server.get("/statusz").json();
    assert_eq!(status["shedding"], json!({"level": "estimates", "why": "switched"}));
    assert_eq!(status["switched"], json!(["shed estimates"]));

    switch(&folder, Some(json!({"format": format, "quote_ttl_s": 0})));
    let unkept = server.post("/v1/estimates", &request).json();
    let page_of = format!("/v1/estimates/{}/details/express", unkept["estimate_id"].as_str().unwrap());
    assert_eq!(server.get(&page_of).json()["reason"], "quote-expired");

    // What is broken leaves what was good in force, and is told.
    fs::write(&file, r#"{"format": "farebox-switches/1", "shed": "everything"}"#).unwrap();
    until("told", || server.get("/statusz").json()["configuration"]["broken"][0]["path"] == "switches.json");
    assert_eq!(server.get("/statusz").json()["switched"], json!(["quote_ttl_s 0"]));
    switch(&folder, None);
    let shown = server.get(&page).json();
    assert_eq!(shown["reason"], Value::Null, "{shown}");
    let told: Vec<Value> = server.log().events().into_iter().filter(|event| event["event"] == "switched").collect();
    assert!(told.iter().any(|event| event["what"] == "mock_always") || !told.is_empty(), "{told:?}");
    assert!(told.len() <= 5, "{told:?}");
}
