//! Redis, through `spin:redis`.

use super::once::once_argument;
use super::reply::{self, Reply};
use super::script::{LOOK, Script};
use super::{Access, Fault, Keys, Shared, Sqlite, is_unknown_script};
use crate::positions::{Known, News, codec};
use farebox_records::stored::Once;
use spin_sdk::redis::{Connection, Error, RedisParameter, RedisResult};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A Redis to keep things in.
pub struct Redis {
    url: String,
    /// The site that asks.
    site: String,
    /// Where things are.
    pub(crate) keys: Keys,
    /// How long a trip is kept after its last segment, in seconds.
    pub(crate) trip_ttl_s: NonZeroU32,
    /// Reads do not wait for writes: a server whose writes are paused answers nothing that was sent after one.
    reads: Shared<Connection>,
    writes: Shared<Connection>,
    /// The cities that are known to be spread over as many buckets as they are taken to be.
    opened: RefCell<BTreeSet<String>>,
    /// Where its buckets are.
    known: Known<Rc<Sqlite>>,
}

impl Redis {
    /// Does not connect yet. What is known of it is noted in the database of its node.
    pub fn new(url: String, site: String, keys: Keys, trip_ttl_s: NonZeroU32, node: Rc<Sqlite>) -> Self {
        let (reads, writes) = (Shared::new(), Shared::new());
        Self { url, site, keys, trip_ttl_s, reads, writes, opened: RefCell::default(), known: Known::new(node) }
    }

