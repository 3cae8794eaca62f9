//! The application, served by the host or by Spin, as a real process.

use farebox_kit::artifacts;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a start may take: Spin compiles every component each time.
const START: Duration = Duration::from_secs(120);

/// What serves the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// `farebox up`.
    Host,
    /// `spin up`, 4.1 or later, from PATH.
    Spin,
}

/// Deadlines that a busy test machine keeps. Tests of what is answered use them, so that what they see does not depend
/// on how fast it was; what happens when a deadline passes has tests of its own.
pub const PATIENT: [&str; 6] = [
    "--variable",
    "store_read_deadline_ms=10000",
    "--variable",
    "store_write_deadline_ms=10000",
    "--variable",
    "store_budget_ms=60000",
];

/// How Spin is run in production, as the README says.
pub const SPIN_OPTIONS: [&str; 6] =
    ["--max-instance-reuse-count", "1000", "--idle-instance-timeout", "60s", "--request-timeout", "10s"];

/// The environment that it has in production.
pub const SPIN_ENVIRONMENT: [(&str, &str); 2] = [("RUST_BACKTRACE", "0"), ("SPIN_MAX_INSTANCE_COUNT", "4000")];

/// A running application. Ended when dropped.
pub struct Server {
    runtime: Runtime,
    base: String,
    child: Child,
    agent: ureq::Agent,
    data: TempDir,
    log: Log,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The content type; empty when there is none.
    pub content_type: String,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON; null when it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// A header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// An argument of a server that asks for its jobs by itself.
pub const WITH_TIMERS: &str = "with timers";

/// Whether Spin is there to test on.
pub fn spin_is_installed() -> bool {
    Command::new("spin")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

impl Server {
    /// Serves the application on the host, with the embedded store and a data directory of its own.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_on(Runtime::Host, arguments, tempfile::tempdir().expect("a temporary directory"))
    }

    /// Serves the application again from the data directory of one that has ended.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn restart(data: TempDir, arguments: &[&str]) -> Self {
        Self::start_on(Runtime::Host, arguments, data)
    }

