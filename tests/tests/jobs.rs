//! What was kept or made in an outage is put right without anybody asking, with real processes: on the timers of the host, or by
//! `farebox jobs`.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts;
use farebox_tests::rides::{bill, segment};
use farebox_tests::server::{PATIENT, Server, WITH_TIMERS};
use farebox_tests::store_redis_server::RedisServer;
use serde_json::{Value, json};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Waits until something is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// How many entries wait on a node, without asking it.
fn waiting(server: &Server) -> i64 {
    let database = rusqlite::Connection::open(server.data().join("farebox.sqlite")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.query_row("SELECT count(*) FROM journal_waiting", [], |row| row.get(0)).unwrap()
}

/// What the heads of all bills that Redis has say, without asking a node.
fn heads(redis: &RedisServer) -> Vec<Value> {
    let keys: Vec<String> = redis.run("KEYS *:bill:*").unwrap();
    let head = |key: &String| redis.run::<String>(&format!("HGET {key} document")).unwrap();
    keys.iter().map(|key| serde_json::from_str(&head(key)).unwrap()).collect()
}

/// A trip that is metered and billed while Redis hangs: kept by the node, and guessed.
fn bill_in_an_outage(redis: &RedisServer, server: &Server, trip: &str) {
    redis.stop().unwrap();
    let kept = server.post(&format!("/v1/trips/{trip}/segments"), &segment(1));
    assert_eq!((kept.status, &kept.json()["kept"]), (202, &json!("node")), "{}", kept.body);
    let billed = server.post(&format!("/v1/trips/{trip}/bill"), &bill());
    assert_eq!((billed.status, &billed.json()["kept"]), (201, &json!("node")), "{}", billed.body);
    assert_eq!(billed.json()["provisional"], json!(true), "{}", billed.body);
}

/// After an outage in which nobody asks anything any more, what waits is driven in and what was guessed is put right: by the host, though
/// requests have to be signed and nobody has a key.
#[test]
fn a_quiet_outage_is_put_right() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let server = Server::start(&[&["--redis", &url, WITH_TIMERS], &PATIENT[..]].concat());
    bill_in_an_outage(&redis, &server, "quiet");
    assert!(waiting(&server) > 0);
    redis.resume().unwrap();
    until("driven in", || waiting(&server) == 0);
    until("put right", || heads(&redis).iter().all(|head| head["repair"]["revision"] == json!(2)));
    let [head] = &heads(&redis)[..] else { panic!("one bill") };
    assert_eq!((&head["basis"], &head["provisional"]), (&json!("metered"), &json!(false)), "{head}");
}

/// Where requests have to be signed the host is let in by what it has told its components, and by nothing else; and that it is not is told
/// once.
#[test]
fn the_host_is_let_in_on_its_timers() {
    const REQUIRED: [&str; 4] =
        ["--variable", "signatures=required", "--variable", "master_key=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="];
    let told = |server: &Server| {
        server.log().lines().iter().filter(|line| line.contains("/internal/jobs/drain is not done")).count()
    };
    let let_in = Server::start(&[&[WITH_TIMERS], &REQUIRED[..]].concat());
    let kept_out = Server::start(&[&[WITH_TIMERS, "--variable", "timers_key="], &REQUIRED[..]].concat());
    until("told", || told(&kept_out) > 0);
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!((told(&let_in), told(&kept_out)), (0, 1), "{:?}", let_in.log().lines());
}

