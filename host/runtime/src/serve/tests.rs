#![allow(clippy::unwrap_used)]

use futures::future::{Either, select};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::*;
use crate::budget::Exhausted;
use crate::capabilities::redis::Redis;
use crate::engine::engine;
use crate::state::{Grants, linker};

/// What the guests of these tests do before they answer. Each is a component, and its own route.
const GUESTS: [(&str, &str); 9] = [
    ("ok", ""),
    ("trap", "(unreachable)"),
    ("stuck", "(loop (br 0))"),
    // Half a second.
    ("slow", "(call $block (call $timer (i64.const 500000000)))"),
    ("silent", "(return)"),
    // Stuck unless the path is "/picky".
    (
        "picky",
        "(call $path (local.get $request) (i32.const 0)) (loop (br_if 0 (i32.gt_u (i32.load (i32.const 8)) (i32.const 6))))",
    ),
    // Cannot get ready: traps, or is stuck, if the path is "/frail" or "/tired".
    (
        "frail",
        "(call $path (local.get $request) (i32.const 0)) (if (i32.eq (i32.load (i32.const 8)) (i32.const 6)) (then (unreachable)))",
    ),
    (
        "tired",
        "(call $path (local.get $request) (i32.const 0)) (loop (br_if 0 (i32.eq (i32.load (i32.const 8)) (i32.const 6))))",
    ),
    // Takes memory until there is no more.
    ("greedy", "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))"),
];

/// Of all servers that are tested without a process.
pub(crate) const LIMITS: Limits = Limits {
    body: 1000,
    memory: 64 << 20,
    request: Duration::from_secs(1),
    in_flight: 16,
    instances: 24,
    probes: 4,
    connections: Crowd { all: 64, of_peer: 64 },
    patience: Patience { idle: Duration::from_secs(75), head: Duration::from_secs(30), taken: Duration::from_secs(10) },
    shutdown: Duration::from_secs(5),
};

