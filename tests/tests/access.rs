//! Who may ask what, asked over HTTP: what is answered is what the table says, on every runtime.
#![allow(clippy::unwrap_used)]

use farebox_kit::access::{self, Answers, Asked, EVERYTHING, Gateway, MASTER_KEY, Told, plain, signed};
use farebox_kit::artifacts;
use farebox_tests::server::{PATIENT, Runtime, Server, spin_is_installed};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const TABLE: &str = include_str!("../cases/access.txt");

/// The application with a configuration of its own, and what is granted to nobody else.
struct Application {
    folder: TempDir,
    server: Server,
}

impl Application {
    fn start(runtime: Runtime, signatures: &str, keys: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        artifacts::lay_out_application(folder.path());
        if let Some(keys) = keys {
            fs::write(folder.path().join("config/keys.json"), keys).unwrap();
        }
        let manifest = folder.path().join("spin.toml").to_str().unwrap().to_owned();
        let from = if runtime == Runtime::Host { "--manifest" } else { "--from" };
        let (signatures, master) = (format!("signatures={signatures}"), format!("master_key={MASTER_KEY}"));
        let arguments = [from, &manifest, "--variable", &signatures, "--variable", &master];
        let logs: &[&str] = if runtime == Runtime::Host { &["--access-log"] } else { &[] };
        let arguments = [&arguments[..], &PATIENT, logs].concat();
        let server = Server::start_on(runtime, &arguments, tempfile::tempdir().unwrap());
        Self { folder, server }
    }

    /// Asks from an address of this machine.
    fn ask(&self, asked: &Asked, from: IpAddr) -> Told {
        let port = self.server.base().rsplit(':').next().unwrap().parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind((from, 0).into()).unwrap();
            socket.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        send(stream, asked)
    }

    /// Asks as somebody who may everything until that is answered: a node that has just begun may take a second.
    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut nonce = 0;
        loop {
            nonce += 1;
            let cities = signed(EVERYTHING, seconds(), nonce, plain("GET", "/v1/cities".to_owned(), None));
            let told = self.ask(&cities, IpAddr::from([127, 0, 0, 1]));
            if told.status == 200 {
                return;
            }
            assert!(Instant::now() < deadline, "{told:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn seconds() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Sends a request as it stands: no client puts a body where there is none, or leaves a query as it is, as surely.
fn send(mut stream: std::net::TcpStream, asked: &Asked) -> Told {
    let Asked { method, path, headers, body } = asked;
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        request += &format!("content-length: {}\r\n", body.len());
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    let status = first.split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers: Vec<_> = rest.split("\r\n").filter_map(header).collect();
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if is_chunked { unchunked(body) } else { body.to_owned() };
    Told { status, headers, body }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let (chunk, rest) = rest.split_at(usize::from_str_radix(length, 16).unwrap());
        whole += chunk;
        body = rest.strip_prefix("\r\n").unwrap_or_default();
    }
    whole
}

/// The servers of the table.
struct Servers {
    required: Application,
    keyless: Application,
    off: Application,
    /// An address of this machine that is not a loopback address, if it has one.
    elsewhere: Option<IpAddr>,
    told: RefCell<Vec<String>>,
}

impl Servers {
    fn start(runtime: Runtime) -> Self {
        let keys = access::sealed(&access::keys(seconds()), 1);
        let start = |signatures, keys| Application::start(runtime, signatures, keys);
        // An address that others see. Nothing is sent to find it.
        let route = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
            socket.connect("192.0.2.1:9")?;
            socket.local_addr()
        });
        let servers = Self {
            required: start("required", Some(&keys)),
            keyless: start("required", None),
            off: start("off", Some(&keys)),
            elsewhere: route.map(|address| address.ip()).ok(),
            told: RefCell::default(),
        };
        servers.required.wait();
        servers.off.wait();
        servers
    }

    fn all(&self) -> [&Application; 3] {
        [&self.required, &self.keyless, &self.off]
    }
}

impl Answers for Servers {
    fn now(&self) -> i64 {
        seconds()
    }

    fn answer(&self, gateway: Gateway, asked: &Asked) -> Option<Told> {
        let here = IpAddr::from([127, 0, 0, 1]);
        let told = match gateway {
            Gateway::Required => self.required.ask(asked, self.elsewhere.unwrap_or(here)),
            Gateway::Keyless => self.keyless.ask(asked, here),
            Gateway::OffHere => self.off.ask(asked, here),
            Gateway::OffElsewhere => self.off.ask(asked, self.elsewhere?),
        };
        self.told.borrow_mut().push(format!("{told:?}"));
        Some(told)
    }
}

