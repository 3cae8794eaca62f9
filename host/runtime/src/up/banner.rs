//! What a start prints.

use std::net::SocketAddr;

use crate::data_dir::DataDir;
use crate::manifest::Manifest;
use crate::values::{SIGNING_KEY, Values};

/// Prints where the application is, what it answers and where its data is. The line "listening on ..." is for programs
/// too, and does not change.
pub(super) fn print(address: SocketAddr, manifest: &Manifest, values: &Values, data: &DataDir) {
    let url = format!("http://{address}");
    println!("listening on {url}");
    for trigger in &manifest.trigger.http {
        println!("  {url}{} -> {}", trigger.route, trigger.component);
    }
    match values.get("store_backend") {
        Some("redis") => {
            println!("store: Redis at {}", values.get("redis_address").unwrap_or("an unknown address"));
        }
        _ => println!("store: embedded database {}", data.database().display()),
    }
    println!("data: {}", data.path().display());
    if manifest.application.name == "farebox" {
        try_it(&url);
    }
    if let Some(key) = values.get(SIGNING_KEY)
        && manifest.defaults().any(|default| default == (SIGNING_KEY, key))
    {
        eprintln!("{DEVELOPMENT_KEY}");
    }
}

fn try_it(url: &str) {
    println!(
        r#"
try it:
  E=$(curl -s {url}/v1/estimates --json '{{"city":"110000","products":["express"],"origin":{{"lat":39.9087,"lng":116.3975}},"destination":{{"lat":39.9990,"lng":116.3264}},"distance_m":16200,"duration_s":2100,"depart_at":"2026-11-20T08:30:00+08:00"}}'); echo "$E"
  curl -sw "\n" "{url}/v1/estimates/$(echo "$E" | sed 's/.*"estimate_id":"\([^"]*\)".*/\1/')/details/express?locale=en-US"
  curl -sw "\n" {url}/v1/commission --json '{{"city":"110000","product":"express","passenger_total":"30.00","driver_total":"20.00"}}'
"#
    );
}

const DEVELOPMENT_KEY: &str = "\
********************************************************************************
WARNING: estimates are signed with the built-in development key, which everybody
knows: anybody can forge a price. Never use it where money is real. Leave out
the variable signing_key to have a key made and kept in the data directory.
********************************************************************************";
