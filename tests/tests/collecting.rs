//! Segments that come by a queue: the example that posts them in batches, against a real server that is away for a while.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::Server;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

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
