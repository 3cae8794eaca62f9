//! Faults, with real processes: killed, hanging, gone.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::{PATIENT, Server};
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

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
                                Ok(answer) if answer.status == 201 && answer.json()["kept"] == json!("shared") => {
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
        assert_eq!(&server.get(&format!("/v1/trips/{trip}/bill?city=110000")).body, body, "{trip}");
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
    let deadlines = [
        "--variable",
        "store_read_deadline_ms=500",
        "--variable",
        "store_write_deadline_ms=1000",
        "--variable",
        "store_budget_ms=3000",
    ];
    let url = redis.url("");
    let server = Server::start(&[&["--redis", &url], &deadlines[..]].concat());
    for seq in 1..=3 {
        assert_eq!(server.post("/v1/trips/r/segments", &segment(seq)).status, 200);
    }
    let check = |trip: &str, basis: &str, kept: bool| {
        let start = Instant::now();
        let answer = server.post(&format!("/v1/trips/{trip}/bill"), &bill());
        assert_eq!(answer.status, 201, "{}", answer.body);
        let answer = answer.json();
        assert_eq!(
            (&answer["basis"], &answer["kept"]),
            (&json!(basis), &json!(if kept { "shared" } else { "node" })),
            "{trip}"
        );
        assert_eq!(answer["degraded"], json!(basis == "mocked"), "{trip}");
        start.elapsed()
    };
    redis.stop().unwrap();
    // Without a deadline on each call these would hang for as long as Redis does.
    assert!(check("r", "mocked", false) < Duration::from_secs(5));
    assert!(check("s", "mocked", false) < Duration::from_secs(5));
    let added = server.post("/v1/trips/r/segments", &segment(9));
    assert_eq!((added.status, &added.json()["kept"]), (202, &json!("node")), "{}", added.body);
    assert_eq!(server.get("/v1/trips/r/bill?city=110000").json()["kept"], "node");
    redis.resume().unwrap();
    // Redis goes on with what was queued; the rides above may have been billed by it after all.
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(server.post("/v1/trips/t/segments", &segment(1)).status, 200);
    check("t", "metered", true);

    redis.kill().unwrap();
    assert!(check("u", "mocked", false) < Duration::from_secs(5));
    redis.restart().unwrap();
    let deadline = Instant::now() + Duration::from_secs(15);
    // On every instance, for reads and for writes.
    let mut in_a_row = 0;
    for trip in 0.. {
        let path = format!("/v1/trips/v{trip}");
        let added = server.post(&format!("{path}/segments"), &segment(1)).status == 200;
        let record = server.post(&format!("{path}/bill"), &bill()).json();
        let found = added && record["basis"] == "metered" && record["kept"] == "shared";
        in_a_row = if found { in_a_row + 1 } else { 0 };
        if in_a_row == 10 {
            break;
        }
        assert!(Instant::now() < deadline, "the store was not found again after Redis came back");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(server.post("/v1/trips/v/segments", &segment(1)).status, 200);
    // It was started again without what it had, and this ride had begun before.
    let record = server.post("/v1/trips/v/bill", &bill()).json();
    assert_eq!((&record["basis"], &record["kept"]), (&json!("metered"), &json!("shared")));
    assert_eq!((&record["reasons"], &record["provisional"]), (&json!(["store-lost"]), &json!(true)));
    let lost = server.log().events().into_iter().find(|event| event["event"] == "store-lost");
    assert_eq!(lost.expect("operators are told")["city"], "110000");
}

/// A Redis that is late is not gone: what a bill is made from is waited for, far beyond the read deadline. It does not matter how
/// it is late: it pauses, or its machine does.
#[test]
fn late_is_not_lost() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    // The read deadline that ships, and writes that a busy test machine is in time with.
    let deadlines = [
        "--variable",
        "store_read_deadline_ms=60",
        "--variable",
        "store_write_deadline_ms=3000",
        "--variable",
        "store_budget_ms=10000",
    ];
    let server = Server::start(&[&["--redis", &url], &deadlines[..]].concat());
    let check = |trip: &str, late: &dyn Fn()| {
        assert_eq!(server.post(&format!("/v1/trips/{trip}/segments"), &segment(1)).status, 200);
        let path = format!("/v1/trips/{trip}/bill");
        late();
        let start = Instant::now();
        let answer = server.post(&path, &bill());
        assert!(start.elapsed() > Duration::from_millis(100), "{trip}: Redis was not late: {:?}", start.elapsed());
        let record = answer.json();
        assert_eq!(
            (answer.status, &record["basis"], &record["kept"]),
            (201, &json!("metered"), &json!("shared")),
            "{trip}"
        );
        assert_eq!(record["degraded"], json!(false), "{trip}: {}", answer.body);
        late();
        let read = server.get(&format!("{path}?city=110000"));
        assert_eq!((read.status, read.body), (200, answer.body), "{trip}");
    };
    check("paused", &|| redis.run::<()>("CLIENT PAUSE 250").unwrap());
    std::thread::scope(|scope| {
        check("stopped", &|| {
            redis.stop().unwrap();
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(250));
                redis.resume().unwrap();
            });
        });
    });
}

