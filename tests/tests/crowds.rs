//! Clients that send half of what they should, do not read, or send too much: they silence nobody, and take no more memory than they
//! may. Real sockets, of one machine.
#![allow(clippy::unwrap_used)]

use farebox_tests::server::{PATIENT, Server};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// As many as there are of each kind at once.
const CROWD: usize = 2000;

/// What bad clients send, once, and then nothing more; they read nothing.
const KINDS: [(&str, &str); 5] = [
    ("send nothing", ""),
    ("send half a head", "POST /v1/commission HTTP/1.1\r\nhost: te"),
    (
        "send all of a body but its last byte",
        "POST /v1/commission HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n{}",
    ),
    ("keep their connections for later", "GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"),
    (
        "do not read",
        "GET /openapi.json HTTP/1.1\r\nhost: test\r\n\r\nGET /openapi.json HTTP/1.1\r\nhost: test\r\n\r\nGET /openapi.json HTTP/1.1\r\nhost: test\r\n\r\n",
    ),
];

/// 200 requests a second for two seconds, over connections that stay and over new ones: the slowest but one in a hundred.
fn good_clients(server: &Server, why: &str) -> Duration {
    const EVERY: Duration = Duration::from_millis(5);
    const COUNT: u32 = 400;
    // One that begins when the crowd is there: of those that waited before, any may have made room.
    let kept = ureq::Agent::new_with_defaults();
    let cities = format!("{}/v1/cities", server.base());
    let begun = Instant::now();
    let mut took: Vec<Duration> = (0..COUNT)
        .map(|number| {
            let due = begun + EVERY * number;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let asked = Instant::now();
            let status = if number % 2 == 0 {
                let mut answer = kept.get(&cities).call().unwrap();
                answer.body_mut().read_to_string().unwrap();
                answer.status().as_u16()
            } else {
                once(server, "/v1/cities")
            };
            assert_eq!(status, 200, "while {CROWD} clients {why}");
            asked.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.base().strip_prefix("http://").unwrap()).unwrap()
}

/// A request on a connection of its own.
fn once(server: &Server, path: &str) -> u16 {
    let mut stream = connect(server);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// Whatever two thousand clients do not do, those that do as they should see no error, and wait at most twice as long; a busy
/// machine's pauses are no wait. There are fewer connections than clients, so that the last ones need room.
#[test]
fn bad_clients_silence_nobody() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let all = rustix::process::Rlimit { current: limit.maximum, ..limit };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, all).unwrap();
    let server = Server::start(&["--max-connections", "1500"]);
    let control = good_clients(&server, "are not there");
    for (why, text) in KINDS {
        let crowd: Vec<TcpStream> = (0..CROWD)
            .map(|_| {
                let mut stream = connect(&server);
                // One that was ended meanwhile cannot be written to.
                _ = stream.write_all(text.as_bytes());
                stream
            })
            .collect();
        assert!(crowd.iter().all(|stream| stream.as_raw_fd() > 0));
        // So many requests at once are work, of which some may be told to come back. What is tested is what they leave.
        let deadline = Instant::now() + Duration::from_secs(10);
        while once(&server, "/v1/cities") != 200 {
            assert!(Instant::now() < deadline, "{why}: nobody else is answered");
        }
        std::thread::sleep(Duration::from_millis(300));
        let p99 = good_clients(&server, why);
        assert!(p99 <= (2 * control).max(Duration::from_millis(30)), "{why}: {p99:?} instead of {control:?}");
        let descriptors =
            std::fs::read_dir(Path::new("/proc").join(server.pid().to_string()).join("fd")).unwrap().count();
        assert!(descriptors < 1500 + 200, "{why}: {descriptors} files are open");
    }
}

