//! The HTTP API, served for real: by the host on both stores, and by Spin when it is installed.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::exchanges::{self, Answers};
use farebox_tests::in_process::InProcess;
use farebox_tests::server::{Answer, PATIENT, Runtime, SPIN_ENVIRONMENT, SPIN_OPTIONS, Server, spin_is_installed};
use farebox_tests::store_redis_server::RedisServer;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const EXCHANGES: &[(&str, &str)] = &[
    ("1-a-ride-end-to-end.txt", include_str!("../cases/http/1-a-ride-end-to-end.txt")),
    ("2-degraded.txt", include_str!("../cases/http/2-degraded.txt")),
    ("3-commission-and-cities.txt", include_str!("../cases/http/3-commission-and-cities.txt")),
    ("4-bad-input.txt", include_str!("../cases/http/4-bad-input.txt")),
    ("5-every-fact.txt", include_str!("../cases/http/5-every-fact.txt")),
    ("6-what-a-ride-is-known-by.txt", include_str!("../cases/http/6-what-a-ride-is-known-by.txt")),
    ("7-what-a-quote-covers.txt", include_str!("../cases/http/7-what-a-quote-covers.txt")),
    ("8-findings.txt", include_str!("../cases/http/8-findings.txt")),
    (
        "10-what-is-missing-and-what-stands-in.txt",
        include_str!("../cases/http/10-what-is-missing-and-what-stands-in.txt"),
    ),
    ("11-repairs.txt", include_str!("../cases/http/11-repairs.txt")),
];

fn check(server: &Server) {
    // One of the exchanges asks which it is. A node that has just begun has none for a second.
    until_there_is_a_generation(server);
    are_as_expected(server);
}