fn farebox(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(artifacts::farebox());
    command.args(arguments).args(["--url", url]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), format!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// `farebox jobs` does all of it once, and says what came of it: in the outage that it could not.
#[test]
fn jobs_are_done_by_hand() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let server = Server::start(&[&["--redis", &url], &PATIENT[..]].concat());
    bill_in_an_outage(&redis, &server, "by-hand");
    let run = |arguments: &[&str]| said(&farebox(server.base(), arguments).output().unwrap());
    let (code, text) = run(&["jobs", "run", "drain"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("0 driven in, 2 wait since 20") && text.contains("(store-"), "{text}");
    let (code, text) = run(&["jobs", "status"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("2 wait since 20"), "{text}");
    redis.resume().unwrap();
    // Whoever was given the entries in vain has them for some seconds, and the bill is due in a later second than it was made.
    let mut all = (0, 0);
    until("done", || {
        let (_, text) = run(&["jobs", "run", "--json"]);
        // Redis is not asked yet.
        let Ok(round) = serde_json::from_str::<Value>(&text) else { return false };
        all.0 += round["drain"]["driven_in"].as_u64().unwrap();
        all.1 += round["repair"]["repaired"].as_u64().unwrap();
        round["drain"]["waiting"] == 0 && all.1 > 0
    });
    assert!(all.0 <= 2 && all.1 == 1, "{all:?}");
    until("closed", || run(&["jobs", "status", "--json"]).0 == Some(0));
    assert_eq!(
        run(&["jobs", "run"]),
        (Some(0), "0 driven in, 0 wait; nothing is due; 0 have left the store\n".to_owned())
    );
}

/// `farebox journal` says what waits and what it is worth, from the database of a node that runs, and finds what was changed in it.
#[test]
fn a_journal_is_looked_at() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let server = Server::start(&[&["--redis", &url], &PATIENT[..]].concat());
    let data = server.data().to_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(artifacts::farebox());
        said(&command.args(["journal"]).args(arguments).args(["--data", &data]).output().unwrap())
    };
    assert_eq!(run(&["list"]), (Some(0), "nothing waits, and nothing gave way or was refused\n".to_owned()));
    bill_in_an_outage(&redis, &server, "looked-at");
    let (code, text) = run(&["list"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("2 entries wait for the shared store:\n"), "{text}");
    for part in ["110000/looked-at", "1 segment, 100 m", "bill 1, ", " CNY", "answered as kept here"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (_, text) = run(&["list", "--json"]);
    let listed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(listed["waiting"][0]["what"], json!({"segments": {"count": 1, "distance_m": 100}}), "{text}");
    assert_eq!((&listed["waiting"][1]["state"]["is"], &listed["settled"]), (&json!("kept"), &json!([])), "{text}");
    assert_eq!(run(&["verify"]), (Some(0), "2 entries: 2 are as they were entered\n".to_owned()));
    let database = rusqlite::Connection::open(server.data().join("farebox.sqlite")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.execute("UPDATE journal SET content = replace(content, '100', '900') WHERE number = 1", []).unwrap();
    let (code, text) = run(&["verify", "--json"]);
    let verified: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &verified["damaged"][0]["number"]), (Some(1), &json!(1)), "{text}");
    let (code, text) =
        said(&Command::new(artifacts::farebox()).args(["journal", "list", "--data", "/nowhere"]).output().unwrap());
    assert!(code == Some(1) && text.contains("name the folder of the node's data with --data"), "{text}");
}

/// `farebox jobs loop` goes on for as long as it is needed, whatever becomes of the server; and ends when it is told to.
#[test]
fn jobs_are_done_in_a_loop() {
    let redis = RedisServer::start().unwrap();
    let url = redis.url("");
    let server = Server::start(&[&["--redis", &url], &PATIENT[..]].concat());
    let mut command = farebox(server.base(), &["jobs", "loop", "--every", "1s", "--repair-every", "2s", "--json"]);
    let child = Ended(command.spawn().unwrap());
    bill_in_an_outage(&redis, &server, "in-a-loop");
    redis.resume().unwrap();
    until("put right", || heads(&redis).iter().any(|head| head["repair"]["revision"] == json!(2)));
    server.signal("STOP");
    std::thread::sleep(Duration::from_millis(100));
    server.signal("CONT");
    let (code, text) = said(&child.end());
    assert_eq!(code, Some(0), "{text}");
    let rounds: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum = |job: &str, field: &str| rounds.iter().filter_map(|round| round[job][field].as_u64()).sum::<u64>();
    assert_eq!(sum("repair", "repaired"), 1, "{text}");
    assert!(rounds.iter().all(|round| round["at"].is_string()), "{text}");
    // Nobody there: it says so once, and goes on.
    let mut command = farebox(&nobody(), &["jobs", "loop"]);
    let child = Ended(command.spawn().unwrap());
    std::thread::sleep(Duration::from_millis(2_500));
    let (code, text) = said(&child.end());
    assert_eq!((code, text.lines().count()), (Some(0), 1), "{text}");
    assert!(text.contains(" not done: "), "{text}");
}

/// The example of a deployment asks for jobs as the command understands it.
#[test]
fn the_example_of_a_deployment_is_understood() {
    let example = std::fs::read_to_string(artifacts::repository().join("deploy/kubernetes.yaml")).unwrap();
    let commands = example.lines().filter_map(|line| line.trim().strip_prefix("args: [\"jobs\", "));
    let commands: Vec<Vec<String>> =
        commands.map(|rest| serde_json::from_str(&format!("[\"jobs\", {rest}")).unwrap()).collect();
    assert_eq!(commands.len(), 2, "a loop, and what stands in for it");
    for command in commands {
        let output = Command::new(artifacts::farebox()).args(&command).arg("--help").output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A process that is ended, whatever becomes of the test.
struct Ended(Child);

impl Ended {
    /// Tells it to end, and waits for it.
    fn end(mut self) -> Output {
        let status = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        std::io::Read::read_to_end(self.0.stdout.as_mut().unwrap(), &mut out).unwrap();
        std::io::Read::read_to_end(self.0.stderr.as_mut().unwrap(), &mut err).unwrap();
        Output { status: self.0.wait().unwrap(), stdout: out, stderr: err }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        _ = self.0.kill();
    }
}