fn component(behaviour: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("guest.wit", include_str!("guest.wit")).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(include_str!("guest.wat").replace("BEHAVIOUR", behaviour)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

pub(in crate::serve) fn grants() -> Arc<Grants> {
    Arc::new(Grants {
        component: "test".into(),
        folders: Vec::new(),
        environment: Vec::new(),
        variables: Arc::default(),
        allowed_hosts: Arc::default(),
        database: None,
        redis: Redis::default(),
        memory: 4 << 20,
    })
}

struct Running {
    address: SocketAddr,
    grants: Arc<Grants>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Running {
    async fn start(limits: Limits) -> Self {
        Self::start_with(limits, &[], None).await
    }

    async fn with_probes(limits: Limits, probes: &[&str]) -> Self {
        Self::start_with(limits, probes, None).await
    }

    async fn start_with(limits: Limits, probes: &[&str], tls: Option<Tls>) -> Self {
        let engine = engine(4 << 20, 96).unwrap();
        let linker = linker(&engine).unwrap();
        let reuse = Reuse { requests: 2, at_once: 16, idle: Duration::from_secs(30), request: limits.request };
        let grants = grants();
        let mut components = BTreeMap::new();
        let routes = GUESTS.map(|(name, _)| (format!("/{name}/..."), name));
        for (name, behaviour) in GUESTS {
            let component = wasmtime::component::Component::new(&engine, component(behaviour)).unwrap();
            let instances = Instances::new(&linker, &component, Arc::clone(&grants), reuse, false).unwrap();
            components.insert(name.to_owned(), instances);
        }
        let server = Server::new(
            Routes::new(routes.iter().map(|(route, name)| (route.as_str(), *name))).unwrap(),
            components,
            limits,
            &probes.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>(),
        );
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(server.run(listener, tls, async { _ = stopped.await }));
        Self { address, grants, stop: Some(stop), server }
    }

    /// How many share the grants, instances among them, when all are there that stand ready.
    async fn settled(&self) -> usize {
        let mut last = 0;
        loop {
            let now = Arc::strong_count(&self.grants);
            if now == last {
                return now;
            }
            last = now;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Sends a request as it stands and returns the whole answer.
    async fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn get(&self, name: &str) -> String {
        self.send(&format!("GET /{name} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")).await
    }

    async fn post(&self, headers: &str, body: &str) -> String {
        let head = format!("POST /ok HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}\r\n\r\n");
        self.send(&format!("{head}{body}")).await
    }
}

/// The answer is a problem document with this status and code, of the same make as the gateway's.
fn check_problem(answer: &str, status: u16, code: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(head.contains("content-type: application/problem+json"), "{answer}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["status"], &body["code"]), (&status.into(), &code.into()), "{answer}");
    assert_eq!(body["type"], format!("urn:farebox:problem:{code}"), "{answer}");
    let trace = body["trace_id"].as_str().unwrap();
    assert!(trace.len() == 32 && head.contains(&format!("\r\ntraceparent: 00-{trace}-")), "{answer}");
}

fn check_ok(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_answered_by_its_component() {
    let running = Running::start(LIMITS).await;
    // More requests than one instance answers.
    for _ in 0..5 {
        check_ok(&running.get("ok").await);
    }
    check_problem(&running.get("nowhere").await, 404, "not-found");
    check_problem(&running.send("GET /ok HTTP/1.1\r\n\r\n").await, 400, "malformed-request");
}

/// A body over the limit is refused before the component is asked, whether its length is announced or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused() {
    let running = Running::start(LIMITS).await;
    let chunked = |size: usize| format!("{size:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(size));
    check_ok(&running.post("content-length: 1000", &"x".repeat(1000)).await);
    check_ok(&running.post("transfer-encoding: chunked", &chunked(1000)).await);
    check_problem(&running.post("content-length: 1001", &"x".repeat(1001)).await, 413, "body-too-large");
    check_problem(&running.post("content-length: 99999999999", "").await, 413, "body-too-large");
    check_problem(&running.post("transfer-encoding: chunked", &chunked(1001)).await, 413, "body-too-large");
    check_problem(&running.post("transfer-encoding: chunked", "zz\r\n").await, 400, "body-unreadable");
    check_problem(&running.post("content-length: 10", "x").await, 408, "request-timeout");
}

/// A client that sends all of its body before it reads gets the answer, not a reset connection: the host reads on for a
/// while after it has answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_still_sends_gets_its_answer() {
    let running = Running::start(LIMITS).await;
    // More than the sockets between them hold.
    let size = 12 << 20;
    let body = "x".repeat(size);
    for _ in 0..5 {
        let answer = running.post(&format!("content-length: {size}"), &body).await;
        check_problem(&answer, 413, "body-too-large");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        let chunked = format!("{size:x}\r\n{body}\r\n0\r\n\r\n");
        check_problem(&running.post("transfer-encoding: chunked", &chunked).await, 413, "body-too-large");
        let head = format!("POST /nowhere HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {size}");
        check_problem(&running.send(&format!("{head}\r\n\r\n{body}")).await, 404, "not-found");
    }
}

/// A body that nobody wanted does not cost the connection when it is short.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_goes_on_after_a_body_nobody_wanted() {
    let running = Running::start(LIMITS).await;
    let answer = running
        .send(
            "POST /nowhere HTTP/1.1\r\nhost: test\r\ncontent-length: 5\r\n\r\nhello\
             GET /ok HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n",
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("HTTP/1.1 200 OK"), "{answer}");
}

/// Nobody holds a connection for long with a body nobody wants, whether it never ends or never comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_nobody_wants_is_read_for_a_while_only() {
    let running = Running::start(LIMITS).await;
    let start = Instant::now();
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(b"POST /ok HTTP/1.1\r\nhost: test\r\ncontent-length: 99999999999\r\n\r\n").await.unwrap();
    let mut sent = 0;
    while stream.write_all(&[b'x'; 1 << 16]).await.is_ok() {
        sent += 1 << 16;
        assert!(sent < 64 << 20, "it reads for ever");
    }
    assert!(sent >= 16 << 20, "{sent}");

    let answer = timeout(Duration::from_secs(5), running.post("content-length: 99999999999", "")).await.unwrap();
    check_problem(&answer, 413, "body-too-large");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());

    // Whoever asks first is told not to send it.
    let asked = Instant::now();
    check_problem(&running.post("content-length: 1001\r\nexpect: 100-continue", "").await, 413, "body-too-large");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

/// A failure is an answer with a stable code, carries the caller's trace, and harms nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_fails_is_an_internal_error() {
    let running = Running::start(LIMITS).await;
    for name in ["trap", "silent"] {
        check_problem(&running.get(name).await, 500, "internal");
        check_ok(&running.get("ok").await);
    }
    let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736";
    let head = format!("GET /trap HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{trace}-00f067aa0ba902b7-01\r\n\r\n");
    let answer = running.send(&head).await;
    check_problem(&answer, 500, "internal");
    // The caller's trace, and a span of our own.
    assert!(answer.contains(trace) && !answer.contains("00f067aa0ba902b7"), "{answer}");
}

/// A guest in an endless loop is killed at the deadline; until then it takes nothing but its share from the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_in_a_loop_is_killed() {
    let running = Running::start(LIMITS).await;
    let before = running.settled().await;
    let start = Instant::now();
    let stuck = std::pin::pin!(futures::future::join_all((0..4).map(|_| running.get("stuck"))));
    let others = std::pin::pin!(async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        running.get("ok").await
    });
    let Either::Right((other, stuck)) = select(stuck, others).await else {
        panic!("the others waited until the stuck ones were killed");
    };
    check_ok(&other);
    for answer in stuck.await {
        check_problem(&answer, 504, "timed-out");
    }
    // The instances are gone, not only their requests. One more that answered "ok" may live on.
    while Arc::strong_count(&running.grants) > before + 1 {
        assert!(start.elapsed() < Duration::from_secs(5), "a stuck instance still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The memory of an instance has a limit: growing fails, and the guest can go on without.
#[tokio::test(flavor = "multi_thread")]
async fn a_greedy_guest_gets_no_more_memory() {
    check_ok(&Running::start(LIMITS).await.get("greedy").await);
}

/// One request too many is told to come back, at once.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_told_to_come_back() {
    let running = Running::start(Limits { in_flight: 2, ..LIMITS }).await;
    let late = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        running.get("ok").await
    };
    let (first, second, late) = tokio::join!(running.get("slow"), running.get("slow"), late);
    check_ok(&first);
    check_ok(&second);
    check_problem(&late, 503, "overloaded");
    assert!(late.contains("retry-after: 1\r\n"), "{late}");
    check_ok(&running.get("ok").await);
}

/// A probe is answered while requests that never end have every place, every instance and every leave to start one; no other
/// request is.
#[tokio::test(flavor = "multi_thread")]
async fn probes_are_answered_however_busy_it_is() {
    let many = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    let limits = Limits { in_flight: many, instances: many, request: Duration::from_secs(6), ..LIMITS };
    let running = Running::with_probes(limits, &["/picky"]).await;
    let stuck = std::pin::pin!(futures::future::join_all((0..many).map(|_| running.get("picky/stuck"))));
    let probes = std::pin::pin!(async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        [running.get("picky").await, running.get("ok").await, running.get("picky").await]
    });
    let Either::Right(([first, other, second], stuck)) = select(stuck, probes).await else {
        panic!("the probes waited until the stuck ones were killed");
    };
    check_ok(&first);
    check_ok(&second);
    check_problem(&other, 503, "overloaded");
    for answer in stuck.await {
        check_problem(&answer, 504, "timed-out");
    }
}

/// Probes have a limit of their own, and whoever sends a body slowly takes nobody's place.
#[tokio::test(flavor = "multi_thread")]
async fn probes_have_a_limit_of_their_own() {
    let running = Running::with_probes(Limits { probes: 1, ..LIMITS }, &["/picky", "/slow/probe"]).await;
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        (running.get("slow/probe").await, running.get("picky").await)
    };
    let (first, (late, other)) = tokio::join!(running.get("slow/probe"), late);
    check_ok(&first);
    check_problem(&late, 503, "overloaded");
    check_ok(&other);
    let start = Instant::now();
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    slow.write_all(b"POST /picky HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n").await.unwrap();
    let mut answer = [0; 15];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    check_ok(&running.get("picky").await);
    assert!(start.elapsed() < LIMITS.request, "{:?}", start.elapsed());
}

