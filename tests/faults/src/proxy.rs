//! A TCP proxy in front of Redis that does to a connection what networks do.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Pass,
    /// Answers are late by so much.
    Delay(Duration),
    /// Answers are lost; what was asked for is done.
    LoseAnswers,
    /// All are reset, new ones at once.
    Reset,
    /// Half of the next answer comes, and then the end.
    Truncate,
    /// Nothing passes, either way. What was sent passes when it is over.
    Silence,
    /// Of answers one byte passes, and the next so much later.
    Trickle(Duration),
    /// Answers are nonsense of the same length.
    Garbage,
    /// Connections are refused, and those that there are end.
    Refuse,
}

/// A proxy on a free loopback port. It ends when dropped, with its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    upstream: watch::Sender<SocketAddr>,
    task: tokio::task::AbortHandle,
}

impl Proxy {
    /// Starts one in front of a server.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (mode, of_mode) = watch::channel(Mode::Pass);
        let (upstream, of_upstream) = watch::channel(upstream);
        let task = tokio::spawn(async move { _ = accept(listener, address, of_mode, of_upstream).await });
        Ok(Self { address, mode, upstream, task: task.abort_handle() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this becomes of connections.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// From now on it is in front of another server. Connections to the one before end.
    pub fn point_to(&self, upstream: SocketAddr) {
        self.upstream.send_replace(upstream);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Connections end when the mode has no sender any more.
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    address: SocketAddr,
    mut mode: watch::Receiver<Mode>,
    upstream: watch::Receiver<SocketAddr>,
) -> io::Result<()> {
    let mut listening = Some(listener);
    loop {
        let is_refusing = *mode.borrow_and_update() == Mode::Refuse;
        let listener = match listening.take() {
            Some(listener) if !is_refusing => listener,
            None if !is_refusing => socket(address)?.listen(1024)?,
            was => {
                drop(was);
                // Holds the port, so that nobody else takes it, and does not listen: that is a refusal.
                let held = socket(address)?;
                changed(&mut mode).await?;
                if *mode.borrow() != Mode::Refuse {
                    listening = Some(held.listen(1024)?);
                }
                continue;
            }
        };
        tokio::select! {
            accepted = listener.accept() => {
                let (client, _) = accepted?;
                let (mode, upstream) = (mode.clone(), upstream.clone());
                tokio::spawn(async move { _ = carry(client, mode, upstream).await });
            }
            changed = changed(&mut mode) => changed?,
        }
        listening = Some(listener);
    }
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

async fn changed(mode: &mut watch::Receiver<Mode>) -> io::Result<()> {
    mode.changed().await.map_err(|_| io::ErrorKind::Interrupted.into())
}

/// Waits while nothing may pass.
async fn audible(mode: &mut watch::Receiver<Mode>) -> io::Result<Mode> {
    let mode = mode.wait_for(|mode| *mode != Mode::Silence).await;
    mode.map(|mode| *mode).map_err(|_| io::ErrorKind::Interrupted.into())
}

async fn carry(
    mut client: TcpStream,
    mode: watch::Receiver<Mode>,
    mut upstream: watch::Receiver<SocketAddr>,
) -> io::Result<()> {
    let mut ended = mode.clone();
    let ended = ended.wait_for(|mode| matches!(mode, Mode::Reset | Mode::Refuse));
    let passes = async {
        audible(&mut mode.clone()).await?;
        let address = *upstream.borrow_and_update();
        let mut server = TcpStream::connect(address).await?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
        }
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            over = requests(from_client, to_server, mode.clone()) => over,
            over = answers(from_server, to_client, mode.clone()) => over,
            _ = upstream.changed() => Ok(()),
        }
    };
    tokio::select! {
        over = passes => return over,
        _ = ended => {}
    }
    if *mode.borrow() == Mode::Reset {
        client.set_zero_linger()?;
    }
    Ok(())
}

async fn requests(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = from.read(&mut buffer).await?;
        audible(&mut mode).await?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
    }
}

async fn answers(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    // What is late does not hold up what comes after it: each answer is late by the same.
    let (queue, mut queued) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reads = {
        let mode = mode.clone();
        async move {
            let mut buffer = vec![0; 64 << 10];
            loop {
                let read = from.read(&mut buffer).await?;
                if read == 0 {
                    return io::Result::Ok(());
                }
                let late = if let Mode::Delay(late) = *mode.borrow() { late } else { Duration::ZERO };
                let bytes = buffer.get(..read).unwrap_or_default().to_vec();
                if queue.send((Instant::now() + late, bytes)).is_err() {
                    return Ok(());
                }
            }
        }
    };
    let writes = async {
        while let Some((due, bytes)) = queued.recv().await {
            sleep_until(due).await;
            match audible(&mut mode).await? {
                Mode::LoseAnswers => {}
                Mode::Truncate => return to.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default()).await,
                Mode::Garbage => to.write_all(&nonsense(bytes.len())).await?,
                Mode::Trickle(_) => trickle(&mut to, &bytes, &mode).await?,
                _ => to.write_all(&bytes).await?,
            }
        }
        Ok(())
    };
    // When the server ends, what it has said still arrives.
    tokio::select! {
        written = writes => written,
        () = async { _ = reads.await; std::future::pending().await } => Ok(()),
    }
}

