//! One connection to one Redis, kept alive for everybody who uses its address, to read or to write.

mod gate;
pub(super) mod news;
mod probe;
pub(super) mod socket;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use farebox_resilience::{Backoff, Silence};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError, Value};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

use self::gate::{Busy, Gate};
use self::news::News;
pub(super) use self::probe::Purpose;
use self::socket::Socket;

/// How long connecting may take, greetings and the first questions included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a command waits for a connection that was closed: connecting again takes a moment, or it is known that it fails.
const RECONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// How long a command may take. Components set their own, shorter deadlines.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long to wait before connecting again, in milliseconds: doubled with each failure in a row, from the first to the last.
/// A connection that lives shorter than the first counts as a failure too.
const BACKOFF_MS: [u64; 2] = [50, 500];

/// A connection on which commands in a row were given up, for at least this long, in milliseconds, is replaced: nothing else would
/// ever notice that its other end no longer answers. How many is for [`Silence`] to say.
const SILENCE_MS: u64 = 1_000;

/// A shared connection to one address.
///
/// A task of its own connects, and connects again, in the background; nobody who uses the connection does, so a
/// command that its caller drops leaves nothing half done. A command is sent once and never repeated, so it must not be
/// sent over a connection that is known to be of no use. One that has connected is of use when it has answered what it is for:
/// see [`Purpose`].
///
/// So many commands are under way at once, and the next ones wait for a short while: see [`Gate`]. A command that its caller gave up
/// on is under way until it is answered.
#[derive(Clone)]
pub struct Link {
    state: watch::Receiver<State>,
    /// The connections up to this number are of no use any more.
    broken: watch::Sender<Broken>,
    silence: Arc<Mutex<Silent>>,
    began: Instant,
}

enum State {
    /// There has not been an attempt yet.
    Beginning,
    /// The last connection was closed, and there has not been an attempt since.
    Connecting,
    Up {
        number: u64,
        connection: MultiplexedConnection,
        socket: Socket,
        gate: Arc<Gate>,
    },
    Down(Arc<str>),
}

/// The connections that are of no use any more.
#[derive(Clone, Default)]
struct Broken {
    /// Up to this number.
    number: u64,
    /// Whether the last one was given up on: connecting again will take its time, if it does any good.
    is_silent: bool,
}

/// Commands given up since the last answer of a connection.
#[derive(Default)]
struct Silent {
    number: u64,
    silence: Silence,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the server or the connection says.
    Redis(RedisError),
    /// There is no connection.
    Down(Arc<str>),
    /// Too many commands are under way.
    Busy,
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
            Self::Busy => Busy.fmt(f),
            Self::TimedOut => f.write_str("Redis did not answer in time"),
        }
    }
}

impl From<Busy> for Failure {
    fn from(Busy: Busy) -> Self {
        Self::Busy
    }
}

impl Link {
    /// Starts connecting, in the background.
    pub(super) fn new(client: Client, purpose: Purpose) -> Self {
        let (publish, state) = watch::channel(State::Beginning);
        let (broken, reports) = watch::channel(Broken::default());
        tokio::spawn(keep_connected(client, purpose, publish, reports));
        Self { state, broken, silence: Arc::default(), began: Instant::now() }
    }

    /// Sends a command and waits for its answer, for a while. Fails at once when there is no connection.
    pub(super) async fn run(&self, command: &Cmd) -> Result<Value, Failure> {
        let (number, mut connection, gate) = self.connection().await?;
        let place = gate.enter().await?;
        if self.is_of_no_use(number) {
            return Err(Failure::Down("a connection was lost while others were waited for".into()));
        }
        let patience = Patience { link: self, number, began_ms: self.now_ms(), answered: false };
        let (reply, answer) = oneshot::channel();
        let (link, command) = (self.clone(), command.clone());
        // Whoever waits may stop to; what was sent takes its place until it is answered.
        tokio::spawn(async move {
            let answer = timeout(RESPONSE_TIMEOUT, connection.send_packed_command(&command)).await;
            drop(place);
            if answer.is_ok() {
                link.answered(number);
            }
            _ = reply.send(answer);
        });
        match answer.await {
            Ok(Ok(answer)) => {
                patience.answered();
                answer.and_then(Value::extract_error).map_err(|error| {
                    if error.is_unrecoverable_error() || probe::is_elsewhere(&error) {
                        self.report(number, false);
                    }
                    Failure::Redis(error)
                })
            }
            // Dropping `patience` counts it.
            Ok(Err(_)) | Err(_) => Err(Failure::TimedOut),
        }
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection, Arc<Gate>), Failure> {
        let mut state = self.state.clone();
        let patience = match *state.borrow() {
            State::Beginning => CONNECT_TIMEOUT,
            _ => RECONNECT_TIMEOUT,
        };
        // The background task takes a moment to notice what can be known already.
        let settled = state.wait_for(|state| match state {
            State::Beginning | State::Connecting => false,
            State::Up { number, socket, .. } => !self.is_of_no_use(*number) && !socket.is_closed(),
            State::Down(_) => true,
        });
        match timeout(patience, settled).await {
            Ok(Ok(state)) => match &*state {
                State::Up { number, connection, gate, .. } => Ok((*number, connection.clone(), Arc::clone(gate))),
                State::Down(why) => Err(Failure::Down(Arc::clone(why))),
                State::Beginning | State::Connecting => Err(Failure::TimedOut),
            },
            _ => Err(Failure::TimedOut),
        }
    }