/// An instance that fails when it is to get ready is followed by one that takes requests as it is: what fails for nobody is not
/// tried again and again, and fails nobody who asks for something else.
#[tokio::test(flavor = "multi_thread")]
async fn instances_that_cannot_get_ready_answer_all_the_same() {
    let running = Running::with_probes(LIMITS, &["/frail", "/tired"]).await;
    for name in ["frail", "tired"] {
        // The first ones may still try to get ready; each answers twice, and then there are others.
        for _ in 0..6 {
            check_ok(&running.get(&format!("{name}/x")).await);
        }
    }
    check_problem(&running.get("frail").await, 500, "internal");
    check_problem(&running.get("tired").await, 504, "timed-out");
    check_ok(&running.get("frail/x").await);
}

/// Stopping finishes what is under way, takes nothing new, and ends.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_finishes_requests_under_way() {
    let mut running = Running::start(LIMITS).await;
    let stop = running.stop.take().unwrap();
    let address = running.address;
    // A client that keeps its connection open must not hold up the end.
    let idle = TcpStream::connect(address).await.unwrap();
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.send(()).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(TcpStream::connect(address).await.is_err());
    };
    let (answer, ()) = tokio::join!(running.get("slow"), stopping);
    check_ok(&answer);
    timeout(Duration::from_secs(2), running.server).await.unwrap().unwrap();
    drop(idle);
}

