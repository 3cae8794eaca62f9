//! [`Backend`] over Redis, through `spin:redis`.

use crate::codec::{self, Record, Reply};
use crate::script::{self, Script};
use crate::{
    Access, AddError, Backend, Batch, Fault, Keys, MAX_SEGMENTS, Shared, StoredBill, TopUp, Totals, is_unknown_script,
};
use farebox_fare::Segment;
use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};
use std::num::NonZeroU32;

/// Trips, quotes, rate cards, bills and top-ups in Redis.
pub struct Redis {
    url: String,
    keys: Keys,
    trip_ttl_s: NonZeroU32,
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
                    return reply(results);
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

    async fn command<const N: usize>(
        &self,
        access: Access,
        command: &str,
        arguments: [&str; N],
    ) -> Result<Reply, Fault> {
        self.run(access, async |connection| connection.execute(command, arguments.map(parameter)).await).await
    }

    async fn script(&self, script: &Script, key: &str, arguments: &[String]) -> Result<Reply, Fault> {
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

    async fn record<R: Record>(&self, key: &str) -> Result<Option<R>, Fault> {
        let fields = [key].into_iter().chain(R::FIELDS.iter().copied()).map(parameter);
        let reply =
            self.run(Access::Read, async |connection| connection.execute("HMGET", fields.clone()).await).await?;
        codec::record(reply)
    }

    async fn put_once<R: Record>(&self, key: &str, record: &R) -> Result<Option<R>, Fault> {
        let fields = R::FIELDS.iter().map(|field| (*field).to_owned());
        let arguments: Vec<String> = fields.zip(record.values()).flat_map(|(field, value)| [field, value]).collect();
        codec::record(self.script(&script::PUT_ONCE, key, &arguments).await?)
    }
}

impl Backend for Redis {
    async fn add_segments(&self, city: &str, trip: &str, batch: &Batch) -> Result<Totals, AddError> {
        let mut arguments = vec![self.trip_ttl_s.to_string(), MAX_SEGMENTS.to_string()];
        for segment in batch.segments() {
            arguments.extend([segment.sequence.to_string(), codec::segment_value(segment)]);
        }
        codec::totals(&self.script(&script::ADD_SEGMENTS, &self.keys.trip(city, trip), &arguments).await?)
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault> {
        codec::segments(self.command(Access::Read, "HGETALL", [&self.keys.trip(city, trip)]).await?)
    }

    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault> {
        let key = self.keys.quote(city, quote);
        self.command(Access::Write, "SET", [&key, document, "EX", &ttl_s.to_string()]).await?;
        Ok(())
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault> {
        let reply = self.command(Access::Read, "GET", [&self.keys.quote(city, quote)]).await?;
        Ok(reply.into_iter().next().flatten())
    }

    async fn put_card(&self, city: &str, version: &str, document: &str) -> Result<(), Fault> {
        self.command(Access::Write, "SET", [&self.keys.card(city, version), document, "NX"]).await?;
        Ok(())
    }

    async fn card(&self, city: &str, version: &str) -> Result<Option<String>, Fault> {
        let reply = self.command(Access::Read, "GET", [&self.keys.card(city, version)]).await?;
        Ok(reply.into_iter().next().flatten())
    }

    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, Fault> {
        self.put_once(&self.keys.bill(city, trip), bill).await
    }

    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, Fault> {
        self.record(&self.keys.bill(city, trip)).await
    }

    async fn put_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<Option<TopUp>, Fault> {
        self.put_once(&self.keys.ledger(city, trip), top_up).await
    }

    async fn top_up(&self, city: &str, trip: &str) -> Result<Option<TopUp>, Fault> {
        self.record(&self.keys.ledger(city, trip)).await
    }
}

fn parameter(text: &str) -> RedisParameter {
    RedisParameter::Binary(text.as_bytes().to_vec())
}

fn reply(results: Vec<RedisResult>) -> Result<Reply, Fault> {
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
