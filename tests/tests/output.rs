//! Standard outputs and errors that nobody reads or that cannot be written: a command fails when its answer is lost, and nothing else
//! depends on them.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts::{farebox, repository};
use farebox_tests::rides;
use farebox_tests::server::PATIENT;
use serde_json::Value;
use std::fs::File;
use std::io::{PipeReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a pipe of Linux holds.
const PIPE: usize = 64 * 1024;

/// Which stream is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Out,
    Error,
}

/// In which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// Not open. What is written to it is gone, as with /dev/null.
    Closed,
    /// On a disk that is full.
    Full,
    /// A pipe whose reader has gone.
    Dead,
    /// A full pipe whose reader has stopped.
    Stuck,
}

const STREAMS: [Stream; 2] = [Stream::Out, Stream::Error];
const WAYS: [Broken; 4] = [Broken::Closed, Broken::Full, Broken::Dead, Broken::Stuck];

impl Broken {
    /// The stream, and the reader who has stopped.
    fn open(self) -> (Stdio, Option<PipeReader>) {
        let (reader, mut writer) = std::io::pipe().unwrap();
        match self {
            // The shell closes it.
            Self::Closed => (Stdio::null(), None),
            Self::Full => (File::options().write(true).open("/dev/full").unwrap().into(), None),
            Self::Dead => (writer.into(), None),
            Self::Stuck => {
                writer.write_all(&[b'\n'; PIPE]).unwrap();
                (writer.into(), Some(reader))
            }
        }
    }
}

/// `farebox` with one of its streams broken; the other is a pipe.
fn spawn(arguments: &[&str], stdin: Stdio, stream: Stream, broken: Broken) -> (Child, Option<PipeReader>) {
    let mut command = Command::new("sh");
    let redirect = match (broken, stream) {
        (Broken::Closed, Stream::Out) => ">&-",
        (Broken::Closed, Stream::Error) => "2>&-",
        _ => "",
    };
    command.args(["-c", &format!("exec \"$@\" {redirect}"), "sh"]).arg(farebox()).args(arguments);
    command.current_dir(repository()).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    let (broken, reader) = broken.open();
    match stream {
        Stream::Out => command.stdout(broken),
        Stream::Error => command.stderr(broken),
    };
    (command.spawn().unwrap(), reader)
}

/// The exit code of a process that ends by itself.
fn code(child: &mut Child, time: Duration) -> Option<i32> {
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().unwrap_or(-1));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// Reads a pipe to its end, so that nobody waits for it to be read.
fn read(pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || std::io::read_to_string(pipe).unwrap())
}

const RIDE: &str = "--distance 4.1km --duration 21m --at 2026-11-21T08:00:00+08:00";

/// Every command, what it reads, and its exit code when all is well.
fn commands() -> Vec<(String, &'static str, i32)> {
    let card = "tests/cases/replay/candidate.json";
    let case = "crates/reconcile/tests/cases/one-of-each-class";
    let reconcile = |how: &str| format!("reconcile --ledger {case}/ledger.jsonl --payments {case}/payments.csv {how}");
    [
        (format!("quote --city 370100 --product express {RIDE}"), "", 0),
        (format!("quote --city 370100 --product express {RIDE} --explain"), "", 0),
        (format!("quote --city nowhere --product express {RIDE}"), "", 1),
        ("explain - --cards tests/corpus/documents --cards config/cards".to_owned(), "tests/corpus/bills-2-1.jsonl", 0),
        ("explain -".to_owned(), "README.md", 1),
        (format!("card check {card}"), "", 0),
        ("card check tests/cases/broken-card.json".to_owned(), "", 1),
        ("card schema".to_owned(), "", 0),
        ("city check -".to_owned(), "README.md", 1),
        ("city schema".to_owned(), "", 0),
        ("limits check -".to_owned(), "README.md", 1),
        ("limits schema".to_owned(), "", 0),
        ("policy check config/policies/default.json --cards config/cards".to_owned(), "", 0),
        ("policy check -".to_owned(), "README.md", 1),
        ("policy schema".to_owned(), "", 0),
        ("policy explain -".to_owned(), "README.md", 1),
        (format!("replay tests/corpus/bills-2-1.jsonl --card {card}"), "", 0),
        ("replay README.md".to_owned(), "", 1),
        ("replay nowhere".to_owned(), "", 1),
        (reconcile(""), "", 1),
        (reconcile("--json"), "", 1),
        (reconcile("--csv"), "", 1),
        ("reconcile --ledger README.md --payments README.md".to_owned(), "", 2),
        ("keys list --config tests/cases/keys".to_owned(), "", 0),
        ("keys list --config tests/cases/keys --json".to_owned(), "", 0),
        ("keys list --config tests/cases".to_owned(), "", 0),
        ("keys revoke dispatch --config tests/cases/keys --master-key-file README.md".to_owned(), "", 1),
        ("request GET /v1/cities --dry-run".to_owned(), "", 0),
        ("request GET /v1/cities --url http://127.0.0.1:1".to_owned(), "", 1),
        ("request GET v1/cities".to_owned(), "", 1),
        ("up --manifest nowhere".to_owned(), "", 1),
        ("up --help".to_owned(), "", 0),
        ("--version".to_owned(), "", 0),
        ("card".to_owned(), "", 2),
        ("nonsense".to_owned(), "", 2),
    ]
    .into()
}

