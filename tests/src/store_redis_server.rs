//! A real Redis server, for as long as a test needs one.

use anyhow::{Context, Result, bail, ensure};
use redis::{Client, Connection, FromRedisValue};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A Redis server on a free loopback port, keeping nothing on disk unless an option says so. Killed when dropped.
pub struct RedisServer {
    port: u16,
    options: Vec<String>,
    directory: TempDir,
    process: Child,
}

impl RedisServer {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    ///
    /// redis-server is not installed, or does not answer within ten seconds.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// As [`start`](Self::start), with options such as "--appendonly", "yes".
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(options: &[&str]) -> Result<Self> {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let mut attempts = 0;
        loop {
            // Somebody else may take the port before the server does.
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let directory = tempfile::tempdir()?;
            let process = spawn(port, &options, &directory)?;
            let mut server = Self { port, options: options.clone(), directory, process };
            match server.wait_until_it_answers() {
                Ok(()) => return Ok(server),
                Err(error) if attempts == 5 => return Err(error),
                Err(_) => attempts += 1,
            }
        }
    }

    /// Its address, with credentials such as "user:password@" or none: "".
    pub fn url(&self, credentials: &str) -> String {
        format!("redis://{credentials}127.0.0.1:{}", self.port)
    }

    /// Its port, on the loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs a command as an administrator: `server.run("ACL SETUSER ...")`. Words are separated by blanks.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn run<R: FromRedisValue>(&self, command: &str) -> Result<R> {
        let mut words = command.split_whitespace();
        let mut redis = redis::cmd(words.next().context("no command")?);
        words.for_each(|word| _ = redis.arg(word));
        redis.query(&mut self.connect()?).with_context(|| command.to_owned())
    }

    /// Kills it with all it holds.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Forgets what it keeps on disk, after [`kill`](Self::kill).
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn forget(&mut self) -> Result<()> {
        self.directory = tempfile::tempdir()?;
        Ok(())
    }

    /// Starts it again after [`kill`](Self::kill), on the same port, with what it keeps on disk: nothing, unless an option says so.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> Result<()> {
        self.process = spawn(self.port, &self.options, &self.directory)?;
        self.wait_until_it_answers()
    }

    /// Makes it hang, as a machine in trouble does: it keeps its connections and says nothing.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn stop(&self) -> Result<()> {
        self.signal("-STOP")
    }

    /// Makes it go on after [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn resume(&self) -> Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill").args([signal, &self.process.id().to_string()]).status()?;
        ensure!(status.success(), "kill {signal}: {status}");
        Ok(())
    }

    /// A connection of an administrator.
    ///
    /// # Errors
    ///
    /// There is none within a second.
    pub fn connect(&self) -> Result<Connection> {
        let connection = Client::open(self.url(""))?.get_connection_with_timeout(Duration::from_secs(1))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(connection)
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                bail!("redis-server on port {} ended: {status}", self.port);
            }
            match self.run::<String>("INFO server") {
                Ok(info) => {
                    let ours = format!("process_id:{}\r", self.process.id());
                    ensure!(info.contains(&ours), "port {} is somebody else's", self.port);
                    return Ok(());
                }
                Err(error) if started.elapsed() > Duration::from_secs(10) => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.kill();
    }
}

fn spawn(port: u16, options: &[String], directory: &TempDir) -> Result<Child> {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(directory.path())
        .args(options)
        .stdout(Stdio::null())
        .spawn()
        .context("redis-server does not start; these tests need one: apt-get install redis-server")
}
