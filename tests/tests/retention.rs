//! Bills that are old enough and in the archive leave the store, and are answered from the archive as before: with real processes, on
//! both backends.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::changed::Changed;
use farebox_tests::command::farebox;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::Server;
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The application with an archive of its own, in a city whose bills leave after so many days.
struct Site(Changed);

impl Site {
    fn new() -> Self {
        let changed = Changed::new(&[
            (r#"source = "config""#, r#"source = "configured""#),
            (r#"source = "deploy/archive""#, r#"source = "archive""#),
        ]);
        artifacts::copy_configuration(&changed.folder().join("configured"));
        fs::create_dir_all(changed.folder().join("configured/cities")).unwrap();
        let city = json!({"format": "farebox-city/1", "city": "110000", "retention": {"bills_days": 8}});
        fs::write(changed.folder().join("configured/cities/110000.json"), city.to_string()).unwrap();
        fs::create_dir(changed.folder().join("archive")).unwrap();
        Self(changed)
    }

    fn archive(&self) -> std::path::PathBuf {
        self.0.folder().join("archive")
    }
}

/// What is answered of a bill in every way that there is.
fn answers(server: &Server, trip: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for path in ["bill", "bill/detail", "bill/history", "bill/detail?scene=driver"] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let answer = server.get(&format!("/v1/trips/{trip}/{path}{mark}city=110000"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answers.push(answer.body);
    }
    let repeated = server.post(&format!("/v1/trips/{trip}/bill"), &bill());
    assert_eq!(repeated.status, 200, "{}", repeated.body);
    answers.push(repeated.body);
    answers
}

/// The day of a file is that of its bills, which tests cannot wait for: a file of the same bills with the name of an earlier day is one of an
/// earlier day.
fn make_older(archive: &Path, day: &str) -> String {
    let old = "2020-01-31";
    let path = |day: &str, end: &str| archive.join("110000").join(format!("{day}.{end}"));
    fs::rename(path(day, "jsonl.gz"), path(old, "jsonl.gz")).unwrap();
    let mut about: Value = serde_json::from_slice(&fs::read(path(day, "json")).unwrap()).unwrap();
    about["day"] = json!(old);
    fs::write(path(old, "json"), about.to_string()).unwrap();
    fs::remove_file(path(day, "json")).unwrap();
    old.to_owned()
}

/// On one backend: the bills of a day are archived, leave, and are answered to the byte as before, after a restart as well; nobody is billed
/// twice. While the archive is away they are 503, and nothing is made in their place.
fn bills_leave(site: &Site, arguments: &[&str], size: impl Fn(&Server, &str) -> usize) {
    let server = site.0.start(arguments);
    let trips: Vec<String> = (0..70).map(|trip| format!("left-{trip}")).collect();
    for trip in &trips {
        assert_eq!(server.post(&format!("/v1/trips/{trip}/segments"), &segment(1)).status, 200);
        assert_eq!(server.post(&format!("/v1/trips/{trip}/bill"), &bill()).status, 201);
    }
    let made: jiff::Timestamp = server.get("/v1/trips/left-0/bill?city=110000").json()["billed_at"]
        .as_str()
        .and_then(|at| at.parse().ok())
        .unwrap();
    let day = made.in_tz("Asia/Shanghai").unwrap().date().to_string();
    let archive = site.archive();
    let to = archive.to_str().unwrap();
    let (code, text) =
        farebox(&["archive", "write", "--city", "110000", "--day", &day, "--to", to, "--url", server.base()]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = farebox(&["jobs", "run", "sweep", "--url", server.base()]);
    assert_eq!((code, &*text), (Some(0), "0 have left the store\n"), "they are of today");
    let old = make_older(&archive, &day);

    let before: Vec<_> = trips.iter().map(|trip| answers(&server, trip)).collect();
    let size_before = size(&server, "left-7");
    let (code, text) = farebox(&["jobs", "run", "sweep", "--url", server.base(), "--json"]);
    assert_eq!(code, Some(0), "{text}");
    let swept: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&swept["sweep"]["retired"], &swept["sweep"]["looked_at"]), (&json!(70), &json!(70)), "{text}");
    let size_after = size(&server, "left-7");
    assert!(size_after < 300 && size_before > 2_000, "{size_before} bytes before, {size_after} after");
    let after: Vec<_> = trips.iter().map(|trip| answers(&server, trip)).collect();
    assert_eq!(before, after);
    let (code, text) = farebox(&["jobs", "run", "sweep", "--url", server.base()]);
    assert_eq!((code, &*text), (Some(0), "0 have left the store\n"));

    let file = archive.join("110000").join(format!("{old}.jsonl.gz"));
    let away = archive.join("away");
    fs::rename(&file, &away).unwrap();
    let refused = server.get("/v1/trips/left-7/bill?city=110000");
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("store-unavailable")), "{}", refused.body);
    assert_eq!(server.post("/v1/trips/left-7/bill", &bill()).status, 503);
    assert_eq!(server.post("/v1/trips/left-new/bill", &bill()).status, 201);
    fs::rename(&away, &file).unwrap();
    assert_eq!(answers(&server, "left-7"), before[7]);

    let (code, text) = farebox(&["archive", "verify", to]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) =
        farebox(&["replay", file.to_str().unwrap(), "--cards", archive.join("cards").to_str().unwrap(), "--json"]);
    assert_eq!(code, Some(0), "{text}");
}

/// In the embedded database.
#[test]
fn bills_leave_the_embedded_database() {
    let site = Site::new();
    bills_leave(&site, &[], |server, trip| {
        let database = rusqlite::Connection::open(server.data().join("farebox.sqlite")).unwrap();
        let sql = "SELECT length(document) FROM bill WHERE trip = ?1";
        let length: i64 = database.query_row(sql, [trip], |row| row.get(0)).unwrap();
        usize::try_from(length).unwrap()
    });
}

/// In a real Redis.
#[test]
fn bills_leave_redis() {
    let site = Site::new();
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    bills_leave(&site, &["--redis", &url], |_, trip| {
        let keys: Vec<String> = redis.run(&format!("KEYS *:bill:{trip}")).unwrap();
        redis.run(&format!("HSTRLEN {} document", keys[0])).unwrap()
    });
}
