//! Redis, through `spin:redis`.

use super::reply::{self, Record, Reply};
use super::script::{PUT_ONCE, Script};
use super::{Access, Fault, Keys, Shared, is_unknown_script};
use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};
use std::num::NonZeroU32;

/// A Redis to keep things in.
pub struct Redis {
    url: String,
    /// Where things are.
    pub(crate) keys: Keys,
    /// How long a trip is kept after its last segment, in seconds.
    pub(crate) trip_ttl_s: NonZeroU32,
    connection: Shared<Connection>,
}

impl Redis {
    /// Does not connect yet.
    pub fn new(url: String, keys: Keys, trip_ttl_s: NonZeroU32) -> Self {
        Self { url, keys, trip_ttl_s, connection: Shared::new() }
    }

    /// Runs an operation on the connection, which is opened if need be. Every operation can be run twice without harm:
    /// when a connection that used to work turns out to be broken, it is run again on a new one. A put-once whose first
    /// run did reach Redis is then told of its own record, as a caller who asks again would be.
    async fn run(
        &self,
        access: Access,
        operation: impl AsyncFn(&Connection) -> Result<Vec<RedisResult>, Error>,
    ) -> Result<Reply, Fault> {
        let mut may_retry = true;
        loop {
            let open = async || Connection::open(&self.url).await;
            let connection = self.connection.lease(open).await.map_err(|error| fault(error, access))?;
            match operation(&connection).await {
                Ok(results) => {
                    connection.answered();
                    return texts(results);
                }
                Err(error) => match fault(error, access) {
                    fault @ Fault::Unavailable(_) => {
                        if !(connection.broken() && may_retry) {
                            return Err(fault);
                        }
                        may_retry = false;
                    }
                    fault => {
                        connection.answered();
                        return Err(fault);
                    }
                },
            }
        }
    }

    /// Runs a command of few words.
    pub(crate) async fn command<const N: usize>(
        &self,
        access: Access,
        command: &str,
        arguments: [&str; N],
    ) -> Result<Reply, Fault> {
        self.run(access, async |connection| connection.execute(command, arguments.map(parameter)).await).await
    }

    /// Runs a script on one key.
    pub(crate) async fn script(&self, script: &Script, key: &str, arguments: &[String]) -> Result<Reply, Fault> {
        let parameters =
            |script| [script, "1", key].into_iter().chain(arguments.iter().map(String::as_str)).map(parameter);
        self.run(Access::Write, async |connection| match connection.execute("EVALSHA", parameters(&script.sha)).await {
            Err(Error::Other(text)) if is_unknown_script(&text) => {
                connection.execute("EVAL", parameters(script.source)).await
            }
            result => result,
        })
        .await
    }

    /// Reads a record.
    pub(crate) async fn record<R: Record>(&self, key: &str) -> Result<Option<R>, Fault> {
        let fields = [key].into_iter().chain(R::FIELDS.iter().copied()).map(parameter);
        let reply =
            self.run(Access::Read, async |connection| connection.execute("HMGET", fields.clone()).await).await?;
        reply::record(reply)
    }

    /// Keeps a record unless there is one: then returns it.
    pub(crate) async fn put_once<R: Record>(&self, key: &str, record: &R) -> Result<Option<R>, Fault> {
        let fields = R::FIELDS.iter().map(|field| (*field).to_owned());
        let arguments: Vec<String> = fields.zip(record.values()).flat_map(|(field, value)| [field, value]).collect();
        reply::record(self.script(&PUT_ONCE, key, &arguments).await?)
    }
}

fn parameter(text: &str) -> RedisParameter {
    RedisParameter::Binary(text.as_bytes().to_vec())
}

fn texts(results: Vec<RedisResult>) -> Result<Reply, Fault> {
    let text = |result| match result {
        RedisResult::Nil => Ok(None),
        RedisResult::Status(text) => Ok(Some(text)),
        RedisResult::Int64(number) => Ok(Some(number.to_string())),
        RedisResult::Binary(bytes) => String::from_utf8(bytes).map(Some),
    };
    let reply: Result<Reply, _> = results.into_iter().map(text).collect();
    reply.map_err(|error| Fault::Other(format!("a value in Redis is not UTF-8: {error}")))
}

fn fault(error: Error, access: Access) -> Fault {
    match error {
        Error::Other(text) => Fault::from_redis(&text, access),
        Error::TooManyConnections => Fault::Unavailable("Redis: too many connections are open".to_owned()),
        Error::TypeError => Fault::Other("Redis: a value is not of the type this component writes".to_owned()),
        Error::InvalidAddress => Fault::Other(
            "Redis: variable redis_url is not an address, or allowed_outbound_hosts does not list it".to_owned(),
        ),
    }
}
