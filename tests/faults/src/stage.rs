//! What faults are done to: Redis, proxies, hosts, a disk.

use crate::history::{Span, Stored};
use crate::hosts::Host;
use crate::plan::{Action, Fault, Store};
use crate::proxy::{Mode, Proxy};
use crate::redis::Redis;
use crate::sender::Target;
use crate::stored;
use anyhow::{Context as _, Result, bail};
use farebox_resilience::breaker::TRUST_MS;
use farebox_tests::server::{Runtime, WITH_TIMERS};
use rusqlite::Connection;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Everything that runs for a fault. It ends when dropped, the hosts first.
pub struct Stage {
    lock: Option<Connection>,
    hosts: Vec<Host>,
    disk: Option<Disk>,
    proxies: Vec<Proxy>,
    /// Between a primary and its replica.
    replication: Option<Proxy>,
    redis: Vec<Redis>,
    targets: Arc<[Target]>,
}

impl Stage {
    /// Starts what a fault needs. `variables` are the hosts'.
    ///
    /// # Errors
    ///
    /// Something does not start.
    pub fn new(fault: &Fault, runtime: Runtime, variables: &[String], handle: &Handle) -> Result<Self> {
        let targets = std::iter::repeat_with(Target::default).take(fault.hosts).collect();
        let mut stage = Self {
            lock: None,
            hosts: Vec::new(),
            disk: None,
            proxies: Vec::new(),
            replication: None,
            redis: Vec::new(),
            targets,
        };
        if matches!(fault.store, Store::Redis | Store::Replicated) {
            let primary = Redis::start()?;
            let address = primary.address();
            stage.redis.push(primary);
            if fault.store == Store::Replicated {
                let proxy = handle.block_on(Proxy::start(address))?;
                let mut replica = Redis::start()?;
                replica.follow(proxy.address())?;
                stage.redis.push(replica);
                stage.replication = Some(proxy);
            }
            for _ in 0..fault.hosts {
                stage.proxies.push(handle.block_on(Proxy::start(address))?);
            }
        }
        for host in 0..fault.hosts {
            let mut arguments: Vec<String> = Vec::new();
            if runtime == Runtime::Host {
                arguments.push(WITH_TIMERS.to_owned());
            }
            for variable in variables {
                arguments.extend(["--variable".to_owned(), variable.clone()]);
            }
            if let Some(proxy) = stage.proxies.get(host) {
                let address = proxy.address();
                arguments.extend(match runtime {
                    Runtime::Host => vec!["--redis".to_owned(), format!("redis://{address}")],
                    Runtime::Spin => ["store_backend=redis".to_owned(), format!("redis_address={address}")]
                        .into_iter()
                        .flat_map(|variable| ["--variable".to_owned(), variable])
                        .collect(),
                });
            }
            let data = tempfile::tempdir()?;
            if fault.store == Store::SqliteOnADisk {
                stage.disk = Some(Disk::mount(data.path())?);
            }
            stage.hosts.push(Host::start(runtime, arguments, data)?);
        }
        for (host, target) in stage.hosts.iter().zip(stage.targets.iter()) {
            target.set(host.address()?);
        }
        Ok(stage)
    }

    /// Whom to ask.
    pub fn targets(&self) -> Arc<[Target]> {
        Arc::clone(&self.targets)
    }

    /// Does something. A fault lasts for `window`.
    ///
    /// # Errors
    ///
    /// It cannot be done.
    pub fn apply(&mut self, action: Action, window: Duration) -> Result<()> {
        match action {
            Action::KillRedis => self.primary()?.kill(),
            Action::RestartRedis => self.primary()?.restart(false),
            Action::RestartRedisEmpty => self.primary()?.restart(true),
            Action::StopRedis => self.primary()?.stop(),
            Action::ResumeRedis => self.primary()?.resume(),
            Action::Command(command) => self.primary()?.run::<redis::Value>(command).map(drop),
            Action::Pause(kind) => self.primary()?.run::<()>(&format!("CLIENT PAUSE {} {kind}", window.as_millis())),
            Action::Proxies(mode) => {
                self.proxies.iter().for_each(|proxy| proxy.set(mode));
                Ok(())
            }
            Action::Proxy(host, mode) => {
                self.proxies.get(host).context("there is no such proxy")?.set(mode);
                Ok(())
            }
            Action::CutReplica => {
                self.replication.as_ref().context("there is no replica")?.set(Mode::Silence);
                Ok(())
            }
            Action::FailOver => self.fail_over(),
            Action::KillHost(host) => {
                self.target(host)?.set(None);
                self.host(host)?.kill()
            }
            Action::StartHost(host) => self.host(host)?.restart(),
            Action::FillDisk => self.disk.as_ref().context("there is no disk")?.fill(),
            Action::FreeDisk => self.disk.as_ref().context("there is no disk")?.free(),
            Action::LimitFiles => self.limit_files(Some(0)),
            Action::FreeFiles => self.limit_files(None),
            Action::Lock => {
                let database = Connection::open(self.host(0)?.database()?)?;
                database.busy_timeout(Duration::from_secs(1))?;
                database.execute_batch("BEGIN IMMEDIATE")?;
                self.lock = Some(database);
                Ok(())
            }
            Action::Unlock => {
                self.lock = None;
                Ok(())
            }
        }
    }

