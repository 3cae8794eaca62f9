//! What becomes of the embedded store when its file cannot be written or read: with real files, and where the machine lets a
//! test mount one, on a real disk that is full or read-only.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr, reason = "what is printed here is for whoever runs a test")]

use farebox_kit::artifacts;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::{Answer, Log, PATIENT, Server};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

fn estimate() -> Value {
    json!({
        "city": "110000", "products": ["express"], "distance_m": 10_000, "duration_s": 1200,
        "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
        "depart_at": "2026-11-21T08:00:00+08:00",
    })
}

fn segments_of(server: &Server, trip: &str) -> Answer {
    server.post(&format!("/v1/trips/{trip}/segments"), &segment(1))
}

fn bill_of(server: &Server, trip: &str) -> Value {
    let answer = server.post(&format!("/v1/trips/{trip}/bill"), &bill());
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// A ride that was measured, billed and kept while all was well.
fn a_ride_that_is_kept(server: &Server) -> Answer {
    assert_eq!(segments_of(server, "before").status, 200);
    let answer = server.post("/v1/trips/before/bill", &bill());
    assert_eq!((answer.status, &answer.json()["kept"]), (201, &json!("shared")), "{}", answer.body);
    answer
}

/// What the checks of the status say that fail.
fn problems(server: &Server) -> Vec<(String, String)> {
    let status = server.get("/statusz").json();
    let checks = status["checks"].as_array().unwrap().iter().filter(|check| check["ok"] == false);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    checks.map(|check| (text(&check["name"]), text(&check["problem"]))).collect()
}

/// How many lines of the log have all of these words.
fn lines_with(log: &Log, words: &[&str]) -> usize {
    log.lines().iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
}

/// Nothing can be written, and why is `why`: a ride is estimated all the same, and nothing that is not kept is answered; what is kept can be read; operators are told.
fn nothing_can_be_written(server: &Server, kept: &Answer, why: &str) {
    assert_eq!(server.post("/v1/estimates", &estimate()).status, 201);
    for _ in 0..3 {
        let answer = segments_of(server, "ride");
        assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("store-unavailable")), "{}", answer.body);
        assert_eq!(answer.header("retry-after"), "1");
    }
    let refused = server.post("/v1/trips/ride/bill", &bill());
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("store-unavailable")), "{}", refused.body);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(server.get("/v1/trips/before/bill?city=110000").body, kept.body);
    assert_eq!(server.get("/v1/trips/ride/bill?city=110000").status, 404);

    let problems = problems(server);
    for name in ["store-write", "database-write"] {
        let told = problems
            .iter()
            .any(|(failed, problem)| failed == name && problem.contains(why) && problem.contains("the store refuses"));
        assert!(told, "{name}: {problems:?}");
    }
    for probe in ["/healthz", "/readyz"] {
        assert_eq!(server.get(probe).status, 200, "{probe}");
    }
    let event = server.log().events().into_iter().find(|event| event["event"] == "store-refused");
    let event = event.expect("operators are told");
    assert_eq!(event["severity"], "error");
    assert!(event["why"].as_str().unwrap().contains(why), "{event}");
    assert_eq!(lines_with(server.log(), &["ERROR", "the database", why, "disk"]), 1, "told once: {:?}", server.log());
}

/// All is as before, and nobody had to start anything again.
fn all_is_well_again(server: &Server) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.get("/statusz").json()["status"] != "ready" {
        assert!(Instant::now() < deadline, "{}", server.get("/statusz").body);
    }
    assert_eq!(segments_of(server, "ride").status, 200);
    let billed = bill_of(server, "ride");
    assert_eq!((&billed["kept"], &billed["basis"]), (&json!("shared"), &json!("metered")), "{billed}");
}

/// The operating system refuses every write, as a disk that fails does: nothing is acknowledged, and it gets well by itself.
#[test]
fn a_disk_that_fails_is_told() {
    // A limit on the size of files is one that needs no rights. The signal that comes with it would end the process.
    let farebox = artifacts::farebox();
    let ignoring = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];
    let server = Server::start_through(&ignoring, &farebox, &PATIENT);
    let kept = a_ride_that_is_kept(&server);
    let pid = Pid::from_raw(server.pid().cast_signed());
    let limit = |current| prlimit(pid, Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    limit(Some(0));
    nothing_can_be_written(&server, &kept, "disk I/O error");
    limit(None);
    all_is_well_again(&server);
}

/// A disk in memory. Unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None` where a test may not mount anything.
    fn mount(path: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64m", "farebox-test"]).arg(path).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("nothing can be mounted here: what a disk does that is full or read-only was not tested");
        }
        mounted.then(|| Self(path.to_owned()))
    }

    fn remount(&self, options: &str) {
        let status = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("-l").arg(&self.0).status();
        _ = fs::remove_dir(&self.0);
    }
}

/// A disk that is full: nothing is acknowledged that is not kept, what is kept is read, and it gets well when there is room.
#[test]
fn a_full_disk_is_told() {
    let data = tempfile::tempdir().unwrap();
    let Some(_disk) = Disk::mount(data.path()) else { return };
    let server = Server::restart(data, &PATIENT);
    let kept = a_ride_that_is_kept(&server);
    let ballast = server.data().join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    // What the log has room for already is written all the same.
    while segments_of(&server, &format!("filler-{}", fastrand::u64(..))).status == 200 {}
    nothing_can_be_written(&server, &kept, "disk is full");
    fs::remove_file(ballast).unwrap();
    all_is_well_again(&server);
}

