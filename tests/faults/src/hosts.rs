//! Hosts that are killed and started again from the same data.

use crate::history::Span;
use anyhow::{Context as _, Result};
use farebox_tests::server::{Runtime, Server};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The signal that comes with a limit of the size of files would end the process.
const THROUGH: [&str; 4] = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"];

/// A host, running or not.
pub struct Host {
    runtime: Runtime,
    arguments: Vec<String>,
    server: Option<Server>,
    /// While it does not run.
    data: Option<TempDir>,
    starting: Option<JoinHandle<Server>>,
    /// The lines that processes logged which were killed.
    lines: usize,
    killed: Vec<(Instant, Option<Instant>)>,
}

impl Host {
    /// Starts one that keeps its data in a folder.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(runtime: Runtime, arguments: Vec<String>, data: TempDir) -> Result<Self> {
        let mut host =
            Self { runtime, arguments, server: None, data: Some(data), starting: None, lines: 0, killed: Vec::new() };
        host.restart()?;
        host.settle(true)?;
        Ok(host)
    }

    /// Kills it.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn kill(&mut self) -> Result<()> {
        let server = self.server.take().context("the host does not run")?;
        self.killed.push((Instant::now(), None));
        server.signal("KILL");
        self.lines += server.log().count();
        let (_, data) = server.wait();
        self.data = Some(data);
        Ok(())
    }

    /// Starts it again, in the background: it may have to wait for its store.
    ///
    /// # Errors
    ///
    /// It runs.
    pub fn restart(&mut self) -> Result<()> {
        let data = self.data.take().context("the host runs")?;
        let (runtime, arguments) = (self.runtime, self.arguments.clone());
        self.starting = Some(std::thread::spawn(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            match runtime {
                Runtime::Host => Server::restart_through(&THROUGH, data, &arguments),
                Runtime::Spin => Server::start_on(runtime, &arguments, data),
            }
        }));
        Ok(())
    }

    /// Looks whether it has started meanwhile; waits for it, if that is asked for. Answers where it is, if that is news.
    ///
    /// # Errors
    ///
    /// It did not start.
    pub fn settle(&mut self, wait: bool) -> Result<Option<SocketAddr>> {
        let Some(starting) = self.starting.take_if(|starting| wait || starting.is_finished()) else { return Ok(None) };
        let server = starting.join().ok().context("the host did not start")?;
        self.server = Some(server);
        if let Some((_, back)) = self.killed.last_mut() {
            *back = Some(Instant::now());
        }
        self.address()
    }

    /// Where it listens, if it runs.
    ///
    /// # Errors
    ///
    /// It says something that is no address.
    pub fn address(&self) -> Result<Option<SocketAddr>> {
        let Some(server) = &self.server else { return Ok(None) };
        let address = server.base().strip_prefix("http://").context("it serves TLS")?;
        Ok(Some(address.parse()?))
    }

    /// Whether it makes no calls of some kind now, because the store did not answer just now.
    pub fn breaks_off(&self) -> bool {
        let Some(server) = &self.server else { return false };
        // One that is gone, or does not answer any more, is what the report is about.
        let Ok(answer) = server.try_request("GET", "/statusz", &[], "") else { return false };
        let status = answer.json();
        status["breakers"].as_array().into_iter().flatten().any(|breaker| breaker["state"] == "open")
    }

    /// Its embedded database.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn database(&self) -> Result<PathBuf> {
        let name = match self.runtime {
            Runtime::Host => "farebox.sqlite",
            Runtime::Spin => "sqlite_db.db",
        };
        Ok(self.data()?.join(name))
    }

    /// Its folder.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn data(&self) -> Result<&Path> {
        Ok(self.server.as_ref().context("the host does not run")?.data())
    }

    /// Its process, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Server::pid)
    }

    /// The memory it holds, in KiB, with that of the process that it runs, if it runs one: Spin serves in another than the one that was
    /// started. 0 when it does not run.
    pub fn memory(&self) -> u64 {
        let Some(pid) = self.pid() else { return 0 };
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|child| child.parse().ok());
        std::iter::once(pid).chain(children).map(resident).sum()
    }

    /// How many lines it logged.
    pub fn lines(&self) -> usize {
        self.lines + self.server.as_ref().map_or(0, |server| server.log().count())
    }

    /// When it did not run, counted from a moment. A request may have been under way a moment longer.
    pub fn killed(&self, begin: Instant) -> impl Iterator<Item = Span> {
        self.killed.iter().map(move |(from, to)| Span {
            from: from.saturating_duration_since(begin),
            to: to.map_or(Duration::MAX, |to| to.saturating_duration_since(begin) + Duration::from_millis(100)),
        })
    }
}

/// The memory of one process, in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    resident.and_then(|value| value.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default()
}