fn are_as_expected(server: &impl Answers) {
    let wrong: Vec<_> = EXCHANGES.iter().flat_map(|(name, text)| exchanges::run(server, name, text, "t1")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is answered is decided before there is a component, a host or a store that is shared.
#[test]
fn exchanges_in_process() {
    are_as_expected(&InProcess::default());
}

/// Every route answers as the files in `cases/http` say, on the embedded store.
#[test]
fn exchanges_on_the_embedded_store() {
    check(&Server::start(&PATIENT));
}

/// The same where components are asked through `wasi:http`, as every other host does it.
#[test]
fn exchanges_through_wasi_http() {
    check(&Server::start(&[&["--wasi-http"], &PATIENT[..]].concat()));
}

/// Whichever way a component is asked, its answer is the same to the byte.
#[test]
fn both_ways_of_asking_get_the_same_bytes() {
    let servers = [&["--wasi-http"][..], &[]].map(Server::start);
    let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let json = ("content-type", "application/json");
    let commission = r#"{"city":"110000","product":"express","passenger_total":"30.00","driver_total":"20.00"}"#;
    for (method, path, headers, body) in [
        ("GET", "/healthz", &[trace][..], ""),
        ("HEAD", "/healthz", &[trace], ""),
        ("GET", "/openapi.json", &[trace], ""),
        ("GET", "/v1/cities", &[trace, ("accept-language", "en")], ""),
        ("GET", "/v1/cities?x=%FF&x=1", &[trace], ""),
        ("GET", "/nowhere/%00", &[trace], ""),
        ("DELETE", "/v1/trips/t/bill", &[trace], ""),
        ("PATCH", "/v1/trips/t/bill", &[trace], ""),
        ("GET", "/v1/trips/t/bill?city=110000", &[trace], ""),
        ("POST", "/v1/commission", &[trace, json], commission),
        ("POST", "/v1/commission", &[trace, json], "{"),
        ("POST", "/v1/commission", &[trace, json], ""),
        ("POST", "/v1/commission", &[trace], commission),
        ("POST", "/v1/commission", &[trace, json, ("content-encoding", "br")], commission),
        ("POST", "/v1/commission", &[trace, json, ("content-encoding", "gzip")], commission),
        ("POST", "/v1/estimates", &[trace, json], r#"{"city": 1}"#),
    ] {
        let [wasi, lane] = servers.each_ref().map(|server| {
            let mut answer = server.request(method, path, headers, body);
            // Each is a span of its own, at a moment of its own.
            answer.headers.retain(|(name, _)| name != "traceparent" && name != "date");
            (answer.status, answer.headers, answer.body)
        });
        assert_eq!(wasi, lane, "{method} {path}");
        assert!(method != "HEAD" || (wasi.0 == 200 && wasi.2.is_empty()), "{wasi:?}");
    }
}

/// The same on a real Redis.
#[test]
fn exchanges_on_redis() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    check(&Server::start(&[&["--redis", &url], &PATIENT[..]].concat()));
}

/// Spin is tested, and broken, with the options that the README says it needs in production.
#[test]
fn spin_is_run_as_the_readme_says() {
    let readme = std::fs::read_to_string(artifacts::repository().join("README.md")).unwrap();
    let (options, environment) =
        (SPIN_OPTIONS.join(" "), SPIN_ENVIRONMENT.map(|(name, value)| format!("{name}={value}")));
    assert!(readme.contains(&format!("spin up {options}\n")), "{options}");
    assert!(readme.contains(&environment.join(" ")), "{environment:?}");
}

/// The same on Spin, from the same manifest and the same bytes. `./x test` asks for it where `spin` is on PATH; elsewhere
/// it is ignored, which is not the same as having passed.
#[test]
#[ignore = "needs Spin 4.1 or later on PATH: cargo test --release -p farebox-tests --test http -- --ignored exchanges_on_spin"]
fn exchanges_on_spin() {
    assert!(spin_is_installed(), "spin is not on PATH");
    check(&Server::start_on(Runtime::Spin, &PATIENT, tempfile::tempdir().unwrap()));
}

/// A policy that is sent along costs no more than its limits allow, however long it is, and is refused by name.
#[test]
fn a_long_policy_is_refused_at_once() {
    let server = Server::start(&[]);
    let scenario = |number: usize| json!({"name": format!("s{number}"), "when": {"city": [number.to_string()]}, "cap_percent": "27"});
    let policy = json!({"format": "farebox-commission-policy/1", "title": "long", "scenarios": (0..10_000).map(scenario).collect::<Vec<_>>()});
    let request = json!({"policy": policy, "city": "110000", "product": "express", "passenger_total": "10.00", "driver_total": "5.00"});
    let begun = Instant::now();
    let answer = server.post("/v1/commission", &request);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(answer.status, 422, "{}", answer.body);
    let problems = &answer.json()["errors"];
    assert_eq!(problems[0]["pointer"], "/policy/scenarios");
    assert_eq!(problems[0]["code"], "wrong-length");
    assert_eq!(problems[0]["message"], "has 10000 items; 0 to 1000 are allowed");
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
        &mut || std::thread::sleep(Duration::from_millis(2100)),
        "quote-expired",
    );

    let mut redis = RedisServer::start().unwrap();
    let server = Server::start(&["--redis", &redis.url("")]);
    check(&server, &mut || drop(redis.run::<String>("FLUSHALL").unwrap()), "quote-expired");
    check(&server, &mut || redis.stop().unwrap(), "store-timeout");
    redis.resume().unwrap();
    check(&server, &mut || redis.kill().unwrap(), "store-unavailable");
}

/// The application with a configuration of its own.
struct Configured(TempDir);

impl Configured {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        artifacts::lay_out_application(folder.path());
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join("config").join(name)
    }

    fn start(&self, data: TempDir, arguments: &[&str]) -> Server {
        let manifest = self.0.path().join("spin.toml");
        Server::restart(data, &[&["--manifest", manifest.to_str().unwrap()], arguments].concat())
    }
}

/// Ends a server; its data stays.
fn end(server: Server) -> TempDir {
    server.signal("TERM");
    server.wait().1
}

fn jinan_estimate() -> Value {
    json!({
        "city": "370100", "products": ["express"], "origin": {"lat": 36.65, "lng": 117.12},
        "destination": {"lat": 36.67, "lng": 117.0}, "distance_m": 4100, "duration_s": 1260,
        "depart_at": "2026-11-21T08:00:00+08:00",
    })
}

fn estimate(server: &Server) -> String {
    let answer = server.post("/v1/estimates", &jinan_estimate());
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["estimate_id"].as_str().unwrap().to_owned()
}

