//! The host holds the application to its manifest: what is not granted is refused, and what is not understood as well.
#![allow(clippy::unwrap_used)]

use farebox_tests::changed::{Changed, Changes};
use farebox_tests::rides::bill;
use farebox_tests::server::Server;
use serde_json::json;

const STORE_INHERITS: &str = r#"inherit_configuration = ["allowed_outbound_hosts", "sqlite_databases", "variables"]"#;

/// A store that is granted less than it needs is denied what it asks for. As on Spin the application starts; it says so
/// on /readyz, and rides are billed without a store.
#[test]
fn a_store_without_its_grants_is_denied() {
    let cases: [(Changes, &str); 4] = [
        (
            &[(STORE_INHERITS, r#"inherit_configuration = ["allowed_outbound_hosts", "variables"]"#)],
            "sqlite_databases does not list it",
        ),
        (&[(STORE_INHERITS, r#"inherit_configuration = ["allowed_outbound_hosts", "sqlite_databases"]"#)], "variable"),
        (&[(STORE_INHERITS, "inherit_configuration = false")], "variable"),
        (&[(r#"sqlite_databases = ["default"]"#, "")], "sqlite_databases does not list it"),
    ];
    for (changes, why) in cases {
        let application = Changed::new(changes);
        let server = application.start(&[]);
        let ready = server.get("/readyz");
        assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")), "{changes:?}: {}", ready.body);
        let store = ready.json()["checks"].as_array().unwrap().iter().find(|check| check["name"] == "store").cloned();
        let problem = store.unwrap()["problem"].as_str().unwrap().to_owned();
        assert!(problem.contains(why), "{changes:?}: {problem}");
        let answer = server.post("/v1/trips/t/bill", &bill());
        assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("store-unavailable")), "{}", answer.body);
    }
}

/// A Redis that the manifest does not grant cannot be reached, even though the store knows its address.
#[test]
fn a_redis_that_is_not_granted_cannot_be_reached() {
    let changes = [(r#"["redis://{{ redis_address }}"]"#, r#"["redis://elsewhere:6379"]"#)];
    let changed = Changed::new(&changes);
    let server = changed.start(&["--redis", "redis://127.0.0.1:1"]);
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")), "{}", ready.body);
    // The operator is told which line of the manifest is missing something; the caller is told nothing of it.
    assert!(ready.body.contains("allowed_outbound_hosts does not list it"), "{}", ready.body);
    let segments = json!({"city": "110000", "segments": [
        {"seq": 1, "started_at": "2026-11-21T08:00:00+08:00", "distance_m": 1, "duration_s": 1},
    ]});
    let answer = server.post("/v1/trips/t/segments", &segments);
    assert_eq!((answer.status, &answer.json()["kept"]), (202, &json!("node")), "{}", answer.body);
}

/// A configuration that is not mounted is not there.
#[test]
fn files_that_are_not_mounted_are_not_there() {
    let changes = [(
        r#"files = [{ source = "config", destination = "/config" }, { source = "deploy/archive", destination = "/archive" }]"#,
        "",
    )];
    let application = Changed::new(&changes);
    let server = application.start(&[]);
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.get("/v1/cities").status, 500);
}

/// What cannot run is refused at once, and every mistake in a manifest is told with what would be right.
#[test]
fn manifests_that_cannot_run_are_refused() {
    let cases: [(Changes, &[&str]); 7] = [
        (
            &[(
                "[variables]",
                "[[trigger.redis]]\nchannel = \"a\"\ncomponent = \"pricing\"\naddress = \"redis://b\"\n[variables]",
            )],
            &["pricing", "spin:redis/inbound-redis@3.0.0"],
        ),
        (&[(r#""farebox:pricing@0.1.0" = { component = "pricing" }"#, "")], &["farebox:pricing/pricing@0.1.0"]),
        (&[(r#"{ component = "pricing" }"#, r#"{ component = "prizing" }"#)], &["prizing"]),
        (&[("sqlite_databases =", "sqlite_database =")], &["sqlite_database"]),
        (&[(r#"sqlite_databases = ["default"]"#, r#"sqlite_databases = ["other"]"#)], &["other", "gateway"]),
        (&[(r#""sqlite_databases", "variables"]"#, r#""sqlite_database", "variables"]"#)], &["sqlite_database"]),
        (
            &[("{{ quote_ttl_s }}", "{{ quote_ttl }}"), (r#"component = "gateway""#, r#"component = "getaway""#)],
            &["quote_ttl", "getaway"],
        ),
    ];
    for (changes, expected) in cases {
        let said = Changed::new(changes).refusal();
        for word in expected {
            assert!(said.contains(word), "{changes:?} was answered with:\n{said}");
        }
    }
}

/// What takes messages from a queue starts with a Redis that is not there as well as with one that is, says what it listens to, and no password.
#[test]
fn the_collector_starts() {
    let collector = ["--manifest", "deploy/collector.toml", "--redis", "redis://site:secret@127.0.0.1:1"];
    let server = Server::start(&[&collector[..], &["--variable", "segments_channel=meters"]].concat());
    let told = |words: &str| server.log().lines().iter().any(|line| line.contains(words));
    let begun = std::time::Instant::now();
    while !told("Redis channel meters -> collector") {
        assert!(begun.elapsed().as_secs() < 30, "{:?}", server.log().lines());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(!told("secret"), "{:?}", server.log().lines());
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/v1/cities").status, 404, "nobody is served here");
}
