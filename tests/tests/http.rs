//! The HTTP API, served for real: by the host on both stores, and by Spin when it is installed.
#![allow(clippy::unwrap_used)]

use farebox_tests::exchanges;
use farebox_tests::server::{PATIENT, Runtime, Server, spin_is_installed};
use farebox_tests::store_redis_server::RedisServer;
use serde_json::json;
use std::collections::BTreeSet;

const EXCHANGES: &[(&str, &str)] = &[
    ("1-a-ride-end-to-end.txt", include_str!("../cases/http/1-a-ride-end-to-end.txt")),
    ("2-degraded.txt", include_str!("../cases/http/2-degraded.txt")),
    ("3-commission-and-cities.txt", include_str!("../cases/http/3-commission-and-cities.txt")),
    ("4-bad-input.txt", include_str!("../cases/http/4-bad-input.txt")),
];

fn check(server: &Server) {
    let wrong: Vec<_> = EXCHANGES.iter().flat_map(|(name, text)| exchanges::run(server, name, text, "t1")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every route answers as the files in `cases/http` say, on the embedded store.
#[test]
fn exchanges_on_the_embedded_store() {
    check(&Server::start(&PATIENT));
}

/// The same on a real Redis.
#[test]
fn exchanges_on_redis() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    check(&Server::start(&[&["--redis", &url], &PATIENT[..]].concat()));
}

/// The same on Spin, from the same manifest and the same bytes. Runs where `spin` is on PATH.
#[test]
fn exchanges_on_spin() {
    if !spin_is_installed() {
        eprintln!("spin is not on PATH: the exchanges were not run on it");
        return;
    }
    check(&Server::start_on(Runtime::Spin, &PATIENT, tempfile::tempdir().unwrap()));
}

/// 200 parallel posts of overlapping segments, then all of them again backwards: every segment counts exactly once.
#[test]
fn overlapping_posts_give_exact_totals() {
    let redis = RedisServer::start().unwrap();
    for server in [Server::start(&[]), Server::start(&["--redis", &redis.url("")])] {
        // Post n has segments n to n + 9, so that each segment is in up to ten posts.
        let segment = |seq: u64| json!({"seq": seq, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": seq * 7 + 1, "duration_s": seq % 60});
        let posts: Vec<_> = (0..200)
            .map(|first| json!({"city": "110000", "segments": (first..first + 10).map(segment).collect::<Vec<_>>()}))
            .collect();
        let send = |body: &serde_json::Value| {
            // The store says no rather than late; the caller asks again, and nothing is counted twice.
            for _ in 0..100 {
                let answer = server.post("/v1/trips/busy/segments", body);
                if answer.status == 200 {
                    return;
                }
                assert_eq!(answer.status, 503, "{}", answer.body);
            }
            panic!("the store did not take the segments");
        };
        std::thread::scope(|scope| {
            for body in &posts {
                scope.spawn(|| send(body));
            }
        });
        posts.iter().rev().for_each(send);
        let answer = server.post("/v1/trips/busy/segments", &posts[0]).json();
        let seqs: BTreeSet<u64> = (0..209).collect();
        assert_eq!(answer["segments"], json!(209));
        assert_eq!(answer["distance_m"], json!(seqs.iter().map(|seq| seq * 7 + 1).sum::<u64>()));
        assert_eq!(answer["duration_s"], json!(seqs.iter().map(|seq| seq % 60).sum::<u64>()));
    }
}

/// The detail page degrades to the total when the quote is gone: caching switched off, and Redis gone or hanging.
#[test]
fn details_degrade_to_the_total() {
    let estimate = json!({
        "city": "370100", "products": ["express"], "origin": {"lat": 36.65, "lng": 117.12},
        "destination": {"lat": 36.67, "lng": 117.0}, "distance_m": 4100, "duration_s": 1260,
        "depart_at": "2026-11-21T08:00:00+08:00",
    });
    let check = |server: &Server, break_it: &mut dyn FnMut(), reason: &str| {
        let answer = server.post("/v1/estimates", &estimate);
        assert_eq!(answer.status, 201, "{}", answer.body);
        break_it();
        let id = answer.json()["estimate_id"].as_str().unwrap().to_owned();
        let page = server.get(&format!("/v1/estimates/{id}/details/express"));
        assert_eq!(page.status, 200, "{}", page.body);
        let page = page.json();
        assert_eq!(
            (&page["total"], &page["payable"], &page["sections"], &page["degraded"], &page["reason"]),
            (&json!("11.48"), &json!("11.48"), &json!([]), &json!(true), &json!(reason)),
        );
    };
    check(&Server::start(&["--variable", "quote_ttl_s=0"]), &mut || {}, "quote-expired");
    check(
        &Server::start(&["--variable", "quote_ttl_s=1"]),
        &mut || std::thread::sleep(std::time::Duration::from_millis(2100)),
        "quote-expired",
    );

    let mut redis = RedisServer::start().unwrap();
    let server = Server::start(&["--redis", &redis.url("")]);
    check(&server, &mut || drop(redis.run::<String>("FLUSHALL").unwrap()), "quote-expired");
    check(&server, &mut || redis.stop().unwrap(), "store-unavailable");
    redis.resume().unwrap();
    check(&server, &mut || redis.kill().unwrap(), "store-unavailable");
}

/// A request that is too large is refused before it is read, and the connection survives nonsense.
#[test]
fn limits_hold() {
    let server = Server::start(&[]);
    let large = format!("{{\"city\": \"{}\"}}", "x".repeat(2 << 20));
    // The answer comes before the whole body was sent; the connection is then closed, and a client that is still busy
    // sending may see only that.
    let json = [("content-type", "application/json")];
    let answer = (0..20).find_map(|_| server.try_request("POST", "/v1/estimates", &json, &large).ok()).unwrap();
    assert_eq!((answer.status, answer.content_type.as_str()), (413, "application/problem+json"), "{}", answer.body);
    let deep = "[".repeat(100_000);
    let answer = server.request("POST", "/v1/estimates", &json, &deep);
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert_eq!(server.get("/healthz").status, 200);
}

/// The document that clients are generated from is the one that is committed.
#[test]
fn openapi_is_the_committed_document() {
    let server = Server::start(&[]);
    let committed: serde_json::Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    assert_eq!(server.get("/openapi.json").json(), committed);
}