/// Data and log are on one disk, and it is full: requests are answered, nothing is acknowledged that is not kept, and nobody waits
/// for the log. When there is room again, both go on.
#[test]
fn a_full_disk_of_data_and_log_is_told() {
    let data = tempfile::tempdir().unwrap();
    let Some(_disk) = Disk::mount(data.path()) else { return };
    let log = data.path().join("farebox.log");
    let through = ["sh", "-c", &format!("exec \"$@\" 2>>{log:?}"), "sh"];
    let mut server = Server::restart_through(&through, data, &[&PATIENT[..], &["--access-log"]].concat());
    let kept = a_ride_that_is_kept(&server);
    let ballast = server.data().join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    let mut acknowledged = Vec::new();
    while acknowledged.last().is_none_or(|(_, status)| *status == 200) {
        let trip = format!("filler-{}", acknowledged.len());
        let status = segments_of(&server, &trip).status;
        acknowledged.push((trip, status));
    }
    assert_eq!(acknowledged.pop().unwrap().1, 503);

    for _ in 0..20 {
        assert_eq!(server.post("/v1/estimates", &estimate()).status, 201);
        assert_eq!(segments_of(&server, "ride").status, 503);
        assert_eq!(server.post("/v1/trips/ride/bill", &bill()).status, 503);
        assert_eq!(server.get("/v1/trips/before/bill?city=110000").body, kept.body);
        assert_eq!(server.get("/v1/trips/ride/bill?city=110000").status, 404);
    }
    let problems = problems(&server);
    assert!(problems.iter().any(|(_, problem)| problem.contains("disk is full")), "{problems:?}");
    assert!(server.is_running() && server.get("/healthz").status == 200);

    fs::remove_file(ballast).unwrap();
    all_is_well_again(&server);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{trace}-00f067aa0ba902b7-01");
    server.request("GET", "/v1/cities", &[("traceparent", &traceparent)], "");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let text = fs::read_to_string(&log).unwrap();
        if text.contains(trace) && text.contains("disk is full") && text.contains("store-refused") {
            break;
        }
        assert!(Instant::now() < deadline, "the log does not go on: {text}");
        std::thread::sleep(Duration::from_millis(50));
    }

    // Whatever was acknowledged is there when it starts again.
    let after = server.get("/v1/trips/ride/bill?city=110000");
    assert_eq!(after.status, 200);
    server.signal("KILL");
    let (_, data) = server.wait();
    let server = Server::restart(data, &PATIENT);
    assert_eq!(server.get("/v1/trips/before/bill?city=110000").body, kept.body);
    assert_eq!(server.get("/v1/trips/ride/bill?city=110000").body, after.body);
    for (trip, _) in acknowledged.iter().rev().take(20) {
        assert_eq!(bill_of(&server, trip)["basis"], "metered", "{trip} was acknowledged");
    }
}

/// Where nothing can be kept, the host does not start, and says why.
#[test]
fn a_read_only_disk_is_refused_at_the_start() {
    let data = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(data.path()) else { return };
    let server = Server::restart(data, &PATIENT);
    a_ride_that_is_kept(&server);
    server.signal("TERM");
    let (_, data) = server.wait();
    disk.remount("ro");
    let mut again = Command::new(artifacts::farebox());
    again.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data.path()).current_dir(artifacts::repository());
    let said = again.output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(!said.status.success() && text.contains("cannot write to the data directory"), "{text}");
    disk.remount("rw");
}

/// A damaged page: what is whole is read, what is on it is an error, and nothing more is written once it was met.
#[test]
fn a_damaged_page_is_told() {
    let server = Server::start(&PATIENT);
    let kept = a_ride_that_is_kept(&server);
    let estimated = server.post("/v1/estimates", &estimate()).json();
    server.signal("TERM");
    let (_, data) = server.wait();
    damage(data.path(), "segment");

    let server = Server::restart(data, &PATIENT);
    // Met by the first that reads or writes a segment.
    assert_eq!(segments_of(&server, "ride").status, 503);
    let detail = format!("/v1/estimates/{}/details/express", estimated["estimate_id"].as_str().unwrap());
    assert_eq!(server.get(&detail).json()["degraded"], false, "what is whole is read");
    nothing_can_be_written(&server, &kept, "database disk image is malformed");
}

/// The same of a page that is damaged while the database is open.
#[test]
fn a_page_that_is_damaged_meanwhile_is_told() {
    let server = Server::start(&PATIENT);
    let kept = a_ride_that_is_kept(&server);
    server.signal("TERM");
    let (_, data) = server.wait();

    let server = Server::restart(data, &PATIENT);
    assert_eq!(server.get("/statusz").json()["status"], "ready");
    damage(server.data(), "segment");
    assert_eq!(segments_of(&server, "ride").status, 503);
    nothing_can_be_written(&server, &kept, "database disk image is malformed");
}

/// Overwrites the first page of a table.
fn damage(data: &Path, table: &str) {
    let path = data.join("farebox.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let number =
        |query: &str| -> u64 { database.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned() };
    let page = number(&format!("SELECT rootpage FROM sqlite_schema WHERE name = '{table}'"));
    let size = number("PRAGMA page_size");
    drop(database);
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&[0x55; 1024], (page - 1) * size).unwrap();
}
