//! What a start says.

use std::fmt::Write as _;

use crate::data_dir::DataDir;
use crate::manifest::{Channel, Manifest};
use crate::values::{SIGNING_KEY, Values};

/// Where the application is, what it answers and where its data is. The line "listening on ..." is for programs too, and does not
/// change.
pub(super) fn text(url: &str, manifest: &Manifest, values: &Values, data: &DataDir) -> String {
    let mut text =
        format!("listening on {url}\n") + routes(url, manifest).as_str() + channels(manifest, values).as_str();
    _ = match values.get("store_backend") {
        Some("redis") => {
            writeln!(text, "store: Redis at {}", values.get("redis_address").unwrap_or("an unknown address"))
        }
        _ => writeln!(text, "store: embedded database {}", data.database().display()),
    };
    _ = writeln!(text, "data: {}", data.path().display());
    if manifest.application.name == "farebox" {
        let signed = values.get("signatures").is_some_and(|signatures| signatures.trim() == "required");
        text += &if signed { try_it_signed(url) } else { try_it(url) };
    }
    text
}

fn routes(url: &str, manifest: &Manifest) -> String {
    let route = |(route, component): (&str, &str)| format!("  {url}{route} -> {component}\n");
    manifest.routes().map(route).collect()
}

/// Without the address: there may be a password in it, and whoever listens says where.
fn channels(manifest: &Manifest, values: &Values) -> String {
    let channel = |channel: Channel<'_>| {
        let name = values.expand(channel.channel).unwrap_or_else(|_| channel.channel.to_owned());
        format!("  Redis channel {name} -> {}\n", channel.component)
    };
    manifest.channels().map(channel).collect()
}

/// What to type. Nobody vouches for the certificate of an address of this machine, so none is asked to.
fn try_it(url: &str) -> String {
    let curl = if url.starts_with("https:") { "curl -sk" } else { "curl -s" };
    format!(
        r#"
try it:
  E=$({curl} {url}/v1/estimates --json '{{"city":"110000","products":["express"],"origin":{{"lat":39.9087,"lng":116.3975}},"destination":{{"lat":39.9990,"lng":116.3264}},"distance_m":16200,"duration_s":2100,"depart_at":"2026-11-20T08:30:00+08:00"}}'); echo "$E"
  {curl}w "\n" "{url}/v1/estimates/$(echo "$E" | sed 's/.*"estimate_id":"\([^"]*\)".*/\1/')/details/express?locale=en-US"
  {curl}w "\n" {url}/v1/commission --json '{{"city":"110000","product":"express","passenger_total":"30.00","driver_total":"20.00"}}'

"#
    )
}

/// The same where requests have to be signed: with curl alone nobody can.
fn try_it_signed(url: &str) -> String {
    format!(
        "
try it, with a key that `farebox keys create` makes: requests have to be signed
  export FAREBOX_KEY=NAME FAREBOX_KEY_SECRET=\"$(cat NAME.secret)\"
  farebox request GET /v1/cities --url {url}

"
    )
}

/// Whether anybody can sign an estimate.
pub(super) fn signs_with_the_development_key(manifest: &Manifest, values: &Values) -> bool {
    let key = values.get(SIGNING_KEY);
    key.is_some_and(|key| manifest.defaults().any(|default| default == (SIGNING_KEY, key)))
}

/// What is said of it.
pub(super) const DEVELOPMENT_KEY: &str = "\
********************************************************************************
WARNING: estimates are signed with the built-in development key, which everybody
knows: anybody can forge a price. Never use it where money is real. Leave out
the variable signing_key to have a key made and kept in the data directory.
********************************************************************************";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::load::load;
    use std::path::Path;

    /// What is to be typed works as it stands, with TLS and without.
    #[test]
    fn what_to_type() {
        for (url, expected) in [("http://127.0.0.1:3000", "curl -s"), ("https://127.0.0.1:3000", "curl -sk")] {
            let text = try_it(url);
            assert_eq!(text.matches("curl ").count(), 3, "{text}");
            let all =
                text.matches(&format!("{expected} {url}")).count() + text.matches(&format!("{expected}w ")).count();
            assert_eq!((all, text.matches(url).count()), (3, 3), "{text}");
        }
    }

    /// Where requests have to be signed nobody is told to send one that is not.
    #[test]
    fn what_to_type_with_a_key() {
        let text = try_it_signed("http://127.0.0.1:3000");
        assert!(text.contains("farebox request GET /v1/cities --url http://127.0.0.1:3000\n"), "{text}");
        assert!(!text.contains("curl"), "{text}");
    }

    /// README shows what a start says: every route, and nothing else.
    #[test]
    fn readme() {
        let manifest = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spin.toml")).unwrap();
        let routes: Vec<_> = routes("http://127.0.0.1:3000", &manifest).lines().map(str::to_owned).collect();
        let readme = include_str!("../../../../README.md");
        let shown: Vec<_> = readme.lines().filter(|line| line.starts_with("  http://127.0.0.1:3000/")).collect();
        assert_eq!(shown, routes);
    }
}