fn check(runtime: Runtime) {
    let servers = Servers::start(runtime);
    let table = access::table(&servers);
    let (_, expected) = TABLE.split_once("\n\n").unwrap();
    let left_out: &[&str] = if servers.elsewhere.is_some() { &[] } else { &["off, from elsewhere"] };
    let expected = access::without(expected, left_out);
    for (said, expected) in table.trim().lines().zip(expected.trim().lines()) {
        assert_eq!(said, expected, "{table}");
    }
    assert_eq!(table.trim(), expected.trim());
    let mut said = servers.told.take();
    said.extend(servers.all().iter().flat_map(|application| application.server.log().lines()));
    for secret in access::secrets() {
        let found = said.iter().find(|said| said.contains(&secret));
        assert_eq!(found, None, "there is a secret in it");
    }
}

/// Every route answers every key in every situation as the table says, and says no secret, neither to callers nor to the log.
#[test]
fn who_may_ask_what() {
    check(Runtime::Host);
}

/// The same on Spin, from the same manifest and the same bytes.
#[test]
#[ignore = "needs Spin 4.1 or later on PATH: cargo test --release -p farebox-tests --test access -- --ignored"]
fn who_may_ask_what_on_spin() {
    assert!(spin_is_installed(), "spin is not on PATH");
    check(Runtime::Spin);
}

/// A key that is withdrawn in the file is refused by the first request to a server that nobody asked for a while.
#[test]
fn revoking() {
    let mut keys = access::keys(seconds());
    let application = Application::start(Runtime::Host, "required", Some(&access::sealed(&keys, 1)));
    application.wait();
    let here = IpAddr::from([127, 0, 0, 1]);
    let ask =
        |nonce| application.ask(&signed("read", seconds(), nonce, plain("GET", "/v1/cities".to_owned(), None)), here);
    assert_eq!(ask(1).status, 200);
    keys.revoke("read", seconds()).unwrap();
    fs::write(application.folder.path().join("config/keys.json"), access::sealed(&keys, 2)).unwrap();
    // Long enough for whatever is known of the files to be too old.
    std::thread::sleep(Duration::from_secs(1));
    for nonce in 2..20 {
        let told = ask(nonce);
        assert_eq!((told.status, told.json()["code"].as_str()), (401, Some("key-revoked")), "{told:?}");
    }
}

/// Nothing that a request says of people is logged, neither by components nor by the host: a ride that is estimated, metered, billed, shown
/// and erased, and refused in several ways.
#[test]
fn people_are_not_logged() {
    let application = Application::start(Runtime::Host, "off", None);
    let here = IpAddr::from([127, 0, 0, 1]);
    let ask = |method, path: &str, body: Option<&Value>| application.ask(&plain(method, path.to_owned(), body), here);
    let (trip, city) = ("/v1/trips/not-of-people", "110000");
    let ride = |passenger: &Value| {
        json!({
            "city": city, "product": "express", "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.912_345, "lng": 116.412_345}, "destination": {"lat": 39.954_321, "lng": 116.454_321},
            "passenger": passenger, "driver_id": "Driver-Wang", "order": {"id": "Order-4711", "campaign": "Campaign-Spring"},
            "tags": {"note": "Call-Li-on-arrival"},
        })
    };
    let passenger = json!({"id": "Passenger-Li", "coupons": [{"id": "Coupon-0815", "kind": "percent", "value": "5"}]});
    let mut wrong = ride(&passenger);
    wrong["tags"]["note"] = json!(["Call-Li-on-arrival"]);
    wrong["passenger"]["coupons"][0]["scope"] = json!(["No-Such-Fee"]);
    let statuses = [
        ask("POST", "/v1/estimates", Some(&access::estimate(city))).status,
        ask("POST", &format!("{trip}/bill"), Some(&wrong)).status,
        ask("POST", &format!("{trip}/bill"), Some(&ride(&passenger))).status,
        ask("POST", &format!("{trip}/bill"), Some(&ride(&json!({"id": "Passenger-Zhao"})))).status,
        ask("GET", &format!("{trip}/bill?city={city}"), None).status,
        ask("GET", &format!("{trip}/bill/detail?city={city}"), None).status,
        ask("DELETE", &format!("{trip}/passenger?city={city}"), None).status,
    ];
    assert_eq!(statuses, [201, 422, 201, 409, 200, 200, 200]);
    // What is logged is written after it was answered.
    let deadline = Instant::now() + Duration::from_secs(20);
    let log = loop {
        let log = application.server.log().lines().join("\n");
        if log.contains("method=DELETE") && log.contains("passenger-erased") || Instant::now() > deadline {
            break log;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(log.contains("not-of-people") && log.contains("passenger-erased"), "{log}");
    // Long enough to be in no name of a folder and no trace by chance.
    for said in [
        "Passenger-",
        "Driver-",
        "Order-",
        "Campaign-",
        "arrival",
        "Coupon-",
        "No-Such-Fee",
        "39.9123",
        "116.4123",
        "39.9543",
    ] {
        assert!(!log.contains(said), "{said}: {log}");
    }
}