/// A client that sends half a request, or does not read its answer, holds up the end no longer than it may.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_has_a_deadline() {
    let mut running = Running::start(Limits { shutdown: Duration::from_millis(300), ..LIMITS }).await;
    let mut half = TcpStream::connect(running.address).await.unwrap();
    half.write_all(b"GET /ok HTTP/1.1\r\n").await.unwrap();
    check_ok(&running.get("ok").await);
    running.stop.take().unwrap().send(()).unwrap();
    timeout(Duration::from_secs(3), running.server).await.unwrap().unwrap();
    assert_eq!(half.read(&mut [0]).await.unwrap_or(0), 0, "its connection was dropped");
}

/// Whoever sends a body slowly, or none, takes no place from others.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_under_way_takes_no_place() {
    let running = Running::start(Limits { in_flight: 1, ..LIMITS }).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(b"POST /ok HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nx").await.unwrap();
        slow.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    check_ok(&running.get("ok").await);
}

/// When there are as many connections as may be, the one that has waited longest for its client makes room for a new one.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_wait_make_room() {
    let running = Running::start(Limits { connections: Crowd { all: 4, of_peer: 4 }, ..LIMITS }).await;
    let mut idle = Vec::new();
    for _ in 0..4 {
        idle.push(TcpStream::connect(running.address).await.unwrap());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..2 {
        check_ok(&timeout(Duration::from_secs(2), running.get("ok")).await.unwrap());
    }
    let is_open =
        async |stream: &mut TcpStream| timeout(Duration::from_millis(100), stream.read(&mut [0])).await.is_err();
    let mut open = Vec::new();
    for stream in &mut idle {
        open.push(is_open(stream).await);
    }
    // Where the first client's own connection is gone before the second comes, one is enough.
    assert!(!open[0] && open[2] && open[3], "{open:?}");
}

/// A head that does not end, a client that asks nothing more, and one that takes nothing of its answers are left.
#[tokio::test(flavor = "multi_thread")]
async fn clients_are_not_waited_for_for_ever() {
    let short = Duration::from_millis(300);
    for (why, first, patience) in [
        ("half a head", "GET /ok HTTP/1.1\r\nhost", Patience { head: short, ..LIMITS.patience }),
        ("nothing more", "GET /ok HTTP/1.1\r\nhost: test\r\n\r\n", Patience { idle: short, ..LIMITS.patience }),
    ] {
        let running = Running::start(Limits { patience, ..LIMITS }).await;
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        let read = timeout(Duration::from_secs(3), stream.read_to_end(&mut all)).await;
        assert!(read.is_ok(), "{why}: the connection stays");
    }
    let patience = Patience { taken: short, ..LIMITS.patience };
    let running = Running::start(Limits { patience, ..LIMITS }).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let requests = "GET /nowhere HTTP/1.1\r\nhost: test\r\n\r\n".repeat(1000);
    let asks = async { while stream.write_all(requests.as_bytes()).await.is_ok() {} };
    assert!(timeout(Duration::from_secs(20), asks).await.is_ok(), "nobody reads: the connection stays");
}