/// The most memory that a process has had, in MiB.
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(server.pid().to_string()).join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Says that it is over when it is dropped, a failed test included.
struct AtEnd<'a>(&'a AtomicBool);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A client of HTTP/2 that asks for a large document so many times, over one connection, and has no window for any of it.
fn ask_and_take_nothing(server: &Server, times: u32) -> TcpStream {
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    };
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    let get = [&[0x82, 0x86, 0x01][..], &text("test"), &[0x04], &text("/openapi.json")].concat();
    let no_window = [&[0, 4][..], &[0; 4]].concat();
    let mut sent = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &frame(4, 0, 0, &no_window)[..]].concat();
    for number in 0..times {
        sent.extend(frame(1, 5, 2 * number + 1, &get));
    }
    let mut stream = connect(server);
    // One that was ended meanwhile cannot be written to.
    _ = stream.write_all(&sent);
    stream
}

/// However many clients ask for answers and take none of them, those take no more memory than they may: whoever leaves most lying is
/// left, and everybody else is answered.
#[test]
fn answers_that_nobody_takes_take_no_more_memory_than_they_may() {
    /// A quarter of the budget, in MiB.
    const ANSWERS: u64 = 32;
    let server = Server::start(&["--memory-budget", "128"]);
    let document = server.get("/openapi.json").body.len();
    assert!(document > 50_000, "{document} bytes are no large document");
    let before = peak(&server);
    // Less than what ends a connection by itself, and many times as much as there may be.
    let times = u32::try_from((3 << 19) / document).unwrap();
    let mut clients = Vec::new();
    for number in 0..250 {
        clients.push(ask_and_take_nothing(&server, times));
        std::thread::sleep(Duration::from_millis(10));
        if number % 10 == 0 {
            assert_eq!(once(&server, "/v1/cities"), 200, "after {number} clients");
        }
    }
    let after = peak(&server);
    assert!(after < before + ANSWERS + 48, "{after} MiB instead of {before}");
    let said = |line: &String| line.contains("left most of their answers lying");
    assert!(server.log().lines().iter().any(said), "{:?}", server.log().lines());
    drop(clients);
}

/// However much is sent, no more memory is taken than there may be: what is too much is refused, be it of values or of bodies; and
/// a small request passes all the while.
#[test]
fn bodies_take_no_more_memory_than_they_may() {
    let server = Server::start(&[&["--memory-budget", "128"], &PATIENT[..]].concat());
    let small = json!({
        "city": "110000", "product": "express",
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:21:00+08:00",
        "origin": {"lat": 39.9087, "lng": 116.3975}, "destination": {"lat": 39.9990, "lng": 116.3264},
    });
    let objects = |count: usize| format!("[{}0]", r#"{"a":0},"#.repeat(count));
    let before = peak(&server);
    for (body, expected) in [
        // A MiB of small objects, which is refused before it is read.
        (objects((1 << 17) - 2), &[413, 503][..]),
        // As many as are read, which are no object.
        (objects((1 << 15) - 2), &[422, 503]),
    ] {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let end = AtEnd(&is_over);
            let large: Vec<_> = (0..48)
                .map(|_| {
                    scope.spawn(|| {
                        let mut seen = std::collections::BTreeSet::new();
                        while !is_over.load(Ordering::Relaxed) {
                            let json = [("content-type", "application/json")];
                            seen.insert(server.request("POST", "/v1/estimates", &json, &body).status);
                        }
                        seen
                    })
                })
                .collect();
            for number in 0..20 {
                let answer = server.post(&format!("/v1/trips/m{number}/bill"), &small);
                assert!([200, 201].contains(&answer.status), "{}", answer.body);
                std::thread::sleep(Duration::from_millis(100));
            }
            drop(end);
            for large in large {
                let seen = large.join().unwrap();
                assert!(seen.iter().all(|status| expected.contains(status)), "{seen:?}");
            }
        });
    }
    let after = peak(&server);
    assert!(after < before + 128 + 64, "{after} MiB instead of {before}");
    let ready: Value = server.get("/readyz").json();
    assert_eq!(ready["status"], "ready");
}