async fn trickle(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8], mode: &watch::Receiver<Mode>) -> io::Result<()> {
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        let Mode::Trickle(every) = *mode.borrow() else { break };
        to.write_all(&[*byte]).await?;
        rest = after;
        sleep(every).await;
    }
    to.write_all(rest).await
}

fn nonsense(length: usize) -> Vec<u8> {
    std::iter::repeat_with(|| fastrand::u8(..)).take(length).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::time::timeout;

    const ANSWER: &[u8] = b"eight by";

    /// A server that says the same whatever it is told.
    async fn server() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut byte = [0];
                    while client.read_exact(&mut byte).await.is_ok() {
                        client.write_all(ANSWER).await.unwrap();
                    }
                });
            }
        });
        address
    }

    /// What a client hears within a second of asking, and whether the connection still stands then.
    async fn ask(client: &mut TcpStream) -> (Vec<u8>, bool) {
        let mut heard = Vec::new();
        if client.write_all(b"?").await.is_err() {
            return (heard, false);
        }
        let deadline = Instant::now() + Duration::from_secs(1);
        loop {
            let mut buffer = [0; 64];
            match tokio::time::timeout_at(deadline, client.read(&mut buffer)).await {
                Ok(Ok(0) | Err(_)) => return (heard, false),
                Ok(Ok(read)) => heard.extend(&buffer[..read]),
                Err(_) => return (heard, true),
            }
        }
    }

    /// What a mode does to an answer, and whether connections stand.
    async fn check(mode: Mode, heard: usize, stands: bool) {
        let ms = Duration::from_millis;
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut before = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut before).await, (ANSWER.to_vec(), true), "{mode:?}, before");
        proxy.set(mode);
        sleep(ms(20)).await;
        let old = ask(&mut before).await;
        let new = match TcpStream::connect(proxy.address()).await {
            Ok(mut new) => ask(&mut new).await,
            Err(_) => (Vec::new(), false),
        };
        for (which, (said, stood)) in [("old", &old), ("new", &new)] {
            assert_eq!((said.len(), *stood), (heard, stands), "{mode:?}, {which}");
            assert_eq!(said == ANSWER, heard == ANSWER.len() && mode != Mode::Garbage, "{mode:?}, {which}");
        }
        proxy.set(Mode::Pass);
        sleep(ms(20)).await;
        let mut after = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(ask(&mut after).await, (ANSWER.to_vec(), true), "{mode:?}, after");
    }

    /// Each mode does what it says, to a connection that stood before and to a new one, and is over when it is over.
    #[tokio::test]
    async fn modes_do_what_they_say() {
        let ms = Duration::from_millis;
        let mut all = tokio::task::JoinSet::new();
        for (mode, heard, stands) in [
            (Mode::Pass, ANSWER.len(), true),
            (Mode::Delay(ms(50)), ANSWER.len(), true),
            (Mode::Delay(ms(5_000)), 0, true),
            (Mode::LoseAnswers, 0, true),
            (Mode::Silence, 0, true),
            (Mode::Truncate, ANSWER.len() / 2, false),
            (Mode::Garbage, ANSWER.len(), true),
            (Mode::Trickle(ms(600)), 2, true),
            (Mode::Reset, 0, false),
            (Mode::Refuse, 0, false),
        ] {
            all.spawn(check(mode, heard, stands));
        }
        while let Some(checked) = all.join_next().await {
            checked.unwrap();
        }
    }

    /// What was said in silence is heard when it is over.
    #[tokio::test]
    async fn silence_loses_nothing() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.set(Mode::Silence);
        sleep(Duration::from_millis(20)).await;
        assert!(ask(&mut client).await.0.is_empty());
        proxy.set(Mode::Pass);
        let mut heard = [0; ANSWER.len()];
        timeout(Duration::from_secs(2), client.read_exact(&mut heard)).await.unwrap().unwrap();
        assert_eq!(heard, ANSWER);
    }

    /// In front of another server, connections to the one before are at an end.
    #[tokio::test]
    async fn another_server() {
        let proxy = Proxy::start(server().await).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(ask(&mut client).await.1);
        proxy.point_to(server().await);
        sleep(Duration::from_millis(20)).await;
        assert!(!ask(&mut client).await.1);
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(ask(&mut client).await.1);
    }
}
