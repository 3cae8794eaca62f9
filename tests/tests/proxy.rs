//! The proxy of `deploy/`, run for real where there is an nginx.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "what is printed here is for whoever runs a test")]

use farebox_kit::artifacts::repository;
use serde_json::Value;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An nginx with the configuration that ships, in front of something that gives one answer to everything.
struct Proxy {
    address: SocketAddr,
    child: Child,
    /// The requests that came through, whole.
    seen: mpsc::Receiver<String>,
    _folder: TempDir,
}

/// A document that is worth packing.
fn large() -> String {
    format!("{{\"text\":\"{}\"}}", "large ".repeat(1_000))
}

impl Proxy {
    /// `None` where there is no nginx.
    fn start() -> Option<Self> {
        if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_err() {
            eprintln!("nginx is not on PATH: deploy/nginx.conf was not tested");
            return None;
        }
        let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
        let behind = upstream.local_addr().unwrap();
        // Free a moment ago, and hardly taken since.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (tell, seen) = mpsc::channel();
        std::thread::spawn(move || {
            for connection in upstream.incoming().map_while(Result::ok) {
                let tell = tell.clone();
                std::thread::spawn(move || answer(connection, &tell));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let mut text = fs::read_to_string(repository().join("deploy/nginx.conf")).unwrap();
        for (shipped, here) in [
            ("listen 8080 ", format!("listen {address} ")),
            ("server 127.0.0.1:3000 ", format!("server {behind} ")),
            // As root, workers would be somebody who may not write here.
            ("worker_processes auto;", "worker_processes 1; daemon off; pid nginx.pid; error_log stderr;".to_owned()),
        ] {
            assert_eq!(text.matches(shipped).count(), 1, "{shipped}");
            text = text.replace(shipped, &here);
        }
        let paths =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {name};"));
        text = text.replace("http {", &format!("http {{ {}", paths.concat()));
        let file = folder.path().join("nginx.conf");
        fs::write(&file, text).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { address, child, seen, _folder: folder })
    }

    fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    fn ask(&self, request: &str) -> String {
        ask(self.address, request)
    }

    fn get(&self, path: &str) -> String {
        get(self.address, path)
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    connection
}

/// The whole answer to what is sent.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut connection = connect(address);
    // It may be refused before it was sent.
    _ = connection.write_all(request.as_bytes());
    let mut answer = Vec::new();
    _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: fares.example\r\nConnection: close\r\n\r\n"))
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers end with it only when it is told so.
        _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        _ = self.child.wait();
    }
}

/// How long `/held` takes to answer.
const HELD: Duration = Duration::from_secs(3);

/// Reads a request, tells it, and answers.
fn answer(mut connection: TcpStream, tell: &mpsc::Sender<String>) {
    let mut request = Vec::new();
    let mut part = [0; 16 << 10];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                _ = tell.send(text);
                break;
            }
        }
        match connection.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
    if request.starts_with(b"GET /held ") {
        std::thread::sleep(HELD);
    }
    let (large, end) = (large(), "\r\nConnection: close\r\n\r\n");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}{end}", large.len());
    _ = connection.write_all(format!("{head}{large}").as_bytes());
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or_default()
}

fn code(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str::<Value>(body).unwrap_or_else(|error| panic!("{error}: {answer}"))["code"].clone()
}

/// What is for callers on the machine itself does not come through; who asks is who is connected, whatever a client says.
#[test]
fn callers_are_who_they_are() {
    let Some(proxy) = Proxy::start() else { return };
    for path in ["/statusz", "/internal/x", "/%73tatusz", "/a/../internal/x", "//statusz", "/internal%2Fx"] {
        assert_eq!(status(&proxy.get(path)), "404", "{path}");
    }
    assert!(proxy.seen.try_recv().is_err(), "nothing came through");
    let forged = "X-Forwarded-For: 10.0.0.7\r\nX-Forwarded-Proto: https\r\nForwarded: for=10.0.0.7\r\n\
                  Spin-Client-Addr: 127.0.0.1:1\r\nTraceparent: 00-a";
    let answer = proxy.ask(&format!(
        "GET /v1/cities?x=%2F HTTP/1.1\r\nHost: fares.example:8080\r\n{forged}\r\nConnection: close\r\n\r\n"
    ));
    assert_eq!(status(&answer), "200", "{answer}");
    let seen = proxy.seen.recv().unwrap().to_ascii_lowercase();
    assert!(seen.starts_with("get /v1/cities?x=%2f http/1.1\r\n"), "{seen}");
    for expected in [
        "\r\nhost: fares.example:8080\r\n",
        "\r\nx-forwarded-for: 127.0.0.1\r\n",
        "\r\nx-forwarded-proto: http\r\n",
        "\r\nx-forwarded-host: fares.example:8080\r\n",
        "\r\ntraceparent: 00-a\r\n",
    ] {
        assert!(seen.contains(expected), "{expected}: {seen}");
    }
    assert!(!seen.contains("10.0.0.7") && !seen.contains("spin-client-addr"), "{seen}");
}

