//! Estimates over HTTP: the application on the host, against the same computation natively behind axum. And bills, against each other by where
//! they are kept. One load generator, one machine, one run: only the ratios mean anything.
#![allow(clippy::print_stdout, reason = "a bench is for what it prints")]
#![allow(missing_docs, clippy::unwrap_used, clippy::float_arithmetic, clippy::cast_precision_loss)]

use farebox_kit::artifacts;
use farebox_tests::baseline;
use farebox_tests::load::{self, Load};
use farebox_tests::server::{Runtime, Server, spin_is_installed, start_process};
use farebox_tests::store_redis_server::RedisServer;
use std::process::Command;
use std::time::Duration;

/// Set in the process that is the baseline.
const BASELINE: &str = "FAREBOX_BASELINE";
const PATH: &str = "/v1/estimates";
const BODY: &str = r#"{"city":"110000","products":["express","taxi"],"origin":{"lat":39.908823,"lng":116.397470},"destination":{"lat":39.989956,"lng":116.480655},"distance_m":12000,"duration_s":1800,"depart_at":"2026-11-21T08:00:00+08:00","dynamic":"1.20","tolls":"10.00"}"#;
const BILLS: &str = "/v1/trips/{n}/bill";
const BILL: &str = r#"{"city":"110000","product":"express","started_at":"2026-11-21T08:00:00+08:00","ended_at":"2026-11-21T08:20:00+08:00","origin":{"lat":39.908823,"lng":116.397470},"destination":{"lat":39.989956,"lng":116.480655}}"#;
const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(5);

fn main() {
    if std::env::var_os(BASELINE).is_some() {
        return baseline::serve();
    }
    let measure = |base: &str, process| load::post(base, process, PATH, BODY, CONNECTIONS, TIME, None);
    let (native, native_at_half) = with_baseline(|base, process| {
        let full = measure(base, process);
        (full, at_half(base, process, &full))
    });
    println!(
        "\nestimates over HTTP, {CONNECTIONS} connections, {} s each; axum is native, without components or store",
        TIME.as_secs()
    );
    print("axum", &native, &native);
    print("axum, at half of that", &native_at_half, &native);
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    const OFF: &[&str] = &["--variable", "quote_ttl_s=0"];
    for (name, arguments) in [
        ("farebox, quotes off", OFF),
        ("farebox, quotes off, wasi:http", &["--variable", "quote_ttl_s=0", "--wasi-http"]),
        ("farebox, quotes in Redis", &["--redis", &url]),
        ("farebox, quotes in SQLite", &[]),
        ("farebox, SQLite, synchronous=normal", &["--variable", "sqlite_synchronous=normal"]),
    ] {
        let server = Server::start(arguments);
        print(name, &measure(server.base(), server.pid()), &native);
    }
    let server = Server::start(OFF);
    let full = measure(server.base(), server.pid());
    print("farebox, quotes off, at half of that", &at_half(server.base(), server.pid(), &full), &native);
    for connections in [128, 1000] {
        let load = load::post(server.base(), server.pid(), PATH, BODY, connections, TIME, None);
        print(&format!("farebox, quotes off, {connections} connections"), &load, &native);
    }
    drop(server);
    if spin_is_installed() {
        let spin = Server::start_on(Runtime::Spin, OFF, tempfile::tempdir().unwrap());
        print("spin up, quotes off", &measure(spin.base(), spin.pid()), &native);
    }
    bills(&url, &native);
    sizes();
}

/// Bills of rides of which nothing was measured, each of another trip. Beside Redis a bill is entered in the journal of the node first.
fn bills(redis: &str, native: &Load) {
    println!("\nbills over HTTP, {CONNECTIONS} connections, {} s each, beside estimates by axum", TIME.as_secs());
    for (name, arguments) in [
        ("farebox, bills in Redis", &["--redis", redis][..]),
        ("farebox, bills in SQLite", &[]),
        ("farebox, SQLite, synchronous=normal", &["--variable", "sqlite_synchronous=normal"]),
    ] {
        let server = Server::start(arguments);
        print(name, &load::post(server.base(), server.pid(), BILLS, BILL, CONNECTIONS, TIME, None), native);
    }
}

/// A server at half of what it can do. The processors are the load generator's as well, so that only what comes of this beside
/// the baseline says anything about the server.
fn at_half(base: &str, process: u32, full: &Load) -> Load {
    load::post(base, process, PATH, BODY, CONNECTIONS, TIME, Some(full.per_second / 2.0))
}

fn print(name: &str, load: &Load, native: &Load) {
    println!(
        "  {name:<38} {:>8.0}/s   {:>5.2} x axum   {:>7.1?} of processors   median {:>7.1?}  p99 {:>7.1?}",
        load.per_second,
        load.per_second / native.per_second,
        load.processor.unwrap_or_default(),
        load.median,
        load.p99,
    );
}

/// What an estimate weighs, against the same estimate with its detail page inlined per product.
fn sizes() {
    let server = Server::start(&[]);
    let estimate = server.request("POST", "/v1/estimates", &[("content-type", "application/json")], BODY);
    let id = estimate.json()["estimate_id"].as_str().unwrap().to_owned();
    let mut inlined = estimate.json();
    for price in inlined["estimates"].as_array_mut().unwrap() {
        let product = price["product"].as_str().unwrap().to_owned();
        let page = server.get(&format!("/v1/estimates/{id}/details/{product}?locale=zh-CN")).json();
        price["sections"] = page["sections"].clone();
    }
    let (small, large) = (estimate.body.len(), inlined.to_string().len());
    println!(
        "\nresponse size: {small} bytes instead of {large} with the details inlined, a cut of {:.0}%",
        100.0 - 100.0 * small as f64 / large as f64
    );
}

fn with_baseline<T>(measure: impl Fn(&str, u32) -> T) -> T {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(BASELINE, "1").current_dir(artifacts::repository());
    let (mut child, base, _) = start_process(command);
    let measured = measure(&base, child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    measured
}
