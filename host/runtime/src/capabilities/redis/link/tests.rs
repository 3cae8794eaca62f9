#![allow(clippy::unwrap_used)]

use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::capabilities::redis::{Links, reading};

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

fn client(port: u16) -> Client {
    Client::open(format!("redis://127.0.0.1:{port}")).unwrap()
}

fn link(port: u16) -> Link {
    Link::new(client(port), Purpose::Writes)
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
    let (first, ..) = link.connection().await.unwrap();
    link.report(first, false);
    // One thread, so the background task cannot have run.
    let (second, ..) = link.connection().await.unwrap();
    assert_eq!(second, first + 1);
    // What is reported late does no harm.
    link.report(first, true);
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

/// While Redis hangs, and that is known, nobody waits for it; and what was sent before and given up on is all that it is asked
/// when it goes on: as much as may be under way.
#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_costs_nobody_time() {
    let server = Server::start().await;
    let link = server.link();
    link.run(redis::cmd("SET").arg("n").arg(0)).await.unwrap();
    server.signal("STOP");
    let increment = |link: Link| async move {
        let start = Instant::now();
        _ = timeout(Duration::from_millis(100), link.run(redis::cmd("INCR").arg("n"))).await;
        start.elapsed()
    };
    for _ in 0..15 {
        futures::future::join_all((0..40).map(|_| tokio::spawn(increment(link.clone())))).await;
    }
    for _ in 0..100 {
        assert!(link.run(&ping()).await.is_err());
    }
    let start = Instant::now();
    for _ in 0..20 {
        futures::future::join_all((0..40).map(|_| tokio::spawn(increment(link.clone())))).await;
    }
    assert!(start.elapsed() < Duration::from_millis(500), "800 calls took {:?}", start.elapsed());
    server.signal("CONT");
    assert!(until_it_answers(&link).await < Duration::from_secs(3));
    let Value::BulkString(sent) = link.run(redis::cmd("GET").arg("n")).await.unwrap() else { panic!() };
    let sent: u32 = String::from_utf8(sent).unwrap().parse().unwrap();
    assert!((1..=64).contains(&sent), "{sent} commands were sent to a Redis that did not answer");
}

/// Writes that are paused hold up no read; when that is known they fail at once, and when it is over they work again.
#[tokio::test(flavor = "multi_thread")]
async fn paused_writes_hold_up_no_read() {
    let server = Server::start().await;
    let (links, administrator) = (Links::new(client(server.port)), server.link());
    let (get, set) = (redis::cmd("GET").arg("a").clone(), redis::cmd("SET").arg("a").arg("b").clone());
    links.run(&set).await.unwrap();
    administrator.run(redis::cmd("CLIENT").arg(&["PAUSE", "100000", "WRITE"])).await.unwrap();
    let start = Instant::now();
    let mut at_once = 0;
    while start.elapsed() < Duration::from_secs(3) {
        let began = Instant::now();
        assert_eq!(links.run(&get).await.unwrap(), Value::BulkString(b"b".to_vec()));
        match timeout(Duration::from_millis(60), links.run(&set)).await {
            Ok(answer) => assert!(answer.is_err()),
            Err(_) => continue,
        }
        at_once += u32::from(began.elapsed() < Duration::from_millis(50));
        sleep(Duration::from_millis(10)).await;
    }
    assert!(at_once > 20, "{at_once} writes failed at once");
    administrator.run(redis::cmd("CLIENT").arg("UNPAUSE")).await.unwrap();
    assert!(until_it_answers(&links.writes).await < Duration::from_secs(3));
    links.run(&set).await.unwrap();
}

/// A server that was made a replica is asked for nothing that writes: the next connection may lead to the primary. It is read.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_read_and_not_written() {
    let server = Server::start().await;
    let (links, administrator) = (Links::new(client(server.port)), server.link());
    let (get, set) = (redis::cmd("GET").arg("a").clone(), redis::cmd("SET").arg("a").arg("b").clone());
    links.run(&set).await.unwrap();
    administrator.run(redis::cmd("REPLICAOF").arg(&["127.0.0.1", "1"])).await.unwrap();
    let mut words = Vec::new();
    for _ in 0..20 {
        words.push(links.run(&set).await.unwrap_err().to_string());
        links.run(&get).await.unwrap();
        sleep(Duration::from_millis(20)).await;
    }
    // The server's own word, or that no connection is made because of it.
    assert!(
        words
            .iter()
            .all(|words| words.contains("READONLY") || words.contains("ReadOnly") || words.contains("read only")),
        "{words:?}"
    );
    assert!(words.iter().any(|words| words.starts_with("Redis cannot be reached")), "{words:?}");
    administrator.run(redis::cmd("REPLICAOF").arg(&["NO", "ONE"])).await.unwrap();
    let start = Instant::now();
    while links.run(&set).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(3));
        sleep(Duration::from_millis(20)).await;
    }
}

/// What is sent on the connection for reads is what the installed Redis counts as reading.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_reads_is_what_a_server_says() {
    let server = Server::start().await;
    let link = server.link();
    for name in reading::all() {
        let Value::Array(about) = link.run(redis::cmd("COMMAND").arg("INFO").arg(name)).await.unwrap() else {
            panic!()
        };
        let Some(Value::Array(about)) = about.into_iter().next() else { panic!("{name}: no such command") };
        let flags: Vec<String> = redis::from_redis_value(about[2].clone()).unwrap();
        let has = |flag: &str| flags.iter().any(|known| known == flag);
        let says_nothing = ["PING", "ECHO"].contains(name);
        assert!((has("readonly") || says_nothing) && !has("write") && !has("may_replicate"), "{name}: {flags:?}");
        assert!(reading::only_reads(&name.to_ascii_lowercase()));
    }
    assert!(["SET", "EVALSHA", "EVAL", "GETDEL", "PUBLISH", "SORT"].iter().all(|name| !reading::only_reads(name)));
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