/// Bodies that would take more memory than there is are told to come back, and a small one passes.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_for_small_bodies_too() {
    const LARGE: usize = 1 << 20;
    let running = Running::start(Limits { body: LARGE, memory: 2 * LARGE, ..LIMITS }).await;
    // Each has sent almost all of its body.
    let mut large = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let head = format!("POST /ok HTTP/1.1\r\nhost: test\r\ncontent-length: {LARGE}\r\n\r\n");
        _ = stream.write_all(format!("{head}{}", "x".repeat(LARGE - 1)).as_bytes()).await;
        large.push(stream);
    }
    let mut refused = 0;
    for stream in &mut large {
        let mut answer = vec![0; 12];
        let read = timeout(Duration::from_millis(300), stream.read_exact(&mut answer)).await;
        refused += usize::from(read.is_ok_and(|read| read.is_ok()) && answer.ends_with(b"503"));
    }
    assert!(refused >= 2, "{refused}");
    check_ok(&running.post("content-length: 1000", &"x".repeat(1000)).await);
}

/// Instances that are made when requests wait are as many as there are places, and as there is memory for; those that there have
/// to be are made all the same.
#[tokio::test]
async fn instances_are_made_where_there_is_memory() {
    let engine = engine(4 << 20, 16).unwrap();
    let linker = linker(&engine).unwrap();
    let reuse = Reuse { requests: 1, at_once: 1, idle: Duration::from_secs(30), request: LIMITS.request };
    let component = wasmtime::component::Component::new(&engine, component("")).unwrap();
    let instances = Instances::new(&linker, &component, grants(), reuse, false).unwrap();
    // Each takes a page of 64 KiB, and a quarter of what there is is for others.
    for (why, places, expected) in [
        ("no memory", Places::new(8, Budget::new(0)), 0),
        ("less than a page", Places::new(8, Budget::new(64 << 10)), 0),
        ("three pages", Places::new(8, Budget::new(256 << 10)), 3),
        ("few places", Places::new(2, Budget::new(1 << 20)), 2),
        ("those that there have to be", Places::unlimited(), 8),
    ] {
        for again in [false, true] {
            let mut made = Vec::new();
            while made.len() < 8 {
                match instances.make(&places).await {
                    Ok(one) => made.push(one),
                    Err(error) if error.is::<instances::NoPlace>() || error.is::<Exhausted>() => break,
                    Err(error) => panic!("{why}: {error:?}"),
                }
            }
            assert_eq!(made.len(), expected, "{why}, {again}");
        }
    }
}

/// A port that is taken is said plainly.
#[tokio::test]
async fn a_port_in_use_is_said() {
    let taken = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let error = listen(taken.local_addr().unwrap()).unwrap_err();
    assert!(format!("{error:#}").contains("--listen"), "{error:#}");
}

/// What clients of HTTP/2 send, frame by frame.
mod frames {
    pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
    }

    /// With windows of so many bytes for each answer.
    pub(super) fn settings(window: u32) -> Vec<u8> {
        frame(4, 0, 0, &[&[0, 4][..], &window.to_be_bytes()].concat())
    }

    /// GET, without a body.
    pub(super) fn get(stream: u32, path: &str) -> Vec<u8> {
        let text = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
        let block = [&[0x82, 0x86, 0x01][..], &text("test"), &[0x04], &text(path)].concat();
        frame(1, 5, stream, &block)
    }

    pub(super) fn reset(stream: u32) -> Vec<u8> {
        frame(3, 0, stream, &8_u32.to_be_bytes())
    }

    /// Whether the server says that it ends the connection: GOAWAY, and no error.
    pub(super) fn says_goodbye(mut sent: &[u8]) -> bool {
        while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = sent {
            let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap();
            if *kind == 7 {
                return rest.get(4..8) == Some(&[0; 4]);
            }
            sent = rest.get(length..).unwrap_or_default();
        }
        false
    }
}

