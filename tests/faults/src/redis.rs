//! Redis servers that are done things to.

use anyhow::{Context as _, Result, ensure};
use farebox_tests::store_redis_server::RedisServer;
use redis::{Connection, FromRedisValue};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

/// A server, and an administrator's connection that stands whatever passwords and numbers of clients become.
pub struct Redis {
    server: RedisServer,
    /// `None` while it is killed.
    admin: Option<Connection>,
}

impl Redis {
    /// Starts one that keeps on disk what it was told.
    ///
    /// # Errors
    ///
    /// redis-server is not installed, or does not answer.
    pub fn start() -> Result<Self> {
        let server = RedisServer::start_with(&["--appendonly", "yes", "--repl-diskless-sync-delay", "0"])?;
        let admin = Some(server.connect()?);
        Ok(Self { server, admin })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.server.port()).into()
    }

    /// The administrator's connection.
    ///
    /// # Errors
    ///
    /// The server was killed.
    pub fn admin(&mut self) -> Result<&mut Connection> {
        self.admin.as_mut().context("the server was killed")
    }

    /// Runs a command as the administrator. Words are separated by blanks; `""` is an empty one.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn run<R: FromRedisValue>(&mut self, command: &str) -> Result<R> {
        let mut words = command.split_whitespace().map(|word| if word == "\"\"" { "" } else { word });
        let mut redis = redis::cmd(words.next().context("no command")?);
        words.for_each(|word| _ = redis.arg(word));
        redis.query(self.admin()?).with_context(|| command.to_owned())
    }

    /// Kills it.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn kill(&mut self) -> Result<()> {
        self.admin = None;
        self.server.kill()
    }

    /// Starts it again, with what it keeps on disk, or empty.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn restart(&mut self, empty: bool) -> Result<()> {
        if empty {
            self.server.forget()?;
        }
        self.server.restart()?;
        self.admin = Some(self.server.connect()?);
        Ok(())
    }

    /// Makes it hang.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn stop(&self) -> Result<()> {
        self.server.stop()
    }

    /// Makes it go on.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn resume(&self) -> Result<()> {
        self.server.resume()
    }

    /// Makes it the replica of a server, and waits until it has all that there is.
    ///
    /// # Errors
    ///
    /// It has not after ten seconds.
    pub fn follow(&mut self, primary: SocketAddr) -> Result<()> {
        let () = self.run(&format!("REPLICAOF {} {}", primary.ip(), primary.port()))?;
        let started = Instant::now();
        while !self.run::<String>("INFO replication")?.contains("master_link_status:up") {
            ensure!(started.elapsed() < Duration::from_secs(10), "the replica does not follow");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}
