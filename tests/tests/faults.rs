//! Faults, with real processes: killed, hanging, gone.
#![allow(clippy::unwrap_used)]

use farebox_tests::server::Server;
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::{Duration, Instant};

fn segment(seq: u64) -> Value {
    json!({"city": "110000", "segments": [
        {"seq": seq, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 100, "duration_s": 10},
    ]})
}

fn bill() -> Value {
    json!({
        "city": "110000", "product": "express",
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
        "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
    })
}

/// Killed with SIGKILL in the middle of writes, the embedded store keeps all that was acknowledged: segments and bills.
#[test]
fn kill_loses_nothing_acknowledged() {
    let mut data = tempfile::tempdir().unwrap();
    let mut segments: Vec<u64> = Vec::new();
    let mut bills: Vec<(String, String)> = Vec::new();
    for round in 0_u64..3 {
        let server = Server::restart(data, &[]);
        let acknowledged = Mutex::new((Vec::new(), Vec::new()));
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let (server, acknowledged) = (&server, &acknowledged);
                scope.spawn(move || {
                    for count in 0.. {
                        let seq = round * 1_000_000 + writer * 100_000 + count;
                        let json = [("content-type", "application/json")];
                        // Few segments a trip, so that the limit of a trip is not what ends this.
                        let path = format!("/v1/trips/ride-{round}-{writer}/segments");
                        match server.try_request("POST", &path, &json, &segment(seq).to_string()) {
                            Ok(answer) if answer.status == 200 => acknowledged.lock().unwrap().0.push(seq),
                            Ok(_) => {}
                            Err(_) => return,
                        }
                        if count % 5 == 0 {
                            let trip = format!("bill-{round}-{writer}-{count}");
                            let path = format!("/v1/trips/{trip}/bill");
                            match server.try_request("POST", &path, &json, &bill().to_string()) {
                                Ok(answer) if answer.status == 201 && answer.json()["stored"] == json!(true) => {
                                    acknowledged.lock().unwrap().1.push((trip, answer.body));
                                }
                                Ok(_) => {}
                                Err(_) => return,
                            }
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(700));
            server.signal("KILL");
        });
        (_, data) = server.wait();
        let (new_segments, new_bills) = acknowledged.into_inner().unwrap();
        assert!(new_segments.len() > 20 && new_bills.len() > 3, "too little was written to mean anything");
        segments.extend(new_segments);
        bills.extend(new_bills);
    }
    let server = Server::restart(data, &[]);
    for (trip, body) in &bills {
        assert_eq!(&server.get(&format!("/v1/trips/{trip}/bill")).body, body, "{trip}");
    }
    for seq in &segments {
        let (round, writer) = (seq / 1_000_000, seq % 1_000_000 / 100_000);
        let path = format!("/v1/trips/ride-{round}-{writer}/segments");
        // The same number with other content is a conflict if, and only if, the segment is there.
        let other = json!({"city": "110000", "segments": [
            {"seq": seq, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 101, "duration_s": 10},
        ]});
        assert_eq!(server.post(&path, &other).status, 409, "segment {seq} was lost");
    }
}

/// With Redis hanging or gone, a ride is billed all the same, quickly, marked, and never with an error.
#[test]
fn rides_are_billed_without_redis() {
    let mut redis = RedisServer::start().unwrap();
    // Deadlines that a busy test machine keeps when all is well, and that are still far below the limit checked here.
    let deadlines = ["--variable", "store_read_deadline_ms=500", "--variable", "store_write_deadline_ms=1000"];
    let url = redis.url("");
    let server = Server::start(&[&["--redis", &url], &deadlines[..]].concat());
    for seq in 1..=3 {
        assert_eq!(server.post("/v1/trips/r/segments", &segment(seq)).status, 200);
    }
    let check = |trip: &str, basis: &str, stored: bool| {
        let start = Instant::now();
        let answer = server.post(&format!("/v1/trips/{trip}/bill"), &bill());
        assert_eq!(answer.status, 201, "{}", answer.body);
        let answer = answer.json();
        assert_eq!((&answer["basis"], &answer["stored"]), (&json!(basis), &json!(stored)), "{trip}");
        assert_eq!(answer["degraded"], json!(basis == "mocked" || !stored), "{trip}");
        start.elapsed()
    };
    redis.stop().unwrap();
    // Without a deadline on each call these would hang for as long as Redis does.
    assert!(check("r", "mocked", false) < Duration::from_secs(5));
    assert!(check("s", "mocked", false) < Duration::from_secs(5));
    assert_eq!(server.post("/v1/trips/r/segments", &segment(9)).status, 503);
    assert_eq!(server.get("/v1/trips/r/bill?city=110000").status, 503);
    redis.resume().unwrap();
    // Redis goes on with what was queued; the rides above may have been billed by it after all.
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(server.post("/v1/trips/t/segments", &segment(1)).status, 200);
    check("t", "metered", true);

    redis.kill().unwrap();
    assert!(check("u", "mocked", false) < Duration::from_secs(5));
    redis.restart().unwrap();
    let deadline = Instant::now() + Duration::from_secs(15);
    while server.post("/v1/trips/v/segments", &segment(1)).status != 200 {
        assert!(Instant::now() < deadline, "the store was not found again after Redis came back");
        std::thread::sleep(Duration::from_millis(100));
    }
    check("v", "metered", true);
}

/// SIGTERM lets requests in flight finish and ends with success.
#[test]
fn shutdown_is_graceful() {
    let server = Server::start(&[]);
    let outcome = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..20)
            .map(|trip| {
                let server = &server;
                let path = format!("/v1/trips/g{trip}/bill");
                scope.spawn(move || {
                    let json = [("content-type", "application/json")];
                    server.try_request("POST", &path, &json, &bill().to_string()).map(|answer| answer.status)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(5));
        server.signal("TERM");
        requests.into_iter().map(|request| request.join().unwrap()).collect::<Vec<_>>()
    });
    // A request that was accepted is answered; one that came too late is refused, never cut off in the middle.
    assert!(outcome.iter().flatten().all(|status| *status == 201), "{outcome:?}");
    assert_eq!(server.wait().0, Some(0));
}