/// Asks what is offered until that is as it should be. A configuration is in force within two seconds after its files have
/// changed; a machine that is busy with other tests may take longer.
fn until_in_force(server: &Server, is_so: impl Fn(&Server, &Value) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let cities = server.get("/v1/cities").json();
        let city = cities["cities"].as_array().unwrap().iter().find(|city| city["city"] == "370100");
        if is_so(server, city.map_or(&Value::Null, |city| &city["products"])) {
            return;
        }
        assert!(Instant::now() < deadline, "it is not in force: {cities}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until the instances of a new node have agreed on its first configuration. Until then each goes by the files alone.
fn until_there_is_a_generation(server: &Server) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while server.get("/statusz").json()["configuration"]["generation"] != json!(1) {
        estimate(server);
        assert!(Instant::now() < deadline, "{}", server.get("/statusz").body);
    }
}

/// Whether the rate card of the express product in Jinan is this text.
fn is_offered_at(text: &str) -> impl Fn(&Server, &Value) -> bool {
    move |server, products| {
        let version = products[0]["rate_card"].as_str().unwrap_or_default();
        server.get(&format!("/v1/cities/370100/rate-cards/{version}")).body == text
    }
}

/// Quotes a ride on a server that is ended then: the estimate, and the server's data.
fn quote(application: &Configured, arguments: &[&str]) -> (String, TempDir) {
    let server = application.start(tempfile::tempdir().unwrap(), arguments);
    (estimate(&server), end(server))
}

/// Measures a ride like [`jinan_estimate`], and bills it.
fn jinan_bill(server: &Server, trip: &str, estimate_id: Option<&str>) -> Value {
    let answer = post_jinan_bill(server, trip, estimate_id);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// The same, if it can be billed.
fn post_jinan_bill(server: &Server, trip: &str, estimate_id: Option<&str>) -> Answer {
    let segments = json!({"city": "370100", "segments": [
        {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 4100, "duration_s": 1260},
    ]});
    server.post(&format!("/v1/trips/{trip}/segments"), &segments);
    let mut bill = json!({
        "city": "370100", "product": "express",
        "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:21:00+08:00",
        "origin": {"lat": 36.65, "lng": 117.12}, "destination": {"lat": 36.67, "lng": 117.0},
    });
    if let Some(estimate_id) = estimate_id {
        bill["estimate_id"] = estimate_id.into();
    }
    server.post(&format!("/v1/trips/{trip}/bill"), &bill)
}

/// A ride is billed with the rate cards it was quoted with, whatever became of them since; and when it cannot be, the
/// bill says so, and why. So does the detail page.
#[test]
fn a_ride_is_billed_as_it_was_quoted() {
    let redis = RedisServer::start().unwrap();
    for backend in [vec![], vec!["--redis".to_owned(), redis.url("")]] {
        let backend: Vec<&str> = backend.iter().map(String::as_str).chain(PATIENT).collect();
        let application = Configured::new();
        let cards = ["passenger", "driver"].map(|side| application.file(&format!("cards/370100/express.{side}.json")));
        let old = cards.clone().map(|card| fs::read_to_string(card).unwrap());
        let (quoted, data) = quote(&application, &backend);
        for (card, old) in cards.iter().zip(&old) {
            // The start price, 8.00 and 6.00.
            let new = old.replacen(".00\"", ".50\"", 1);
            assert_ne!(old, &new);
            fs::write(card, new).unwrap();
        }

        let server = application.start(data, &backend);
        until_in_force(&server, is_offered_at(&fs::read_to_string(&cards[0]).unwrap()));
        let check = |trip: &str, estimate_id: Option<&str>, total: &str, pinned: Value| {
            let bill = jinan_bill(&server, trip, estimate_id);
            assert_eq!((&bill["passenger"]["total"], &bill["pinned"]), (&json!(total), &pinned), "{trip}: {bill}");
            assert_eq!(bill["facts"]["quoted"].is_object(), pinned["rate_card"] == "quoted");
            assert_eq!(server.get(&format!("/v1/trips/{trip}/bill?city=370100")).json(), bill);
            bill
        };
        let by_quote = check("quoted", Some(&quoted), "11.48", json!({"rate_card": "quoted"}));
        let today = check("today", None, "11.98", json!({"rate_card": "current", "reason": "no-estimate"}));
        let card = |bill: &Value, name: &str| {
            let version = bill["versions"][name].as_str().unwrap();
            server.get(&format!("/v1/cities/370100/rate-cards/{version}")).body
        };
        let names = ["rate_card", "driver_rate_card"];
        assert_eq!(names.map(|name| card(&by_quote, name)), old, "earlier cards are kept");
        let new = cards.clone().map(|card| fs::read_to_string(card).unwrap());
        assert_eq!(names.map(|name| card(&today, name)), new);
        let page = |estimate_id: &str| server.get(&format!("/v1/estimates/{estimate_id}/details/express")).json();
        assert_eq!((&page(&quoted)["degraded"], &page(&quoted)["total"]), (&json!(false), &json!("11.48")));

        if backend.contains(&"--redis") {
            let keys: Vec<String> = redis.run("KEYS *:document:rate-card:*").unwrap();
            assert_eq!(keys.len(), 4, "both sides, before and after");
        }
    }

    // What is missing is named.
    let application = Configured::new();
    let card = application.file("cards/370100/express.passenger.json");
    let changed = fs::read_to_string(&card).unwrap().replacen("8.00\"", "8.50\"", 1);
    let mut redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let arguments = [&["--redis", &url], &PATIENT[..]].concat();
    let (quoted, data) = quote(&application, &arguments);
    fs::write(&card, &changed).unwrap();
    for card in redis.run::<Vec<String>>("KEYS *:document:rate-card:*").unwrap() {
        let () = redis.run(&format!("DEL {card}")).unwrap();
    }
    let server = application.start(data, &arguments);
    until_in_force(&server, is_offered_at(&changed));
    let check = |trip: &str, reason: &str| {
        let bill = jinan_bill(&server, trip, Some(&quoted));
        assert_eq!(bill["pinned"], json!({"rate_card": "current", "reason": reason}), "{trip}: {bill}");
        let page = server.get(&format!("/v1/estimates/{quoted}/details/express")).json();
        assert_eq!((&page["total"], &page["reason"]), (&json!("11.48"), &json!(reason)), "{page}");
    };
    check("a", "version-unavailable");
    let () = redis.run("FLUSHALL").unwrap();
    check("b", "quote-expired");
    redis.kill().unwrap();
    check("c", "store-unavailable");
}

/// A product that is withdrawn while rides are under way: who was quoted for it is billed for it.
#[test]
fn a_withdrawn_product_is_billed_as_it_was_quoted() {
    let application = Configured::new();
    let mut redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let arguments = [&["--redis", &url], &PATIENT[..]].concat();
    let (quoted, data) = quote(&application, &arguments);
    for side in ["passenger", "driver"] {
        let card = |product: &str| application.file(&format!("cards/370100/{product}.{side}.json"));
        let text = fs::read_to_string(card("express")).unwrap();
        fs::write(card("premier"), text.replace("\"product\": \"express\"", "\"product\": \"premier\"")).unwrap();
        fs::remove_file(card("express")).unwrap();
    }
    let server = application.start(data, &arguments);
    until_in_force(&server, |_, products| {
        products.as_array().is_some_and(|products| products.iter().all(|product| product["product"] != "express"))
    });
    assert_eq!(server.get("/readyz").status, 200);
    let bill = |trip: &str, estimate_id: Option<&str>| {
        let answer = post_jinan_bill(&server, trip, estimate_id);
        (answer.status, answer.json())
    };
    let (status, answer) = bill("quoted", Some(&quoted));
    assert_eq!((status, &answer["passenger"]["total"]), (201, &json!("11.48")), "{answer}");
    assert_eq!(answer["pinned"], json!({"rate_card": "quoted"}));
    assert_eq!(server.get("/v1/trips/quoted/bill?city=370100").json(), answer);
    let (status, answer) = bill("unquoted", None);
    assert_eq!((status, &answer["code"]), (422, &json!("unknown-product")), "{answer}");
    let () = redis.run("FLUSHALL").unwrap();
    let (status, answer) = bill("expired", Some(&quoted));
    assert_eq!((status, &answer["errors"][0]["pointer"]), (422, &json!("/product")), "{answer}");
    redis.kill().unwrap();
    let (status, answer) = bill("down", Some(&quoted));
    assert_eq!((status, &answer["code"]), (503, &json!("store-unavailable")), "{answer}");
}

/// Whoever asks for details as soon as the estimate is answered gets them, although the estimate does not wait for the
/// quote to be stored.
#[test]
fn details_are_there_as_soon_as_the_estimate_is_answered() {
    let redis = RedisServer::start().unwrap();
    for backend in [vec![], vec!["--redis".to_owned(), redis.url("")]] {
        let backend: Vec<&str> = backend.iter().map(String::as_str).chain(PATIENT).collect();
        let server = Server::start(&backend);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let id = estimate(&server);
                        let page = server.get(&format!("/v1/estimates/{id}/details/express")).json();
                        assert_eq!(page["degraded"], json!(false), "{page}");
                    }
                });
            }
        });
    }
}