/// A password or a permission that is wrong is no outage: answers say that the store refuses, bills wait for being put right, and
/// the log says what to do. When it has been done, all is as before.
#[test]
fn a_store_that_refuses_is_no_outage() {
    let redis = RedisServer::start().unwrap();
    let acl = |change: &str| redis.run::<()>(&format!("ACL SETUSER site {change}")).unwrap();
    acl("on >old ~* +@all");
    let server = Server::start(&[&["--redis", &redis.url("site:old@")], &PATIENT[..]].concat());
    let estimate = server.post(
        "/v1/estimates",
        &json!({
            "city": "110000", "products": ["express"], "distance_m": 10_000, "duration_s": 1200,
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
            "depart_at": "2026-11-21T08:00:00+08:00",
        }),
    );
    let detail = format!("/v1/estimates/{}/details/express", estimate.json()["estimate_id"].as_str().unwrap());
    let until = |reason: Value| {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let answer = server.get(&detail);
            assert_eq!(answer.status, 200, "{}", answer.body);
            if answer.json()["reason"] == reason {
                return;
            }
            assert!(Instant::now() < deadline, "never {reason}: {}", answer.body);
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until(Value::Null);

    // A permission, on a connection that is open: nothing but the measurements cannot be read.
    assert_eq!(server.post("/v1/trips/r/segments", &segment(1)).status, 200);
    acl("-hgetall");
    let billed = server.post("/v1/trips/r/bill", &bill());
    assert_eq!(billed.status, 201, "{}", billed.body);
    let billed = billed.json();
    assert_eq!(billed["reasons"], json!(["store-refused"]));
    assert_eq!(
        (&billed["basis"], &billed["provisional"], &billed["kept"]),
        (&json!("mocked"), &json!(true), &json!("shared"))
    );
    acl("+hgetall");

    // The password.
    acl("resetpass >new");
    let _: i64 = redis.run("CLIENT KILL USER site").unwrap();
    until(json!("store-refused"));
    let billed = server.post("/v1/trips/s/bill", &bill()).json();
    assert_eq!((&billed["reasons"], &billed["kept"]), (&json!(["store-refused"]), &json!("node")));
    assert_eq!(server.post("/v1/trips/s/segments", &segment(1)).status, 202);
    let told = server.log().events();
    let told = told.iter().find(|event| event["event"] == "store-refused").expect("operators are told");
    assert_eq!(told["severity"], "error");
    assert!(told["advice"].as_str().unwrap().contains("check the password in redis_credentials"), "{told}");

    acl(">old");
    until(Value::Null);
    assert_eq!(server.post("/v1/trips/s/segments", &segment(1)).status, 200);
}

/// SIGTERM lets requests under way finish, every one of them, takes no more, and ends with success.
#[test]
fn shutdown_is_graceful() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    // Under way for as long as the store is waited for: half a second to read, and then to write.
    let deadlines = [
        "--variable",
        "store_read_deadline_ms=500",
        "--variable",
        "store_write_deadline_ms=500",
        "--variable",
        "store_budget_ms=1500",
    ];
    let server = Server::start(&[&["--redis", &url], &deadlines[..]].concat());
    redis.stop().unwrap();
    let bill = |trip: usize| {
        let json = [("content-type", "application/json")];
        let path = format!("/v1/trips/g{trip}/bill");
        server.try_request("POST", &path, &json, &bill().to_string()).map(|answer| answer.status)
    };
    let (under_way, too_late) = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..20).map(|trip| scope.spawn(move || bill(trip))).collect();
        std::thread::sleep(Duration::from_millis(250));
        server.signal("TERM");
        std::thread::sleep(Duration::from_millis(50));
        let too_late = bill(20);
        (requests.into_iter().map(|request| request.join().unwrap().ok()).collect::<Vec<_>>(), too_late)
    });
    assert_eq!(under_way, vec![Some(201); 20], "a request that was under way is answered");
    assert!(too_late.is_err(), "a request that comes too late is refused: {too_late:?}");
    assert_eq!(server.wait().0, Some(0));
}

