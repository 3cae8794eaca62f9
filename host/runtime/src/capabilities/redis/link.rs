//! One connection to one Redis, kept alive for everybody who uses its address.

mod socket;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, Value};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use self::socket::Socket;

/// How long connecting may take, greetings included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a command may take. Components set their own, shorter deadlines.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait before connecting again: doubled with each failure in a row, from the first to the last.
/// A connection that lives shorter than the first counts as a failure too.
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_millis(50)..=Duration::from_secs(1);

/// A connection on which this many commands in a row were given up, for at least this long, is replaced: nothing else
/// would ever notice that its other end no longer answers.
const GIVEN_UP: u32 = 3;
const SILENCE: Duration = Duration::from_secs(1);

/// The shared connection to one address.
///
/// A task of its own connects, and connects again, in the background; nobody who uses the connection does, so a
/// command that its caller drops leaves nothing half done. A command is sent once and never repeated, so it must not be
/// sent over a connection that is known to be of no use.
#[derive(Clone)]
pub struct Link {
    state: watch::Receiver<State>,
    /// The connections up to this number are of no use any more.
    broken: watch::Sender<u64>,
    silence: Arc<Mutex<Silence>>,
}

enum State {
    /// There has not been an attempt yet, or not since the last connection was lost.
    Connecting,
    Up {
        number: u64,
        connection: MultiplexedConnection,
        socket: Socket,
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
        let (broken, reports) = watch::channel(0);
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
                        self.report_broken(number);
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
        // The background task takes a moment to notice what can be known already.
        let settled = state.wait_for(|state| match state {
            State::Connecting => false,
            State::Up { number, socket, .. } => *number > *self.broken.borrow() && !socket.is_closed(),
            State::Down(_) => true,
        });
        match timeout(CONNECT_TIMEOUT, settled).await {
            Ok(Ok(state)) => match &*state {
                State::Up { number, connection, .. } => Ok((*number, connection.clone())),
                State::Down(why) => Err(Failure::Down(Arc::clone(why))),
                State::Connecting => Err(Failure::TimedOut),
            },
            _ => Err(Failure::TimedOut),
        }
    }

    fn report_broken(&self, number: u64) {
        self.broken.send_if_modified(|broken| {
            let is_news = number > *broken;
            *broken = number.max(*broken);
            is_news
        });
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
            self.report_broken(number);
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
async fn keep_connected(client: Client, publish: watch::Sender<State>, mut broken: watch::Receiver<u64>) {
    let mut backoff = *BACKOFF.start();
    for number in 1.. {
        match timeout(CONNECT_TIMEOUT, connect(&client)).await {
            Ok(Ok((connection, socket, driver))) => {
                let since = Instant::now();
                publish.send_replace(State::Up { number, connection, socket });
                let link_is_gone = tokio::select! {
                    // The other end closed it. This is noticed without a command.
                    () = driver => false,
                    report = broken.wait_for(|broken| *broken >= number) => report.is_err(),
                };
                if link_is_gone {
                    return;
                }
                tracing::warn!("a connection to Redis was lost; connecting again");
                publish.send_replace(State::Connecting);
                if since.elapsed() >= *BACKOFF.start() {
                    backoff = *BACKOFF.start();
                    continue;
                }
            }
            failed => {
                let why = match failed {
                    Ok(Err(error)) => error.to_string(),
                    _ => format!("no connection within {CONNECT_TIMEOUT:?}"),
                };
                tracing::warn!("cannot connect to Redis: {why}");
                publish.send_replace(State::Down(why.into()));
            }
        }
        tokio::select! {
            () = sleep(backoff) => {}
            () = publish.closed() => return,
        }
        backoff = (backoff * 2).min(*BACKOFF.end());
    }
}

/// Connects and greets. The future carries what is sent and received, and is done when the connection is closed.
async fn connect(client: &Client) -> Result<(MultiplexedConnection, Socket, impl Future<Output = ()>), RedisError> {
    let info = client.get_connection_info();
    let (stream, socket) = socket::connect(info.addr()).await?;
    // Time-outs are ours, so that there is one place that has them.
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let (connection, driver) = MultiplexedConnection::new_with_config(info.redis_settings(), stream, config).await?;
    Ok((connection, socket, driver))
}

#[cfg(test)]
mod tests;