    /// As [`start`](Self::start), by a command that becomes `farebox` with the arguments it is given.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start_through(command: &[&str], farebox: &Path, arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        let (program, before) = command.split_first().expect("a command has a program");
        let mut command = Command::new(program);
        command.args(before).arg(farebox).args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        Self::start_by(Runtime::Host, command, arguments, data)
    }

    /// As [`restart`](Self::restart), by a command that becomes `farebox` with the arguments it is given.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn restart_through(command: &[&str], data: TempDir, arguments: &[&str]) -> Self {
        let (program, before) = command.split_first().expect("a command has a program");
        share_compiled_components(data.path());
        let mut command = Command::new(program);
        command.args(before).arg(artifacts::farebox());
        command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        Self::start_by(Runtime::Host, command, arguments, data)
    }

    /// Serves the application on a runtime. Arguments are the host's; for Spin, `--variable k=v` is understood.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start_on(runtime: Runtime, arguments: &[&str], data: TempDir) -> Self {
        let command = match runtime {
            Runtime::Host => {
                share_compiled_components(data.path());
                let mut command = Command::new(artifacts::farebox());
                command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
                command
            }
            Runtime::Spin => {
                let mut command = Command::new("spin");
                command.arg("up").args(SPIN_OPTIONS).envs(SPIN_ENVIRONMENT);
                command.args(["--listen", "127.0.0.1:0", "--state-dir"]).arg(data.path());
                command
            }
        };
        Self::start_by(runtime, command, arguments, data)
    }

    fn start_by(runtime: Runtime, mut command: Command, arguments: &[&str], data: TempDir) -> Self {
        // What is provisional is to stay so until a test asks.
        if runtime == Runtime::Host && !arguments.contains(&WITH_TIMERS) {
            command.arg("--no-timers");
        }
        let arguments = arguments.iter().filter(|argument| **argument != WITH_TIMERS);
        command.args(arguments).current_dir(artifacts::repository());
        let (child, base, log) = start_process(command);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        Self { runtime, base, child, agent, data, log }
    }

    /// Where it listens, for example `http://127.0.0.1:40123`; `https` when it was given a certificate.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What it said since it listens.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// GETs a path.
    ///
    /// # Panics
    ///
    /// When there is no answer at all.
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "")
    }

    /// POSTs a JSON document to a path.
    ///
    /// # Panics
    ///
    /// When there is no answer at all.
    pub fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        self.request("POST", path, &[("content-type", "application/json")], &body.to_string())
    }

    /// Sends any request.
    ///
    /// # Panics
    ///
    /// When there is no answer at all.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.try_request(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Sends any request.
    ///
    /// # Errors
    ///
    /// When there is no answer at all, for example because the process was killed.
    pub fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = if body.is_empty() {
            self.agent.run(request.body(())?)?
        } else {
            self.agent.run(request.body(body.to_owned())?)?
        };
        let headers: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let content_type = headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.clone());
        Ok(Answer {
            status: response.status().as_u16(),
            content_type: content_type.unwrap_or_default(),
            headers,
            body: response.body_mut().read_to_string()?,
        })
    }

    /// Sends a signal, for example "TERM" or "KILL".
    ///
    /// # Panics
    ///
    /// When the process is not there.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Whether the process has not ended.
    ///
    /// # Panics
    ///
    /// When the operating system does not know.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// Waits for the process to end by itself; returns its exit code (none after a signal) and the data directory.
    ///
    /// # Panics
    ///
    /// When it has not ended after ten seconds.
    pub fn wait(mut self) -> (Option<i32>, TempDir) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                let data = std::mem::replace(&mut self.data, tempfile::tempdir().expect("a temporary directory"));
                return (status.code(), data);
            }
            assert!(Instant::now() < deadline, "still running ten seconds later");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `spin up` has a child of its own, which only a signal that can be handled ends as well.
        if self.runtime == Runtime::Spin {
            self.signal("TERM");
            let deadline = Instant::now() + Duration::from_secs(5);
            while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets a host find what another one has compiled: it takes seconds, and tests start a great many of them.
fn share_compiled_components(data: &Path) {
    let shared = artifacts::repository().join("target/compiled");
    std::fs::create_dir_all(&shared).expect("a folder in target");
    match std::os::unix::fs::symlink(&shared, data.join("cache")) {
        // It is started again, from the same data.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        linked => linked.expect("a link in a temporary folder"),
    }
}

/// What `farebox up` says when it refuses to start.
///
/// # Panics
///
/// When it starts.
pub fn refusal(arguments: &[&str]) -> String {
    let data = tempfile::tempdir().expect("a temporary directory");
    let mut command = Command::new(artifacts::farebox());
    command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data.path()).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("farebox can be run");
    let deadline = Instant::now() + START;
    while child.try_wait().expect("a child can be waited for").is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
            panic!("it started in spite of {arguments:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().expect("its output can be read");
    assert!(!output.status.success(), "it ended as if all was well");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// Starts a server process and waits until it says where it listens.
///
/// # Panics
///
/// When it does not.
pub fn start_process(mut command: Command) -> (Child, String, Log) {
    // Both streams go to one log, so that a failure shows all there is.
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // As in production. With it, errors that are part of normal work capture backtraces, and measurements mean nothing.
    command.env_remove("RUST_BACKTRACE");
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (lines, log) = mpsc::channel();
    let streams: [Box<dyn std::io::Read + Send>; 2] = [
        Box::new(child.stdout.take().expect("stdout is piped")),
        Box::new(child.stderr.take().expect("stderr is piped")),
    ];
    for stream in streams {
        let lines = lines.clone();
        // Reads to the end, so that the process never blocks on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = lines.send(line);
            }
        });
    }
    drop(lines);
    let base = address(&log).unwrap_or_else(|said| panic!("{command:?} did not start:\n{said}"));
    let show = std::env::var_os("FAREBOX_TEST_LOG").is_some();
    let kept = Log::default();
    let keeps = kept.clone();
    std::thread::spawn(move || {
        for line in log {
            if show {
                eprintln!("{line}");
            }
            keeps.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
    (child, base, kept)
}

/// What a process said after it had started, on either stream.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// All lines, in order.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The events that were told, in order: every line that has a JSON object with an `event`, among what the runtime says
    /// of the line.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let event = |line: &String| {
            let objects = serde_json::Deserializer::from_str(line.get(line.find('{')?..)?).into_iter();
            objects.map_while(Result::ok).next().filter(|event: &serde_json::Value| event["event"].is_string())
        };
        lines.iter().filter_map(event).collect()
    }
}

/// Finds the address in what a starting process says; all it said when there is none.
fn address(log: &mpsc::Receiver<String>) -> Result<String, String> {
    let deadline = Instant::now() + START;
    let mut said = String::new();
    while let Ok(line) = log.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        let lower = line.to_lowercase();
        let announces = lower.contains("listening on http") || lower.starts_with("serving http://");
        if let Some(at) = line.find("http").filter(|_| announces) {
            let address = line.get(at..).unwrap_or_default().split_whitespace().next().unwrap_or_default();
            return Ok(address.trim_end_matches('/').to_owned());
        }
        said += &line;
        said.push('\n');
    }
    Err(said)
}