fn input(name: &str) -> Stdio {
    if name.is_empty() {
        return Stdio::null();
    }
    // The first record, where there are many.
    let text = std::fs::read_to_string(repository().join(name)).unwrap();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.replace('/', "-"));
    std::fs::write(&path, text.lines().next().unwrap()).unwrap();
    File::open(path).unwrap().into()
}

/// A command that has an answer fails when it cannot be written, ends as `head` has it when nobody wants it, and waits for a reader
/// who is slow; one that says only what was wrong does not care. What becomes of the standard error changes nothing.
#[test]
fn commands_fail_only_when_their_answer_is_lost() {
    let in_time = Duration::from_secs(10);
    for (line, stdin, expected) in commands() {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let output = Command::new(farebox())
            .args(&arguments)
            .current_dir(repository())
            .stdin(input(stdin))
            .output()
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let answer = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(expected), "{line}: {answer}{said}");
        for (stream, broken) in STREAMS.into_iter().flat_map(|stream| WAYS.map(|broken| (stream, broken))) {
            let what = format!("{line}: standard {stream:?} is {broken:?}");
            let (mut child, _reader) = spawn(&arguments, input(stdin), stream, broken);
            if stream == Stream::Error {
                let out = read(child.stdout.take().unwrap());
                assert_eq!(code(&mut child, in_time), Some(expected), "{what}");
                assert_eq!(out.join().unwrap(), answer, "{what}");
                continue;
            }
            if broken == Broken::Stuck && !answer.is_empty() {
                assert_eq!(code(&mut child, Duration::from_millis(100)), None, "{what}");
                continue;
            }
            let error = read(child.stderr.take().unwrap());
            let expected = match broken {
                _ if answer.is_empty() => expected,
                // Where 1 says that something differs.
                Broken::Full if line.starts_with("reconcile") => 2,
                Broken::Full => 1,
                Broken::Dead => 141,
                Broken::Closed | Broken::Stuck => expected,
            };
            assert_eq!(code(&mut child, in_time), Some(expected), "{what}");
            let told = error.join().unwrap().contains("error: cannot write to the standard output: No space left");
            assert_eq!(told, broken == Broken::Full && !answer.is_empty(), "{what}");
        }
    }
}

/// An answer arrives whole when its reader goes on after a while.
#[test]
fn a_slow_reader_gets_the_whole_answer() {
    let (mut child, reader) = spawn(&["card", "schema"], Stdio::null(), Stream::Out, Broken::Stuck);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    let answer = read(reader.unwrap()).join().unwrap();
    let schema = std::fs::read_to_string(repository().join("docs/rate-card.schema.json")).unwrap();
    assert!(answer.trim_start() == schema.trim_start());
    assert_eq!(code(&mut child, Duration::from_secs(10)), Some(0));
}

/// `farebox up` with a stream broken.
struct Server {
    child: Child,
    reader: Option<PipeReader>,
    base: String,
    agent: ureq::Agent,
}