    fn is_of_no_use(&self, number: u64) -> bool {
        number <= self.broken.borrow().number
    }

    fn report(&self, number: u64, is_silent: bool) {
        self.broken.send_if_modified(|broken| {
            let is_news = number > broken.number;
            if is_news {
                *broken = Broken { number, is_silent };
            }
            is_news
        });
    }

    fn answered(&self, number: u64) {
        let mut silent = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        if number >= silent.number {
            *silent = Silent { number, ..Silent::default() };
        }
    }

    fn given_up(&self, number: u64, began_ms: u64) {
        let mut silent = self.silence.lock().unwrap_or_else(PoisonError::into_inner);
        if silent.number != number {
            *silent = Silent { number, ..Silent::default() };
        }
        if silent.silence.given_up(began_ms, self.now_ms(), SILENCE_MS) {
            self.report(number, true);
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Counts a command that is dropped before its answer, by a time-out here or by a guest that stopped waiting.
struct Patience<'a> {
    link: &'a Link,
    number: u64,
    began_ms: u64,
    answered: bool,
}

impl Patience<'_> {
    fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.link.given_up(self.number, self.began_ms);
        }
    }
}

/// Connects, waits until the connection is of no use any more, and starts again; ends when the link is gone.
async fn keep_connected(
    client: Client,
    purpose: Purpose,
    publish: watch::Sender<State>,
    mut broken: watch::Receiver<Broken>,
) {
    let mut backoff = Backoff::new(BACKOFF_MS[0], BACKOFF_MS[1]);
    let mut news = News::new(client.get_connection_info().addr(), purpose);
    for number in 1.. {
        match timeout(CONNECT_TIMEOUT, connect(&client, purpose)).await {
            Ok(Ok((connection, socket, driver))) => {
                let since = Instant::now();
                news.up();
                publish.send_replace(State::Up { number, connection, socket, gate: Arc::default() });
                let is_silent = tokio::select! {
                    // The other end closed it. This is noticed without a command.
                    () = driver => false,
                    report = broken.wait_for(|broken| broken.number >= number) => match report {
                        Ok(broken) => broken.is_silent,
                        Err(_) => return,
                    },
                };
                news.lost(is_silent);
                publish.send_replace(match is_silent {
                    true => State::Down("it does not answer".into()),
                    false => State::Connecting,
                });
                if since.elapsed() >= Duration::from_millis(BACKOFF_MS[0]) {
                    backoff.worked();
                    continue;
                }
            }
            failed => {
                let why = match failed {
                    Ok(Err(error)) => error.to_string(),
                    _ => format!("no answer within {CONNECT_TIMEOUT:?}"),
                };
                news.down(&why);
                publish.send_replace(State::Down(why.into()));
            }
        }
        tokio::select! {
            () = sleep(Duration::from_millis(backoff.failed())) => {}
            () = publish.closed() => return,
        }
    }
}

/// Connects, greets, and asks whether it can do what it is for. The future carries what is sent and received, and is done when the
/// connection is closed.
async fn connect(
    client: &Client,
    purpose: Purpose,
) -> Result<(MultiplexedConnection, Socket, impl Future<Output = ()>), RedisError> {
    let info = client.get_connection_info();
    let (stream, socket) = socket::connect(info.addr()).await?;
    // Time-outs are ours, so that there is one place that has them.
    let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let (connection, driver) = MultiplexedConnection::new_with_config(info.redis_settings(), stream, config).await?;
    let mut driver = Box::pin(driver);
    tokio::select! {
        asked = probe::ask(&connection, purpose) => asked?,
        () = &mut driver => return Err((redis::ErrorKind::Io, "the connection was closed before anything was answered").into()),
    }
    Ok((connection, socket, driver))
}

#[cfg(test)]
mod tests;