/// Clients of HTTP/2 are waited for as others are: for the first request, for the next one, for windows to answer in; and whoever
/// asks only to call it off is left.
#[tokio::test(flavor = "multi_thread")]
async fn clients_with_streams_are_not_waited_for_for_ever() {
    use frames::{PREFACE, get, reset, says_goodbye, settings};
    let short = Duration::from_millis(300);
    let begin = |window| [PREFACE, &settings(window)].concat();
    let flood: Vec<u8> =
        (0..5000).flat_map(|number| [get(2 * number + 1, "/slow"), reset(2 * number + 1)].concat()).collect();
    for (why, sent, patience) in [
        ("half a preface", PREFACE[..10].to_vec(), Patience { head: short, ..LIMITS.patience }),
        ("no request", begin(65_535), Patience { head: short, ..LIMITS.patience }),
        ("nothing more", [begin(65_535), get(1, "/ok")].concat(), Patience { idle: short, ..LIMITS.patience }),
        ("no window", [begin(0), get(1, "/nowhere")].concat(), Patience { taken: short, ..LIMITS.patience }),
        ("calls all off", [begin(65_535), flood].concat(), LIMITS.patience),
    ] {
        let running = Running::start(Limits { patience, ..LIMITS }).await;
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        _ = stream.write_all(&sent).await;
        let mut all = Vec::new();
        let read = timeout(Duration::from_secs(5), stream.read_to_end(&mut all)).await;
        assert!(read.is_ok(), "{why}: the connection stays");
        if why == "nothing more" {
            assert!(says_goodbye(&all), "{why}: it is not told");
        }
        check_ok(&running.get("ok").await);
    }
}

/// A connection of HTTP/2 is idle when it has nothing under way, and makes room as any other; one that is worked for does not.
#[tokio::test(flavor = "multi_thread")]
async fn connections_with_streams_make_room() {
    use frames::{PREFACE, get, says_goodbye, settings};
    let running = Running::start(Limits { connections: Crowd { all: 2, of_peer: 2 }, ..LIMITS }).await;
    let begin = async |path: &str| {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(&[PREFACE, &settings(65_535), &get(1, path)].concat()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream
    };
    let mut works = begin("/slow").await;
    let mut idle = begin("/ok").await;
    check_ok(&timeout(Duration::from_secs(2), running.get("ok")).await.unwrap());
    let mut answer = Vec::new();
    assert!(timeout(Duration::from_secs(2), idle.read_to_end(&mut answer)).await.is_ok(), "it made no room");
    assert!(says_goodbye(&answer), "it is not told");
    let read = timeout(Duration::from_secs(1), async {
        loop {
            let mut some = [0; 100];
            let read = works.read(&mut some).await.unwrap();
            assert!(read > 0, "it was worked for, and ended");
            // The head of the answer: a frame of kind 1 on stream 1, whose first field is the status 200.
            if some[..read]
                .windows(10)
                .any(|bytes| bytes[..1] == [1] && bytes[2..6] == [0, 0, 0, 1] && bytes[6] == 0x88)
            {
                return;
            }
        }
    });
    assert!(read.await.is_ok(), "there is no answer");
}

/// A handshake of TLS may take as long as a head, and no longer; what is no handshake ends at once. Whoever goes on is served, and
/// makes room as others do.
#[tokio::test(flavor = "multi_thread")]
async fn handshakes_are_not_waited_for_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (path, text) in files.iter().zip([cert.pem(), signing_key.serialize_pem()]) {
        std::fs::write(path, text).unwrap();
    }
    let [certificate, key] = files;
    let tls = Tls::load(crate::tls::CertificateFiles { certificate, key }).unwrap();
    let patience = Patience { head: Duration::from_millis(300), ..LIMITS.patience };
    let running = Running::start_with(Limits { patience, ..LIMITS }, &[], Some(tls)).await;
    // The beginning of a handshake; none at all; and something else.
    for sent in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"", b"GET /ok HTTP/1.1\r\nhost: test\r\n\r\n"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut all = Vec::new();
        let read = timeout(Duration::from_secs(3), stream.read_to_end(&mut all)).await;
        assert!(read.is_ok(), "{sent:?}: the connection stays");
        assert!(!all.starts_with(b"HTTP"), "it was answered without TLS");
    }
}
