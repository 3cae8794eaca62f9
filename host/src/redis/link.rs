//! One connection to one Redis, kept alive for everybody who uses its address.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo as _, RedisError, Value};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

/// How long connecting may take, greetings included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a command may take. Components set their own, shorter deadlines.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait before connecting again: doubled with each failure in a row, from the first to the last.
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(1);

/// A connection on which this many commands in a row were given up, for at least this long, is replaced: nothing else
/// would ever notice that its other end no longer answers.
const GIVEN_UP: u32 = 3;
const SILENCE: Duration = Duration::from_secs(1);

/// How long the other end may leave sent bytes unacknowledged.
const USER_TIMEOUT: Duration = Duration::from_secs(3);
const KEEPALIVE: Duration = Duration::from_secs(5);

/// The shared connection to one address.
///
/// A task of its own connects, and connects again, in the background; nobody who uses the connection does, so a
/// command that its caller drops leaves nothing half done. A command is sent once and never repeated.
#[derive(Clone)]
pub(super) struct Link {
    state: watch::Receiver<State>,
    /// Tells the background task that the connection of this number is of no use any more.
    broken: mpsc::UnboundedSender<u64>,
    silence: Arc<Mutex<Silence>>,
}

#[derive(Clone)]
enum State {
    /// There has not been a first attempt yet.
    Connecting,
    Up {
        number: u64,
        connection: MultiplexedConnection,
    },
    Down(Arc<str>),
}

/// Commands given up since the last answer.
#[derive(Default)]
struct Silence {
    number: u64,
    given_up: u32,
    since: Option<Instant>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the server or the connection says.
    Redis(RedisError),
    /// There is no connection.
    Down(Arc<str>),
    /// No answer in time. The command may still run.
    TimedOut,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redis(error) => match (error.code(), error.detail()) {
                // The server's words, not the client's: "NOPERM: this user has no permissions ...".
                (Some(code), Some(detail)) => write!(f, "{code}: {detail}"),
                _ => error.fmt(f),
            },
            Self::Down(why) => write!(f, "Redis cannot be reached: {why}"),
            Self::TimedOut => f.write_str("Redis did not answer in time"),
        }
    }
}

impl Link {
    /// Starts connecting, in the background.
    pub(super) fn new(client: Client) -> Self {
        let (publish, state) = watch::channel(State::Connecting);
        let (broken, reports) = mpsc::unbounded_channel();
        tokio::spawn(keep_connected(client, publish, reports));
        Self { state, broken, silence: Arc::default() }
    }

    /// Sends a command and waits for its answer, for a while. Fails at once when there is no connection.
    pub(super) async fn run(&self, command: &Cmd) -> Result<Value, Failure> {
        let (number, mut connection) = self.connection().await?;
        let patience = Patience { link: self, number, answered: false };
        match timeout(RESPONSE_TIMEOUT, connection.send_packed_command(command)).await {
            Ok(answer) => {
                patience.answered();
                answer.and_then(Value::extract_error).map_err(|error| {
                    if error.is_unrecoverable_error() {
                        _ = self.broken.send(number);
                    }
                    Failure::Redis(error)
                })
            }
            // Dropping `patience` counts it.
            Err(_) => Err(Failure::TimedOut),
        }
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), Failure> {
        let mut state = self.state.clone();
        let first = timeout(CONNECT_TIMEOUT, state.wait_for(|state| !matches!(state, State::Connecting)));
        match first.await {
            Ok(Ok(state)) => match &*state {
                State::Up { number, connection } => Ok((*number, connection.clone())),
                State::Down(why) => Err(Failure::Down(Arc::clone(why))),
                State::Connecting => Err(Failure::TimedOut),
            },
            _ => Err(Failure::TimedOut),
        }
    }

    fn answered(&self, number: u64) {
        let mut silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        *silence = Silence { number, ..Silence::default() };
    }

    fn given_up(&self, number: u64) {
        let mut silence = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        if silence.number != number {
            *silence = Silence { number, ..Silence::default() };
        }
        silence.given_up = silence.given_up.saturating_add(1);
        let since = *silence.since.get_or_insert_with(Instant::now);
        if silence.given_up >= GIVEN_UP && since.elapsed() >= SILENCE {
            _ = self.broken.send(number);
        }
    }
}

/// Counts a command that is dropped before its answer, by a time-out here or by a guest that stopped waiting.
struct Patience<'a> {
    link: &'a Link,
    number: u64,
    answered: bool,
}

impl Patience<'_> {
    fn answered(mut self) {
        self.answered = true;
        self.link.answered(self.number);
    }
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.link.given_up(self.number);
        }
    }
}

/// Connects, waits until the connection is of no use any more, and starts again; ends when the link is gone.
async fn keep_connected(client: Client, publish: watch::Sender<State>, mut broken: mpsc::UnboundedReceiver<u64>) {
    let client = with_tcp_settings(client);
    // Time-outs are ours, so that there is one place that has them.
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let mut backoff = *BACKOFF.start();
    for number in 1.. {
        let attempt = timeout(CONNECT_TIMEOUT, client.get_multiplexed_async_connection_with_config(&config)).await;
        let why = match attempt {
            Ok(Ok(connection)) => {
                backoff = *BACKOFF.start();
                publish.send_replace(State::Up { number, connection });
                // Older numbers are late news.
                loop {
                    match broken.recv().await {
                        Some(report) if report == number => break,
                        Some(_) => {}
                        None => return,
                    }
                }
                tracing::warn!("a connection to Redis was lost; connecting again");
                publish.send_replace(State::Connecting);
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no connection within {CONNECT_TIMEOUT:?}"),
        };
        tracing::warn!("cannot connect to Redis: {why}");
        publish.send_replace(State::Down(why.into()));
        tokio::select! {
            () = sleep(backoff) => {}
            () = publish.closed() => return,
        }
        backoff = (backoff * 2).min(*BACKOFF.end());
    }
}

fn with_tcp_settings(client: Client) -> Client {
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    let settings = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive).set_user_timeout(USER_TIMEOUT);
    let info = client.get_connection_info().clone().set_tcp_settings(settings);
    info.into_connection_info().and_then(Client::open).unwrap_or(client)
}

#[cfg(test)]
mod tests;