/// Broken copy costs the details of a page, not its totals.
#[test]
fn broken_copy_costs_the_details_only() {
    let application = Configured::new();
    fs::write(application.file("copy/en-US.ftl"), "= nonsense").unwrap();
    let server = application.start(tempfile::tempdir().unwrap(), &PATIENT);
    let estimate = estimate(&server);
    jinan_bill(&server, "t", None);
    for path in
        [format!("/v1/estimates/{estimate}/details/express?"), "/v1/trips/t/bill/detail?city=370100&".to_owned()]
    {
        let page = server.get(&format!("{path}locale=en-US&scene=receipt"));
        assert_eq!(page.status, 200, "{}", page.body);
        let page = page.json();
        assert_eq!(
            (&page["total"], &page["payable"], &page["sections"]),
            (&json!("11.48"), &json!("11.48"), &json!([]))
        );
        assert_eq!((&page["degraded"], &page["reason"]), (&json!(true), &json!("copy-unavailable")), "{page}");
        assert_eq!(server.get(&format!("{path}locale=zh-CN")).json()["degraded"], json!(false));
    }
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("ready")), "it bills: {}", ready.body);
    let status = server.get("/statusz").json();
    assert_eq!(status["status"], json!("degraded"), "{status}");
    assert_eq!(status["configuration"]["broken"][0]["path"], json!("copy/en-US.ftl"), "{status}");
}

