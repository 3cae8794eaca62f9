//! A connection that hears what is published on channels. No component has it: the host listens for those that a trigger names.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use redis::aio::{PubSub, PubSubSink, PubSubStream};
use redis::{Client, RedisError, Value};
use tokio::time::{sleep, timeout};

use super::link::Failure;
use super::link::news::is_an_operators;
use super::link::socket;

/// How long it may take to connect, to greet and to subscribe.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How often it is asked whether the other end is there. Nothing else would tell when nothing is published.
const ASKS_EVERY: Duration = Duration::from_secs(5);

/// How long the answer may take. It comes after all that was published before.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Channels of a server.
pub(crate) struct Channels {
    client: Client,
    channels: Vec<String>,
}

/// A connection that hears what is published there.
pub(crate) struct Listening {
    messages: PubSubStream,
    /// Done when the other end does not answer.
    silence: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Why nothing is heard.
pub(crate) struct NotHeard {
    pub(crate) why: String,
    /// Whether that does not go away until somebody does something.
    pub(crate) is_an_operators: bool,
}

impl Channels {
    /// # Errors
    ///
    /// The address is none.
    pub(crate) fn new(address: &str, channels: Vec<String>) -> Result<Self, RedisError> {
        Ok(Self { client: Client::open(address)?, channels })
    }

    /// Which, for people.
    pub(crate) fn names(&self) -> String {
        self.channels.join(", ")
    }

    /// Where, for people: without a password.
    pub(crate) fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Subscribes to all of them.
    ///
    /// # Errors
    ///
    /// Why it cannot be done.
    pub(crate) async fn listen(&self) -> Result<Listening, NotHeard> {
        let why = match timeout(CONNECT_TIMEOUT, self.subscribe()).await {
            Ok(Ok(listening)) => return Ok(listening),
            Ok(Err(error)) => Failure::Redis(error).to_string(),
            Err(_) => format!("no answer within {CONNECT_TIMEOUT:?}"),
        };
        Err(NotHeard { is_an_operators: is_an_operators(&why), why })
    }

    async fn subscribe(&self) -> Result<Listening, RedisError> {
        let info = self.client.get_connection_info();
        let (stream, _) = socket::connect(info.addr()).await?;
        let mut connection = PubSub::new(info.redis_settings(), stream).await?;
        connection.subscribe(&self.channels).await?;
        let (sink, messages) = connection.split();
        Ok(Listening { messages, silence: Box::pin(silence(sink)) })
    }
}

/// Done when the other end does not answer.
async fn silence(mut sink: PubSubSink) {
    loop {
        sleep(ASKS_EVERY).await;
        if !matches!(timeout(PING_TIMEOUT, sink.ping::<Value>()).await, Ok(Ok(_))) {
            return;
        }
    }
}

impl Listening {
    /// What is published next: on which channel, and what.
    ///
    /// # Errors
    ///
    /// The connection is of no use any more, and why.
    pub(crate) async fn next(&mut self) -> Result<(String, Bytes), &'static str> {
        let message = tokio::select! {
            message = self.messages.next() => message,
            () = &mut self.silence => return Err("it does not answer"),
        };
        let message = message.ok_or("it was closed")?;
        Ok((message.get_channel_name().to_owned(), Bytes::copy_from_slice(message.get_payload_bytes())))
    }
}