    /// Sees to hosts that were started again in the background.
    ///
    /// # Errors
    ///
    /// One did not start.
    pub fn settle(&mut self, wait: bool) -> Result<()> {
        for (host, target) in self.hosts.iter_mut().zip(self.targets.iter()) {
            if let Some(address) = host.settle(wait)? {
                target.set(Some(address));
            }
        }
        Ok(())
    }

    /// Waits until every host makes all its calls again: before that they answer from what they know themselves. For as long as it may
    /// take them to find out that they can, and a failure is believed for.
    pub fn wait_for_breakers(&self) {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(2 * TRUST_MS) && self.hosts.iter().any(Host::breaks_off) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The memory that the hosts hold, in KiB.
    pub fn memory(&self) -> u64 {
        self.hosts.iter().map(Host::memory).sum()
    }

    /// How many lines the hosts logged.
    pub fn lines(&self) -> usize {
        self.hosts.iter().map(Host::lines).sum()
    }

    /// When a host did not run, counted from a moment.
    pub fn killed(&self, begin: Instant) -> Vec<Span> {
        self.hosts.iter().flat_map(|host| host.killed(begin)).collect()
    }

    /// What is stored now.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn stored(&mut self) -> Result<BTreeMap<String, Stored>> {
        if self.redis.is_empty() {
            return stored::in_sqlite(&self.host(0)?.database()?);
        }
        let mut trips = stored::in_redis(self.primary()?.admin()?)?;
        for host in &self.hosts {
            stored::in_journal(&host.database()?, &mut trips)?;
        }
        Ok(trips)
    }

    /// The Redis that hosts talk to.
    fn primary(&mut self) -> Result<&mut Redis> {
        self.redis.first_mut().context("there is no Redis")
    }

    fn host(&mut self, host: usize) -> Result<&mut Host> {
        self.hosts.get_mut(host).context("there is no such host")
    }

    fn target(&self, host: usize) -> Result<&Target> {
        self.targets.get(host).context("there is no such host")
    }

    fn fail_over(&mut self) -> Result<()> {
        if self.redis.len() < 2 {
            bail!("there is no replica");
        }
        self.redis.swap(0, 1);
        let replica = self.primary()?;
        let () = replica.run("REPLICAOF NO ONE")?;
        let address = replica.address();
        self.redis.pop().context("there was a primary")?.kill()?;
        self.proxies.iter().for_each(|proxy| proxy.point_to(address));
        Ok(())
    }

    fn limit_files(&mut self, limit: Option<u64>) -> Result<()> {
        let pid = self.host(0)?.pid().context("the host does not run")?;
        prlimit(Pid::from_raw(pid.cast_signed()), Resource::Fsize, Rlimit { current: limit, maximum: None })?;
        Ok(())
    }
}

/// A disk in memory. Unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: &Path) -> Result<Self> {
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=64m", "farebox-faults"]).arg(path).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            bail!(NothingCanBeMounted);
        }
        Ok(Self(path.to_owned()))
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    fn fill(&self) -> Result<()> {
        let mut file = fs::File::create(self.ballast())?;
        while file.write_all(&[0; 4096]).is_ok() {}
        Ok(())
    }

    fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("-l").arg(&self.0).status();
        _ = fs::remove_dir(&self.0);
    }
}

/// This machine lets nobody mount anything.
#[derive(Debug)]
pub struct NothingCanBeMounted;

impl std::fmt::Display for NothingCanBeMounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nothing can be mounted here")
    }
}

impl std::error::Error for NothingCanBeMounted {}