/// A price that is changed while clients ask gets into force without a restart, and at one moment: once anybody was told the
/// new one, nobody is told the old one any more. A backup file beside it hurts nobody, and SIGHUP ends nothing that is under
/// way.
#[test]
fn prices_change_while_clients_ask() {
    const TOTALS: [&str; 3] = ["11.48", "12.48", "12.98"];
    let application = Configured::new();
    let server = application.start(tempfile::tempdir().unwrap(), &PATIENT);
    let card = application.file("cards/370100/express.passenger.json");
    let text = fs::read_to_string(&card).unwrap();
    until_there_is_a_generation(&server);
    let (stop, newest) = (AtomicBool::new(false), AtomicUsize::new(0));
    let ask = || {
        let told = newest.load(Ordering::SeqCst);
        let answer = server.post("/v1/estimates", &jinan_estimate());
        assert_eq!(answer.status, 201, "{}", answer.body);
        let total = &answer.json()["estimates"][0]["total"];
        let number = TOTALS.iter().position(|known| total == known).unwrap_or_else(|| panic!("{total}"));
        assert!(number >= told, "{total} after {}", TOTALS[told]);
        newest.fetch_max(number, Ordering::SeqCst);
        number
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    ask();
                }
            });
        }
        let until = |number: usize| {
            let changed = Instant::now();
            while ask() != number {
                assert!(changed.elapsed() < Duration::from_secs(20), "{} is not in force", TOTALS[number]);
            }
            println!("in force after {} ms", changed.elapsed().as_millis());
        };
        let change = || {
            until(0);
            fs::write(&card, text.replacen("8.00\"", "9.00\"", 1)).unwrap();
            until(1);
            fs::write(application.file("cards/370100/express.passenger.json~"), "{").unwrap();
            fs::write(&card, text.replacen("8.00\"", "9.50\"", 1)).unwrap();
            server.signal("HUP");
            until(2);
            let ready = server.get("/readyz");
            assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("ready")), "{}", ready.body);
            let ignored = &server.get("/statusz").json()["configuration"]["ignored"];
            assert_eq!(*ignored, json!(["cards/370100/express.passenger.json~"]));
        };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(change));
        stop.store(true, Ordering::SeqCst);
        result.unwrap();
    });
}

/// A rate card whose new version is broken stays in force as it was, after a restart as well, until there is a good one.
#[test]
fn the_last_good_card_stays_in_force() {
    let application = Configured::new();
    let card = application.file("cards/370100/express.passenger.json");
    let text = fs::read_to_string(&card).unwrap();
    let mut server = application.start(tempfile::tempdir().unwrap(), &PATIENT);
    // What was never in force is not the last good one.
    until_there_is_a_generation(&server);
    fs::write(&card, "{").unwrap();
    for trip in ["before", "after"] {
        let deadline = Instant::now() + Duration::from_secs(20);
        let broken = loop {
            let status = server.get("/statusz").json();
            if let Some(broken) = status["configuration"]["broken"].as_array().and_then(|broken| broken.first()) {
                break broken.clone();
            }
            assert!(Instant::now() < deadline, "{status}");
        };
        assert_eq!(
            (&broken["path"], &broken["last_good"]),
            (&json!("cards/370100/express.passenger.json"), &json!(true))
        );
        assert_eq!(jinan_bill(&server, trip, None)["passenger"]["total"], json!("11.48"));
        // What bills has looked for itself.
        while server.get("/readyz").json()["status"] != json!("degraded") {
            assert!(Instant::now() < deadline, "{}", server.get("/readyz").body);
        }
        server = application.start(end(server), &PATIENT);
    }
    let better = text.replacen("8.00\"", "8.50\"", 1);
    fs::write(&card, &better).unwrap();
    until_in_force(&server, is_offered_at(&better));
    assert_eq!(jinan_bill(&server, "better", None)["passenger"]["total"], json!("11.98"));
}