    /// Runs an operation on the connection, which is opened if need be. Every operation can be run twice without harm - of a limit
    /// twice as much is taken, at the most:
    /// when a connection that used to work turns out to be broken, it is run again on a new one. A bill whose first run did
    /// reach Redis is then told of itself, as a caller who asks again would be; and what it was part of is the same attempt, and no
    /// replay.
    async fn run(
        &self,
        access: Access,
        operation: impl AsyncFn(&Connection) -> Result<Vec<RedisResult>, Error>,
    ) -> Result<Reply, Fault> {
        let shared = match access {
            Access::Read => &self.reads,
            Access::Write => &self.writes,
        };
        let mut may_retry = true;
        loop {
            let open = async || Connection::open(&self.url).await;
            let connection = shared.lease(open).await.map_err(|error| fault(error, access))?;
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

    /// Reads with a command of few words, from a city whose keys are where they are looked for.
    pub(crate) async fn read(&self, city: &str, command: &[&str]) -> Result<Reply, Fault> {
        if !self.is_open(city) {
            let [_, facts] = self.keys.of_bucket(city, 0);
            let there = self.execute(&["HGET", &facts, "buckets"]).await?.into_iter().next().flatten();
            let buckets = self.keys.buckets().get();
            match there {
                Some(there) if there != buckets.to_string() => return Err(reply::spread_differently(&there, buckets)),
                Some(_) => _ = self.opened.borrow_mut().insert(city.to_owned()),
                // Nothing was ever written.
                None => {}
            }
        }
        self.execute(command).await
    }

    async fn execute(&self, command: &[&str]) -> Result<Reply, Fault> {
        let [name, arguments @ ..] = command else { return Ok(Reply::new()) };
        let arguments = arguments.iter().copied().map(parameter);
        self.run(Access::Read, async |connection| connection.execute(name, arguments.clone()).await).await
    }

    /// Takes a step: what every write does first, and a script on keys of the bucket of `identifier`.
    pub(crate) async fn step(
        &self,
        script: &Script,
        city: &str,
        identifier: &str,
        keys: &[String],
        arguments: &[String],
    ) -> Result<Reply, Fault> {
        self.open_city(city).await?;
        self.script(script, city, self.keys.bucket(identifier), keys, arguments).await
    }

    /// Takes a step that writes nothing of its own.
    pub(crate) async fn look(&self, city: &str, bucket: u32) -> Result<(), Fault> {
        self.open_city(city).await?;
        self.script(&LOOK, city, bucket, &[], &[]).await?;
        Ok(())
    }

    /// Settles over how many buckets a city is spread, or finds out that this is not so.
    async fn open_city(&self, city: &str) -> Result<(), Fault> {
        if !self.is_open(city) {
            self.script(&LOOK, city, 0, &[], &[]).await?;
            self.opened.borrow_mut().insert(city.to_owned());
        }
        Ok(())
    }

    /// Takes a step that is part of a request which may be carried out once: as [`step`](Self::step), with what `once.lua` does
    /// before the script. All of it is in the slot of the trip.
    pub(crate) async fn step_once<const N: usize>(
        &self,
        script: &Script,
        city: &str,
        trip: &str,
        once: Option<&Once>,
        keys: [String; N],
        arguments: &[String],
    ) -> Result<Reply, Fault> {
        let nonce = once.map(|Once { key, nonce, .. }| self.keys.nonce(city, trip, key, nonce));
        let keys: Vec<String> = keys.into_iter().chain(nonce).collect();
        let arguments = [&[once_argument(once)], arguments].concat();
        self.step(script, city, trip, &keys, &arguments).await
    }

    fn is_open(&self, city: &str) -> bool {
        self.opened.borrow().contains(city)
    }

    async fn script(
        &self,
        script: &Script,
        city: &str,
        bucket: u32,
        keys: &[String],
        arguments: &[String],
    ) -> Result<Reply, Fault> {
        let (of_bucket, buckets) = (self.keys.of_bucket(city, bucket), self.keys.buckets());
        let keys: Vec<&String> = of_bucket.iter().chain(keys).collect();
        let (known, node) = self.known.of(city, bucket, now_ms()).await;
        let token = spin_sdk::wasip3::random::random::get_random_u64();
        let always = [self.site.clone(), buckets.to_string(), codec::text(&known), format!("{node}:{token}")];
        let arguments: Vec<&String> = always.iter().chain(arguments).collect();
        let reply = self.evaluate(script, &keys, &arguments).await?;
        let (reply, position) = reply::admitted(reply, buckets.get())?;
        if let Some(position) = position {
            let news = self.known.heard(city, bucket, position);
            if news == News::Lost {
                self.opened.borrow_mut().remove(city);
            }
            self.known.note(news, now_ms()).await;
        }
        Ok(reply)
    }

    /// Notes where buckets are, as far as that is not noted yet.
    pub(crate) async fn note_positions(&self) {
        self.known.note(News::Found, now_ms()).await;
    }

    /// Takes a step on what is the site's own: one key, and none of what every write to a city does first.
    pub(crate) async fn step_of_site(
        &self,
        script: &Script,
        key: impl FnOnce(Keys, &str) -> String,
        arguments: &[String],
    ) -> Result<Reply, Fault> {
        let key = key(self.keys, &self.site);
        let arguments: Vec<&String> = arguments.iter().collect();
        match self.evaluate(script, &[&key], &arguments).await {
            // No city has moved: a permission is missing.
            Err(Fault::Fenced(_)) => Err(Fault::Refused(format!(
                "Redis: NOPERM: the user may not write the keys s:{0}:*; permit them with %RW~s:{0}:*",
                self.site
            ))),
            reply => reply,
        }
    }

    async fn evaluate(&self, script: &Script, keys: &[&String], arguments: &[&String]) -> Result<Reply, Fault> {
        let count = keys.len().to_string();
        let rest = || keys.iter().chain(arguments).map(|text| text.as_str());
        let parameters = |script| [script, &*count].into_iter().chain(rest()).map(parameter);
        self.run(Access::Write, async |connection| match connection.execute("EVALSHA", parameters(&script.sha)).await {
            Err(Error::Other(text)) if is_unknown_script(&text) => {
                connection.execute("EVAL", parameters(script.source)).await
            }
            result => result,
        })
        .await
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.ok().and_then(|since| since.as_millis().try_into().ok()).unwrap_or_default()
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