/// Stopping waits for answers, and not for clients that have not sent what they ask: half a head, half a body, or nothing.
#[test]
fn shutdown_does_not_wait_for_half_a_request() {
    const POST: &str = "POST /v1/commission HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";
    let server = Server::start(&[]);
    let half: Vec<TcpStream> = ["", "GET / HTTP/1.1\r\nho", &format!("{POST}content-length: 3\r\n\r\n{{}}")]
        .iter()
        .map(|text| {
            let mut stream = TcpStream::connect(server.base().strip_prefix("http://").unwrap()).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/healthz").status, 200);
    let signalled = Instant::now();
    server.signal("TERM");
    assert_eq!(server.wait().0, Some(0));
    assert!(signalled.elapsed() < Duration::from_secs(5), "{:?}", signalled.elapsed());
    drop(half);
}

/// The first SIGTERM or SIGINT waits for requests under way; the second ends the process at once.
#[test]
fn the_second_signal_ends_it_at_once() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    for (first, second) in [("TERM", "INT"), ("INT", "TERM")] {
        let mut server = Server::start(&[
            "--redis",
            &url,
            "--variable",
            "store_write_deadline_ms=9000",
            "--variable",
            "store_budget_ms=9000",
        ]);
        redis.stop().unwrap();
        // Hangs for two seconds: that is how long the host waits for Redis.
        let mut hanging = TcpStream::connect(server.base().strip_prefix("http://").unwrap()).unwrap();
        let body = segment(1).to_string();
        let length = body.len();
        let head = "POST /v1/trips/r/segments HTTP/1.1\r\nhost: test\r\ncontent-type: application/json";
        write!(hanging, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        std::thread::sleep(Duration::from_millis(300));
        server.signal(first);
        std::thread::sleep(Duration::from_millis(300));
        assert!(server.is_running(), "{first} did not wait for the request under way");
        let signalled = Instant::now();
        server.signal(second);
        assert_eq!(server.wait().0, Some(130));
        assert!(signalled.elapsed() < Duration::from_secs(1), "{:?}", signalled.elapsed());
        let mut answer = String::new();
        _ = hanging.read_to_string(&mut answer);
        assert_eq!(answer, "", "the request was not under way");
        redis.resume().unwrap();
    }
}

/// Requests that come all at once do not start an instance each, which would make all of them late: at most twice as
/// many as there are processors are new at once, and one is new for a tenth of a second.
#[test]
fn a_burst_does_not_start_an_instance_for_each_request() {
    const BURST: usize = 60;
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let deadlines = ["--variable", "store_write_deadline_ms=3000", "--variable", "store_budget_ms=3000"];
    let server = Server::start(&[&["--redis", &url, "--requests-at-once", "1"], &deadlines[..]].concat());
    // No request is answered before the test is over, so an instance that has one is new for all of its tenth.
    redis.stop().unwrap();
    let at_once = 2 * std::thread::available_parallelism().unwrap().get();
    let before = instances(&server);
    let start = Instant::now();
    let most = std::thread::scope(|scope| {
        for trip in 0..BURST {
            let server = &server;
            scope.spawn(move || server.post(&format!("/v1/trips/b{trip}/segments"), &segment(1)).status);
        }
        let mut most = 0;
        while start.elapsed() < Duration::from_millis(1500) {
            let new = instances(&server).saturating_sub(before);
            let tenths = usize::try_from(start.elapsed().as_millis() / 100).unwrap();
            assert!(new <= at_once * (tenths + 1), "{new} new instances after {:?}", start.elapsed());
            most = most.max(new);
            std::thread::sleep(Duration::from_millis(5));
        }
        most
    });
    assert!(most > at_once, "the burst was none: {most} new instances");
}

/// The instances that live: each holds the configuration folder open, to be gone through (`O_PATH`). Where it is open to
/// be read, an instance is listing it, which is no further instance.
fn instances(server: &Server) -> usize {
    const O_PATH: u32 = 0o10_000_000;
    let config = artifacts::repository().join("config").canonicalize().unwrap();
    let process = Path::new("/proc").join(server.pid().to_string());
    let flags = |descriptor: &std::ffi::OsStr| {
        let info = std::fs::read_to_string(process.join("fdinfo").join(descriptor)).ok()?;
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"))?;
        u32::from_str_radix(flags.trim(), 8).ok()
    };
    let is_held = |file: &std::fs::DirEntry| {
        std::fs::read_link(file.path()).is_ok_and(|to| to == config)
            && flags(&file.file_name()).is_some_and(|flags| flags & O_PATH != 0)
    };
    std::fs::read_dir(process.join("fd")).unwrap().filter(|file| is_held(file.as_ref().unwrap())).count()
}

/// When the start is announced the first request has nothing to wait for that happens once only: there is an instance,
/// the database has its tables, and Redis is connected. Soon there are as many instances as processors, and one for probes.
#[test]
fn a_start_warms_up() {
    let server = Server::start(&PATIENT);
    assert!(instances(&server) >= 1);
    let standing = std::thread::available_parallelism().unwrap().get() + 1;
    let deadline = Instant::now() + Duration::from_secs(10);
    while instances(&server) < standing {
        assert!(Instant::now() < deadline, "{}", instances(&server));
        std::thread::sleep(Duration::from_millis(20));
    }
    let database = rusqlite::Connection::open(server.data().join("farebox.sqlite")).unwrap();
    let tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table'";
    assert!(database.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap() > 0);

    let redis = RedisServer::start().unwrap();
    let _server = Server::start(&[&["--redis", &redis.url("")], &PATIENT[..]].concat());
    let clients: String = redis.run("CLIENT LIST").unwrap();
    assert_eq!(clients.lines().count(), 3, "the host's, to read and to write, and this one: {clients}");
}

/// A Redis that is gone or silent does not stop a start, and holds it up for a second at most.
#[test]
fn a_start_does_not_wait_for_redis() {
    // Compiled components are kept with the data.
    let server = Server::start(&[]);
    server.signal("TERM");
    let (_, mut data) = server.wait();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // What was billed once is answered again, by the same node.
    for (address, status) in [(silent.local_addr().unwrap(), 201), (gone, 200)] {
        let start = Instant::now();
        let server = Server::restart(data, &["--redis", &format!("redis://{address}")]);
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        assert_eq!(server.post("/v1/trips/r/bill", &bill()).status, status);
        server.signal("TERM");
        (_, data) = server.wait();
    }
}
