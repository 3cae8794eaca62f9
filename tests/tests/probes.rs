//! What probes are answered, served for real: while the store fails in several ways, while the host is busy, and to whom.
#![allow(clippy::unwrap_used)]

use farebox_tests::server::Server;
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

/// A name and a problem of every check that failed.
fn failed(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{document}")).to_owned();
    let failed = document["checks"].as_array().unwrap().iter().filter(|check| check["ok"] == json!(false));
    failed.map(|check| (text(&check["name"]), text(&check["problem"]))).collect()
}

/// Asserts that the host is in service and `/statusz` has these checks failed, each for a reason that has these words.
fn check(server: &Server, expected: &[(&str, &str)]) {
    let status = server.get("/statusz");
    assert_eq!(status.status, 200, "{}", status.body);
    let status = status.json();
    let all = failed(&status);
    let same =
        |((name, why), expected): (&(String, String), &(&str, &str))| name == expected.0 && why.contains(expected.1);
    assert!(all.len() == expected.len() && all.iter().zip(expected).all(same), "{expected:?}: {status}");
    assert_eq!(status["status"], if expected.is_empty() { "ready" } else { "degraded" }, "{status}");
    let ready = server.get("/readyz");
    let degraded = expected.iter().any(|(name, _)| *name == "store");
    let verdict = if degraded { "degraded" } else { "ready" };
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!(verdict)), "{}", ready.body);
    assert_eq!(server.get("/healthz").status, 200);
}

/// An outage of Redis takes no host out, whatever it looks like, and the status tells one from the other: gone, hanging, full,
/// fenced. It costs a probe no more than the deadlines of the store.
#[test]
fn an_outage_of_redis_takes_no_host_out() {
    let mut redis = RedisServer::start().unwrap();
    // Deadlines that a busy test machine keeps.
    let deadlines = ["store_read_deadline_ms=1500", "store_write_deadline_ms=1500", "store_budget_ms=6000"];
    let url = redis.url("");
    let variables = deadlines.iter().flat_map(|deadline| ["--variable", deadline]);
    let server = Server::start(&["--redis", &url].into_iter().chain(variables).collect::<Vec<_>>());
    check(&server, &[]);

    for bucket in 0..16 {
        let fence = format!("c:110000:{{110000:{bucket}}}:fence");
        let _: i64 = redis.run(&format!("HSET {fence} owner elsewhere epoch 3 retry-after 30")).unwrap();
    }
    check(&server, &[("store-write", "the city is written at site elsewhere, epoch 3")]);
    for bucket in 0..16 {
        let _: i64 = redis.run(&format!("DEL c:110000:{{110000:{bucket}}}:fence")).unwrap();
    }
    check(&server, &[]);

    let _: String = redis.run("CONFIG SET maxmemory 1").unwrap();
    check(&server, &[("store-write", "OOM")]);
    let _: String = redis.run("CONFIG SET maxmemory 0").unwrap();
    check(&server, &[]);

    redis.stop().unwrap();
    let start = Instant::now();
    check(&server, &[("store", "deadline passed"), ("store-write", "deadline passed")]);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    redis.resume().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.get("/readyz").json()["status"] != "ready" {
        assert!(Instant::now() < deadline, "{}", server.get("/readyz").body);
    }

    redis.kill().unwrap();
    check(&server, &[("store", ""), ("store-write", "")]);
}

/// An embedded database that somebody else keeps locked cannot be written, and reads may wait behind what waits to be: the host
/// is ready all the same, and the status tells.
#[test]
fn a_locked_database_is_told() {
    let server = Server::start(&[]);
    assert_eq!(server.get("/statusz").status, 200);
    let database = rusqlite::Connection::open(server.data().join("farebox.sqlite")).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let status = server.get("/statusz").json();
    let all = failed(&status);
    for name in ["store-write", "database-write"] {
        assert!(all.iter().any(|(failed, _)| failed == name), "{name}: {status}");
    }
    assert_eq!(status["status"], "degraded", "{status}");
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.get(probe).status, 200, "{probe}");
    }
    database.execute_batch("ROLLBACK").unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.get("/statusz").json()["status"] != "ready" {
        assert!(Instant::now() < deadline, "{}", server.get("/statusz").body);
    }
    let kept: i64 = database.query_row("SELECT count(*) FROM quote", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1, "however often it was asked for");
}

/// A host that can take no more requests is alive, ready, and says how it stands.
#[test]
fn a_busy_host_answers_probes() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    // What asks for a bill waits for Redis, which does not answer.
    let patient = ["--variable", "store_write_deadline_ms=9000", "--variable", "store_budget_ms=9000"];
    let server = Server::start(&[&["--max-in-flight", "2", "--redis", &url], &patient[..]].concat());
    redis.stop().unwrap();
    let address = server.base().strip_prefix("http://").unwrap();
    let segments = json!({"city": "110000", "segments": [
        {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 1, "duration_s": 1},
    ]});
    let body = segments.to_string();
    let head = "POST /v1/trips/busy/segments HTTP/1.1\r\nhost: test\r\ncontent-type: application/json";
    let post = || {
        let mut request = TcpStream::connect(address).unwrap();
        write!(request, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        request
    };
    let mut requests = vec![post(), post()];
    let deadline = Instant::now() + Duration::from_secs(5);
    while server.get("/v1/cities").status != 503 {
        assert!(Instant::now() < deadline);
        // While cities were asked for, they took the place of one that was still to be read, and is refused by now.
        requests.push(post());
    }
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.get(probe).status, 200, "{probe}");
    }
    assert_eq!(server.get("/v1/cities").json()["code"], "overloaded");
    redis.resume().unwrap();
    drop(requests);
}

/// Asks for `/statusz` from an address of this machine, with a header of the client's.
fn status_from(server: &Server, source: IpAddr, forged: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address = server.base().strip_prefix("http://").unwrap().parse().unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((source, 0).into()).unwrap();
        socket.connect(address).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    let mut stream = stream;
    let head = format!("GET /statusz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{forged}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Only a peer at a loopback address is told how everything stands, whatever a client says of where it is.
#[test]
fn the_status_is_for_this_machine() {
    let server = Server::start(&[]);
    let here = IpAddr::from([127, 0, 0, 1]);
    for forged in ["", "spin-client-addr: 10.0.0.7:50000\r\n", "Spin-Client-Addr: 127.0.0.1:1\r\n"] {
        let answer = status_from(&server, here, forged);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{forged}: {answer}");
    }
    // An address that others see. Nothing is sent to find it.
    let route = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    let Ok(elsewhere) = route.map(|address| address.ip()) else {
        // A machine without a network has no other address.
        return;
    };
    for forged in ["", "spin-client-addr: 127.0.0.1:50000\r\n"] {
        let answer = status_from(&server, elsewhere, forged);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{forged}: {answer}");
        assert!(answer.contains("\"code\":\"local-only\"") && answer.contains("127.0.0.1 or [::1]"), "{answer}");
        assert!(!answer.contains("variables"), "{answer}");
    }
}