/// A store that is set up wrongly is the operator's to put right: callers are told to ask again later, and what can do
/// without it does.
#[test]
fn a_store_that_is_set_up_wrongly_is_unavailable() {
    let server = Server::start(&["--variable", "store_backend=etcd"]);
    let segments = json!({"city": "370100", "segments": [
        {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 1, "duration_s": 1},
    ]});
    let answer = server.post("/v1/trips/t/segments", &segments);
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("store-unavailable")), "{}", answer.body);
    assert_eq!(answer.header("retry-after"), "1");
    assert!(!answer.body.contains("etcd"), "callers are told nothing of the inside: {}", answer.body);
    assert!(server.get("/readyz").body.contains("variable store_backend must be"));
    let id = estimate(&server);
    let page = server.get(&format!("/v1/estimates/{id}/details/express")).json();
    assert_eq!(page["reason"], json!("store-unavailable"));
    let bill = post_jinan_bill(&server, "t", Some(&id));
    assert_eq!((bill.status, &bill.json()["code"]), (503, &json!("store-unavailable")), "{}", bill.body);
}

/// A request that is too large is refused before it is read, and the connection survives nonsense.
#[test]
fn limits_hold() {
    let server = Server::start(&[]);
    let large = format!("{{\"city\": \"{}\"}}", "x".repeat(2 << 20));
    let json = [("content-type", "application/json")];
    // The answer comes before the whole body was sent, and a client that is still busy sending gets it all the same.
    for _ in 0..20 {
        let answer = server.request("POST", "/v1/estimates", &json, &large);
        assert_eq!((answer.status, answer.content_type.as_str()), (413, "application/problem+json"), "{}", answer.body);
        assert_eq!(answer.header("connection"), "close");
    }
    for (depth, expected) in [(1000, 400), (100_000, 413)] {
        let answer = server.request("POST", "/v1/estimates", &json, &"[".repeat(depth));
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    assert_eq!(server.get("/healthz").status, 200);
}

/// Clients need not know who refuses them: the host's own problems are of the gateway's make, down to the trace.
#[test]
fn the_host_refuses_as_the_gateway_does() {
    let server = Server::start(&[]);
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{id}-00f067aa0ba902b7-01");
    let headers = [("content-type", "application/json"), ("traceparent", &traceparent)];
    let by_the_host = server.request("POST", "/v1/estimates", &headers, &"x".repeat(2 << 20));
    let by_the_gateway = server.request("POST", "/v1/estimates", &headers, "{");
    let shape = |answer: &Answer, status: u16, code: &str| {
        let document = answer.json();
        assert_eq!((answer.status, &document["code"]), (status, &json!(code)), "{}", answer.body);
        assert_eq!(document["type"], json!(format!("urn:farebox:problem:{code}")));
        assert_eq!((&document["status"], &document["trace_id"]), (&json!(status), &json!(id)));
        let span = answer.header("traceparent").strip_prefix(&format!("00-{id}-")).unwrap().to_owned();
        assert!(span.len() == 19 && span.ends_with("-01") && !span.starts_with("00f067aa0ba902b7"), "{span}");
        let members: BTreeSet<String> = document.as_object().unwrap().keys().cloned().collect();
        (members, answer.content_type.clone(), answer.header("cache-control").to_owned())
    };
    let (mut of_the_gateway, content_type, cache_control) = shape(&by_the_gateway, 400, "invalid-json");
    // Nothing is wrong with any field when the host has not looked at the body.
    of_the_gateway.remove("errors");
    let expected = (of_the_gateway, content_type, cache_control);
    assert_eq!(shape(&by_the_host, 413, "body-too-large"), expected);
}

/// Every answer says which trace it belongs to, the caller's if it sent one; and what happened is told under it, one line of
/// JSON each.
#[test]
fn answers_and_events_have_a_trace() {
    let redis = RedisServer::start().unwrap();
    let server = Server::start(&["--redis", &redis.url("")]);
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{id}-00f067aa0ba902b7-01");
    let headers = [("content-type", "application/json"), ("traceparent", &*traceparent)];
    let span = |answer: &Answer| {
        let header = answer.header("traceparent").to_owned();
        assert!(header.starts_with(&format!("00-{id}-")) && header.ends_with("-01"), "{header:?}");
        header
    };
    let healthy = server.request("GET", "/healthz", &headers, "");
    let estimated = server.request("POST", "/v1/estimates", &headers, &jinan_estimate().to_string());
    assert_eq!((healthy.status, estimated.status), (200, 201));
    assert_ne!(span(&healthy), span(&estimated), "each answer is a span of its own");
    assert_eq!(server.get("/healthz").header("traceparent").len(), 55, "without one a trace begins");

    // Ten bills that the store does not take: what is told of them is told under the trace, whole; what is not told again is counted.
    redis.stop().unwrap();
    std::thread::scope(|scope| {
        for trip in 0..10 {
            let (server, headers) = (&server, &headers);
            let bill = json!({
                "city": "370100", "product": "express",
                "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:21:00+08:00",
                "origin": {"lat": 36.65, "lng": 117.12}, "destination": {"lat": 36.67, "lng": 117.0},
            });
            scope.spawn(move || {
                let answer = server.request("POST", &format!("/v1/trips/e{trip}/bill"), headers, &bill.to_string());
                assert_eq!(answer.status, 201, "{}", answer.body);
            });
        }
    });
    let of_trace = |name: &str| {
        let told = server.log().events();
        let named = told.iter().filter(|event| event["event"] == json!(name) && event["trace_id"] == json!(id));
        named.filter(|event| event["severity"] == json!("warn")).count()
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while [of_trace("bill-mocked"), of_trace("bill-kept-here")].iter().any(|told| !(1..=10).contains(told)) {
        assert!(Instant::now() < deadline, "{:?}", server.log().events());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What clients are generated from, and what editors check rate cards with, is what is committed.
#[test]
fn descriptions_are_the_committed_documents() {
    let server = Server::start(&[]);
    for (path, committed) in [
        ("/openapi.json", include_str!("../../docs/openapi.json")),
        ("/rate-card.schema.json", include_str!("../../docs/rate-card.schema.json")),
        ("/city.schema.json", include_str!("../../docs/city.schema.json")),
        ("/limits.schema.json", include_str!("../../docs/limits.schema.json")),
        ("/commission-policy.schema.json", include_str!("../../docs/commission-policy.schema.json")),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body == committed, "{path} is not what is committed");
    }
}

/// What may be kept is sent once: whoever has it is told so, by every way that the gateway is asked, and sent it again as soon as it
/// is another. What is somebody's money is kept by nobody.
#[test]
fn documents_are_sent_once() {
    for server in [&["--wasi-http"][..], &[]].map(Server::start) {
        let card = server.get("/v1/cities").json()["cities"][0].clone();
        let (city, version) = (&card["city"], &card["products"][0]["rate_card"]);
        let card = format!("/v1/cities/{}/rate-cards/{}", city.as_str().unwrap(), version.as_str().unwrap());
        for (path, keeping) in [
            ("/openapi.json", "max-age=300"),
            ("/rate-card.schema.json", "max-age=300"),
            ("/city.schema.json", "max-age=300"),
            ("/limits.schema.json", "max-age=300"),
            ("/commission-policy.schema.json", "max-age=300"),
            ("/v1/cities", "private, no-cache"),
            (&*card, "private, max-age=31536000, immutable"),
        ] {
            let first = server.get(path);
            let tag = first.header("etag").to_owned();
            assert_eq!((first.status, first.header("cache-control"), tag.len()), (200, keeping, 34), "{path}");
            let weak = format!("W/{tag}");
            for (method, known, expected) in [
                ("GET", &*tag, 304),
                ("HEAD", &tag, 304),
                ("GET", &weak, 304),
                ("GET", "\"another\"", 200),
                ("HEAD", "\"another\"", 200),
            ] {
                let answer = server.request(method, path, &[("if-none-match", known)], "");
                assert_eq!((answer.status, answer.header("cache-control")), (expected, keeping), "{method} {path}");
                let expected_tag = if known == weak { &weak } else { &tag };
                assert_eq!(answer.header("etag"), expected_tag, "{method} {path}");
                assert_eq!(answer.body.is_empty(), expected == 304 || method == "HEAD", "{method} {path}");
                assert_eq!(answer.header("content-length").is_empty(), expected == 304, "{method} {path}");
                assert_eq!(answer.header("traceparent").len(), 55);
            }
        }
        let nowhere = server.get(&format!("/v1/cities/110000/rate-cards/{}", "0".repeat(64)));
        assert_eq!((nowhere.status, nowhere.header("cache-control"), nowhere.header("etag")), (404, "no-store", ""));
        let estimated = server.post("/v1/estimates", &jinan_estimate());
        assert_eq!((estimated.header("cache-control"), estimated.header("etag")), ("no-store", ""));
    }
}

/// Pages of the origins that are listed may ask from within a browser, and see what they are answered, refusals included; nobody
/// else's may. Without a list nothing is different from what it was.
#[test]
fn browsers_are_told_whose_pages_may_ask() {
    const PAGE: &str = "https://app.example.com";
    let [listed, nobody] = [&["--variable", "cors_origins=https://app.example.com http://localhost:8080"][..], &[]];
    let (listed, nobody) = (Server::start(listed), Server::start(nobody));
    let preflight = |server: &Server, origin: &str, path: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        server.request("OPTIONS", path, &headers, "")
    };
    let told = preflight(&listed, PAGE, "/v1/trips/t/bill");
    assert_eq!((told.status, &*told.body, told.header("content-length")), (204, "", ""));
    assert_eq!(told.header("access-control-allow-origin"), PAGE);
    assert_eq!(told.header("access-control-allow-methods"), "GET, HEAD, POST");
    assert_eq!((told.header("access-control-max-age"), told.header("vary")), ("7200", "origin"));
    assert!(told.header("access-control-allow-headers").contains("content-type"));
    assert_eq!(preflight(&listed, "https://elsewhere.example", "/v1/commission").status, 405);
    assert_eq!(preflight(&listed, PAGE, "/nowhere").status, 404);
    assert_eq!(preflight(&listed, PAGE, "/healthz").status, 405);
    assert_eq!(preflight(&nobody, PAGE, "/v1/commission").status, 405);

    let refused = listed.request("POST", "/v1/commission", &[("origin", PAGE)], "{}");
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (415, PAGE));
    assert_eq!(
        refused.header("access-control-expose-headers"),
        "accept-signature, etag, ratelimit, ratelimit-policy, retry-after, traceparent, www-authenticate"
    );
    let of_others = listed.request("GET", "/v1/cities", &[("origin", "https://elsewhere.example")], "");
    assert_eq!((of_others.status, of_others.header("vary")), (200, "origin"));
    assert_eq!(of_others.header("access-control-allow-origin"), "");
    let answer = nobody.request("GET", "/v1/cities", &[("origin", PAGE)], "");
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("access-control-") && name != "vary"));
}

