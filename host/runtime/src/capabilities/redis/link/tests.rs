#![allow(clippy::unwrap_used)]

use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A real Redis on a port of its own, without persistence. Gone with its value.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        Self::start_on(port).await
    }

    async fn start_on(port: u16) -> Self {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("these tests need redis-server (Debian: apt-get install redis-server)");
        let server = Self { process, port };
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        server
    }

    fn link(&self) -> Link {
        link(self.port)
    }

    /// Sends the process a signal: STOP and CONT make it hang and go on.
    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([format!("-{signal}"), self.process.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn link(port: u16) -> Link {
    Link::new(Client::open(format!("redis://127.0.0.1:{port}")).unwrap())
}

fn ping() -> Cmd {
    redis::cmd("PING")
}

/// Runs PING until it answers, and says how long that took.
async fn until_it_answers(link: &Link) -> Duration {
    let start = Instant::now();
    while link.run(&ping()).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "no answer for ten seconds");
        sleep(Duration::from_millis(20)).await;
    }
    start.elapsed()
}

/// All who use an address use one connection.
#[tokio::test(flavor = "multi_thread")]
async fn one_connection_serves_everybody() {
    let server = Server::start().await;
    let link = server.link();
    let increment = |link: Link| async move { link.run(redis::cmd("INCR").arg("n")).await };
    for answer in futures::future::join_all((0..500).map(|_| tokio::spawn(increment(link.clone())))).await {
        answer.unwrap().unwrap();
    }
    assert_eq!(link.run(redis::cmd("GET").arg("n")).await.unwrap(), Value::BulkString(b"500".to_vec()));
    let Value::BulkString(clients) = link.run(redis::cmd("INFO").arg("clients")).await.unwrap() else { panic!() };
    assert!(String::from_utf8(clients).unwrap().contains("connected_clients:1\r\n"));
}

/// What the server says reaches the component in the server's words.
#[tokio::test]
async fn errors_keep_the_servers_words() {
    let server = Server::start().await;
    let link = server.link();
    link.run(redis::cmd("SET").arg("text").arg("x")).await.unwrap();
    for (command, words) in [
        (redis::cmd("LPUSH").arg("text").arg("x").clone(), "WRONGTYPE"),
        (redis::cmd("NOSUCH"), "unknown command"),
        (redis::cmd("EVAL").arg("return redis.error_reply('FENCED 110000')").arg(0).clone(), "FENCED"),
    ] {
        let error = link.run(&command).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    link.run(redis::cmd("ACL").arg(&["SETUSER", "default", "resetkeys", "%R~*"])).await.unwrap();
    let error = link.run(redis::cmd("SET").arg("text").arg("y")).await.unwrap_err().to_string();
    assert!(error.contains("NOPERM"), "{error}");
}

/// Without a Redis a command fails, and at once after the first attempt; when there is one, commands go through again.
#[tokio::test(flavor = "multi_thread")]
async fn fails_fast_while_there_is_no_redis() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let link = link(port);
    assert!(matches!(link.run(&ping()).await, Err(Failure::Down(_))));
    let start = Instant::now();
    for _ in 0..100 {
        assert!(link.run(&ping()).await.is_err());
    }
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());

    let server = Server::start_on(port).await;
    assert!(until_it_answers(&link).await < Duration::from_secs(3));
    drop(server);
    while link.run(&ping()).await.is_ok() {}
    let _server = Server::start_on(port).await;
    assert!(until_it_answers(&link).await < Duration::from_secs(3));
}

/// A connection that the server closed while nobody used it is not used again: no command fails because of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_connection_is_not_used() {
    let server = Server::start().await;
    let (link, administrator) = (server.link(), server.link());
    for round in 0..20 {
        link.run(&ping()).await.unwrap();
        sleep(Duration::from_millis(60)).await;
        let killed = administrator.run(redis::cmd("CLIENT").arg(&["KILL", "TYPE", "normal"])).await.unwrap();
        assert_eq!(killed, Value::Int(1), "round {round}");
        link.run(&ping()).await.unwrap_or_else(|error| panic!("round {round}: {error}"));
    }
}