impl Server {
    /// Starts it and waits until it is ready: where it listens cannot be read, so it is told.
    fn start(data: &Path, arguments: &[&str], stream: Stream, broken: Broken) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let all = [&["up", "--listen", &free, "--data", data.to_str().unwrap()], arguments, &PATIENT].concat();
        let (child, reader) = spawn(&all, Stdio::null(), stream, broken);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        let mut server = Self { child, reader, base: format!("http://{free}"), agent };
        let deadline = Instant::now() + Duration::from_secs(120);
        let ready = format!("{}/readyz", server.base);
        while !server.agent.get(&ready).call().is_ok_and(|answer| answer.status() == 200) {
            assert!(server.child.try_wait().unwrap().is_none(), "{stream:?} {broken:?}: it has ended");
            assert!(Instant::now() < deadline, "{stream:?} {broken:?}: it does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Asks for a path; the status.
    fn get(&self, path: &str) -> u16 {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call().unwrap();
        answer.body_mut().read_to_vec().unwrap();
        answer.status().as_u16()
    }

    /// Bills a ride that nobody measured. The bill.
    fn bill(&self, trip: &str) -> Value {
        let request = self.agent.post(format!("{}/v1/trips/{trip}/bill", self.base));
        let mut answer = request.header("content-type", "application/json").send(rides::bill().to_string()).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Tells it to stop; its exit code.
    fn stop(&mut self) -> Option<i32> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        code(&mut self.child, Duration::from_secs(5))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whatever becomes of its streams, a server starts, answers thousands of requests, each with a log line, bills, and stops when it
/// is told to.
#[test]
fn a_server_needs_nobody_to_listen() {
    let data = tempfile::tempdir().unwrap();
    for (number, (stream, broken)) in
        STREAMS.into_iter().flat_map(|stream| WAYS.map(|broken| (stream, broken))).enumerate()
    {
        let what = format!("standard {stream:?} is {broken:?}");
        let mut server = Server::start(data.path(), &["--access-log"], stream, broken);
        let others = (server.child.stdout.take().map(read), server.child.stderr.take().map(read));
        for _ in 0..2_000 {
            assert_eq!(server.get("/healthz"), 200, "{what}");
        }
        for trip in 0..20 {
            let bill = server.bill(&format!("ride-{number}-{trip}"));
            assert!(bill["passenger"]["total"].is_string(), "{what}: {bill}");
        }
        assert_eq!(server.get("/healthz"), 200, "{what}");
        assert_eq!(server.stop(), Some(0), "{what}");
        if let (Some(out), _) = others {
            assert!(out.join().unwrap().starts_with("listening on http://"), "{what}");
        }
    }
}

/// The lines of a log that come from somewhere.
fn lines<'a>(log: &'a str, target: &'a str) -> impl Iterator<Item = Value> + 'a {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(move |line| line["target"] == target)
}

/// What guests tell of is logged at its severity.
#[test]
fn events_are_logged_at_their_severity() {
    let data = tempfile::tempdir().unwrap();
    // Where no store is.
    let arguments = ["--log-format", "json", "--redis", "redis://127.0.0.1:1"];
    let mut server = Server::start(data.path(), &arguments, Stream::Out, Broken::Closed);
    let log = read(server.child.stderr.take().unwrap());
    let bill = server.bill("ride-1");
    assert_eq!(bill["basis"], "mocked", "{bill}");
    assert_eq!(server.stop(), Some(0));
    let log = log.join().unwrap();
    let told: Vec<Value> =
        lines(&log, "guest").filter(|line| line["message"].as_str().unwrap().contains("bill-mocked")).collect();
    assert!(told.len() == 1 && told[0]["level"] == "WARN", "{told:?}");
}

/// A reader who comes back is told how many lines were lost: each request has its line, or is counted.
#[test]
fn what_is_lost_of_a_log_is_counted() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["--access-log", "--log-format", "json"];
    let mut server = Server::start(data.path(), &arguments, Stream::Error, Broken::Stuck);
    // More than the pipe, what is being written, and what waits.
    let path = format!("/{}", "x".repeat(8_000));
    let requests = 600;
    for _ in 0..requests {
        assert_eq!(server.get(&path), 404);
    }
    let log = read(server.reader.take().unwrap());
    std::thread::sleep(Duration::from_millis(500));
    for _ in 0..10 {
        assert_eq!(server.get(&path), 404);
    }
    assert_eq!(server.stop(), Some(0));
    let log = log.join().unwrap();
    let logged = lines(&log, "access").filter(|line| line["path"] == path.as_str()).count() as u64;
    let reports: Vec<Value> = lines(&log, "farebox::log").collect();
    let lost: u64 = reports.iter().map(|report| report["lost"].as_u64().unwrap()).sum();
    assert!(lost > 0 && logged >= 10, "{logged} logged, {lost} lost");
    assert_eq!(logged + lost, requests + 10, "{reports:?}");
    assert!(reports[0]["message"].as_str().unwrap().contains("lost"), "{reports:?}");
    assert_eq!(reports[0]["level"], "WARN");
}