/// Large answers are packed for those who take it.
#[test]
fn large_answers_are_packed() {
    let Some(proxy) = Proxy::start() else { return };
    assert!(proxy.get("/").ends_with(&large()));
    let packed = proxy.ask("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
    assert!(packed.contains("Content-Encoding: gzip\r\n") && packed.contains("Vary: Accept-Encoding\r\n"), "{packed}");
    assert!(packed.len() < large().len() / 4, "{}", packed.len());
}

/// Heads and bodies have a size, and Spin sees none that is too large; clients can branch on the code.
#[test]
fn sizes_are_limited() {
    let Some(proxy) = Proxy::start() else { return };
    let post = |length: usize| {
        let head = format!("POST /v1/estimates HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}");
        proxy.ask(&format!("{head}\r\n\r\n{}", " ".repeat(length)))
    };
    let refused = post((1 << 20) + 1);
    assert_eq!((status(&refused), code(&refused)), ("413", "body-too-large".into()), "{refused}");
    assert!(refused.contains("Content-Type: application/problem+json\r\n"), "{refused}");
    let long = "x".repeat(17 << 10);
    assert_eq!(status(&proxy.get(&format!("/{long}"))), "414");
    let heavy = proxy.ask(&format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\nConnection: close\r\n\r\n"));
    assert_eq!(status(&heavy), "400");
    assert!(proxy.seen.try_recv().is_err(), "nothing came through");
    assert_eq!(status(&post(1 << 20)), "200");
    assert!(proxy.seen.recv().unwrap().len() > 1 << 20);
}

/// Who is slow occupies nothing behind the proxy, no more than a peer's part of it, and not for long.
#[test]
fn slowness_is_limited() {
    let Some(proxy) = Proxy::start() else { return };
    let mut slow_head = proxy.connect();
    slow_head.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap();
    let began = Instant::now();
    let mut half_bodies: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut connection = proxy.connect();
            connection.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{").unwrap();
            connection
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(5);
    let refused = loop {
        let answer = proxy.get("/");
        if status(&answer) == "503" {
            break answer;
        }
        assert!(Instant::now() < deadline, "a peer may have more than its part");
    };
    assert_eq!(code(&refused), "overloaded");
    assert!(refused.contains("Retry-After: 1\r\n"), "{refused}");
    while proxy.seen.try_recv().is_ok_and(|seen| seen.starts_with("GET")) {}
    assert!(proxy.seen.try_recv().is_err(), "no half body came through");

    // It is closed, with or without an answer.
    let mut rest = Vec::new();
    for connection in half_bodies.iter_mut().take(1).chain([&mut slow_head]) {
        _ = connection.read_to_end(&mut rest);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
    assert!(began.elapsed() > Duration::from_secs(8), "a slow client is given some time: {:?}", began.elapsed());
    drop(half_bodies);
    let deadline = Instant::now() + Duration::from_secs(10);
    while status(&proxy.get("/")) != "200" {
        assert!(Instant::now() < deadline);
    }
}

/// No more is under way behind the proxy than what the application can do at once. Others are told to come back at once, and what is under way is
/// answered.
#[test]
fn what_is_under_way_is_limited() {
    let Some(proxy) = Proxy::start() else { return };
    let address = proxy.address;
    let answers: Vec<(String, Duration)> = std::thread::scope(|scope| {
        let ask = || {
            let began = Instant::now();
            (get(address, "/held"), began.elapsed())
        };
        let asking: Vec<_> = (0..40).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(answer, _)| status(answer) == "200");
    assert_eq!((taken.len(), refused.len()), (32, 8));
    for (answer, took) in refused {
        assert_eq!((status(answer), code(answer)), ("503", "overloaded".into()), "{answer}");
        assert!(answer.contains("Retry-After: 1\r\n"), "{answer}");
        assert!(*took < HELD, "{took:?}");
    }
}