/// A connection that was reported broken is not used again, even before the background task has heard of it.
#[tokio::test]
async fn a_broken_connection_is_not_used() {
    let server = Server::start().await;
    let link = server.link();
    let (first, _) = link.connection().await.unwrap();
    link.report_broken(first);
    // One thread, so the background task cannot have run.
    let (second, _) = link.connection().await.unwrap();
    assert_eq!(second, first + 1);
    // What is reported late does no harm.
    link.report_broken(first);
    assert_eq!(link.connection().await.unwrap().0, second);
}

/// A server that closes each connection at once is not besieged.
#[tokio::test]
async fn connections_that_do_not_last_are_made_less_and_less_often() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _link = link(listener.local_addr().unwrap().port());
    let mut accepted = 0;
    let accept = async {
        loop {
            // Answers the greeting, then hangs up.
            let (mut stream, _) = listener.accept().await.unwrap();
            accepted += 1;
            _ = stream.read(&mut [0; 1024]).await;
            _ = stream.write_all(b"+OK\r\n+OK\r\n").await;
        }
    };
    _ = timeout(Duration::from_secs(1), accept).await;
    // After 50, 100, 200 and 400 ms.
    assert!((3..=5).contains(&accepted), "{accepted}");
}

/// A Redis that hangs: callers give up when they want to, the connection is replaced, and nothing is stuck afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn survives_a_redis_that_hangs() {
    let server = Server::start().await;
    let link = server.link();
    link.run(&ping()).await.unwrap();
    server.signal("STOP");
    let start = Instant::now();
    let mut failed_by_itself = 0;
    while start.elapsed() < Duration::from_secs(4) {
        // A component's own deadline: it stops waiting, and the future is dropped.
        if let Ok(answer) = timeout(Duration::from_millis(60), link.run(&ping())).await {
            failed_by_itself += 1;
            assert!(answer.is_err());
            sleep(Duration::from_millis(10)).await;
        }
    }
    assert!(failed_by_itself > 10, "the connection was never given up");
    server.signal("CONT");
    assert!(until_it_answers(&link).await < Duration::from_secs(4));
}

/// A server that accepts and says nothing is as good as none, within the time-out.
#[tokio::test]
async fn connecting_has_a_time_out() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = link(silent.local_addr().unwrap().port());
    let start = Instant::now();
    assert!(link.run(&ping()).await.is_err());
    assert!(start.elapsed() < CONNECT_TIMEOUT * 2, "{:?}", start.elapsed());
}

/// The connection goes when nobody uses the address any more.
#[tokio::test]
async fn nothing_is_left_behind() {
    let server = Server::start().await;
    let other = server.link();
    let gone = server.link();
    gone.run(&ping()).await.unwrap();
    drop(gone);
    let start = Instant::now();
    loop {
        let Value::BulkString(clients) = other.run(redis::cmd("INFO").arg("clients")).await.unwrap() else { panic!() };
        if String::from_utf8(clients).unwrap().contains("connected_clients:1\r\n") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(3));
        sleep(Duration::from_millis(10)).await;
    }
}

/// Whatever the installed Redis calls blocking, or about the connection, a transaction or a subscription, is not run on the
/// connection that all share, but for what leaves it as it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_counts_as_unshareable_is_refused() {
    const HARMLESS: [&str; 6] = ["echo", "ping", "command", "publish", "spublish", "pubsub"];
    let server = Server::start().await;
    let link = server.link();
    let refused = |command: &str, arguments: &[&[u8]]| {
        crate::capabilities::redis::unshareable::refusal(command, arguments).is_some()
    };
    for category in ["blocking", "connection", "transaction", "pubsub"] {
        let commands = link.run(redis::cmd("ACL").arg("CAT").arg(category)).await.unwrap();
        let commands: Vec<String> = redis::from_redis_value(commands).unwrap();
        assert!(commands.len() > 3, "{category}: {commands:?}");
        for command in &commands {
            let (name, sub) = command.split_once('|').unwrap_or((command, ""));
            let only_if_told = name.starts_with("xread");
            let arguments: &[&[u8]] =
                if only_if_told { &[b"BLOCK", b"0", b"STREAMS", b"s", b"$"] } else { &[sub.as_bytes()] };
            let harmless = HARMLESS.contains(&name);
            assert_eq!(refused(name, arguments), !harmless, "{category}: {command}");
        }
    }
}