/// Large answers are compressed for whoever takes them so, by every way that the gateway is asked, and are the same when they are
/// unpacked; the tag of one is good to ask with. Small ones are never.
#[test]
fn large_answers_are_compressed() {
    for server in [&["--wasi-http"][..], &[]].map(Server::start) {
        let address = server.base().strip_prefix("http://").unwrap();
        let ask = |method: &str, path: &str, headers: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            let head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
            let body = answer.split_off(end);
            (String::from_utf8(answer).unwrap(), body)
        };
        let gzip = "accept-encoding: br, gzip;q=0.5\r\n";
        let (plain, document) = ask("GET", "/openapi.json", "");
        assert!(plain.contains("\r\nvary: accept-encoding\r\n") && !plain.contains("content-encoding"), "{plain}");
        let (head, body) = ask("GET", "/openapi.json", gzip);
        assert!(head.contains("\r\ncontent-encoding: gzip\r\n"), "{head}");
        assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())), "{head}");
        let mut unpacked = Vec::new();
        GzDecoder::new(&*body).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == document && body.len() * 4 < document.len(), "{}", body.len());
        // The head alone says the same.
        let (alone, nothing) = ask("HEAD", "/openapi.json", gzip);
        assert!(alone.contains(&format!("\r\ncontent-length: {}\r\n", body.len())) && nothing.is_empty(), "{alone}");
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        assert!(tag.starts_with("W/"), "{tag}");
        let (known, nothing) = ask("GET", "/openapi.json", &format!("{gzip}if-none-match: {tag}\r\n"));
        assert!(known.starts_with("HTTP/1.1 304 ") && known.contains(&format!("\r\netag: {tag}\r\n")), "{known}");
        assert!(known.contains("\r\nvary: accept-encoding\r\n") && nothing.is_empty(), "{known}");
        for (path, headers) in [("/v1/cities", gzip), ("/openapi.json", "accept-encoding: gzip;q=0\r\n")] {
            let (head, _) = ask("GET", path, headers);
            assert!(!head.contains("content-encoding"), "{path} {head}");
        }
    }
}
