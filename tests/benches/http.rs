//! Estimates over HTTP: the application on the host, against the same computation natively behind axum. One load
//! generator, one machine, one run: only the ratios mean anything.
#![allow(clippy::print_stdout, reason = "a bench is for what it prints")]
#![allow(missing_docs, clippy::unwrap_used, clippy::float_arithmetic, clippy::cast_precision_loss)]

use farebox_kit::artifacts;
use farebox_tests::baseline;
use farebox_tests::load::{self, Load};
use farebox_tests::server::{Server, start_process};
use farebox_tests::store_redis_server::RedisServer;
use std::process::Command;
use std::time::Duration;

/// Set in the process that is the baseline.
const BASELINE: &str = "FAREBOX_BASELINE";
const BODY: &str = r#"{"city":"110000","products":["express","taxi"],"origin":{"lat":39.908823,"lng":116.397470},"destination":{"lat":39.989956,"lng":116.480655},"distance_m":12000,"duration_s":1800,"depart_at":"2026-11-21T08:00:00+08:00","dynamic":"1.20","tolls":"10.00"}"#;
const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(5);

fn main() {
    if std::env::var_os(BASELINE).is_some() {
        return baseline::serve();
    }
    let measure = |base: &str| load::post(base, "/v1/estimates", BODY, CONNECTIONS, TIME);
    let native = with_baseline(measure);
    println!(
        "\nestimates over HTTP, {CONNECTIONS} connections, {} s each; axum is native, without components or store",
        TIME.as_secs()
    );
    print("axum", &native, &native);
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    for (name, arguments) in [
        ("farebox, quotes off", &["--variable", "quote_ttl_s=0"][..]),
        ("farebox, quotes in Redis", &["--redis", &url]),
        ("farebox, quotes in SQLite", &[]),
        ("farebox, SQLite, synchronous=normal", &["--variable", "sqlite_synchronous=normal"]),
    ] {
        let server = Server::start(arguments);
        print(name, &measure(server.base()), &native);
    }
    sizes();
}

fn print(name: &str, load: &Load, native: &Load) {
    println!(
        "  {name:<36} {:>8.0}/s   {:>5.2} x axum   median {:>6.0?}  p99 {:>6.0?}",
        load.per_second,
        load.per_second / native.per_second,
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

fn with_baseline(measure: impl Fn(&str) -> Load) -> Load {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(BASELINE, "1").current_dir(artifacts::repository());
    let (mut child, base, _) = start_process(command);
    let load = measure(&base);
    child.kill().unwrap();
    child.wait().unwrap();
    load
}
