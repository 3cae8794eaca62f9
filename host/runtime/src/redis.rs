//! `spin:redis`: every instance of every component that opens an address shares one connection to it.
//!
//! Spin opens a connection for each `open`; here opening is cheap and never waits for Redis. Values and errors are
//! those of Spin: what a command answers is flattened into a list, and an error of the server keeps the server's words.

mod link;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::redis::{Cmd, ErrorKind, FromRedisValue, RedisError, Value};
use wasmtime::component::{Accessor, Resource, ResourceTable};

use self::link::Link;
use crate::bindings::spin::redis::redis::{
    Error, Host, HostConnection, HostConnectionWithStore, RedisParameter, RedisResult,
};
use crate::grants::{AllowedHosts, entry_for};

/// The most addresses that can be in use. An application has one or two.
const MAX_ADDRESSES: usize = 32;

/// The largest answer a component is given, in bytes.
const MAX_ANSWER: usize = 16 << 20;

/// Commands that block a connection or change what it is. They make sense on a connection of one's own only.
const UNSHAREABLE: [&str; 26] = [
    "AUTH",
    "BLMOVE",
    "BLMPOP",
    "BLPOP",
    "BRPOP",
    "BRPOPLPUSH",
    "BZMPOP",
    "BZPOPMAX",
    "BZPOPMIN",
    "CLIENT",
    "DISCARD",
    "EXEC",
    "HELLO",
    "MONITOR",
    "MULTI",
    "PSUBSCRIBE",
    "QUIT",
    "READONLY",
    "RESET",
    "SELECT",
    "SSUBSCRIBE",
    "SUBSCRIBE",
    "UNWATCH",
    "WAIT",
    "WAITAOF",
    "WATCH",
];

/// The connections of this process, by address.
#[derive(Clone, Default)]
pub struct Redis {
    links: Arc<Mutex<HashMap<String, Link>>>,
}

impl Redis {
    fn link(&self, address: &str) -> Result<Link, Error> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = links.get(address) {
            return Ok(link.clone());
        }
        if links.len() >= MAX_ADDRESSES {
            return Err(Error::TooManyConnections);
        }
        let client = ::redis::Client::open(address).map_err(|_| Error::InvalidAddress)?;
        let link = Link::new(client);
        links.insert(address.to_owned(), link.clone());
        Ok(link)
    }
}

/// A guest's connection: its share of the one to that address.
pub struct Connection(Link);

/// What the interface needs of an instance.
pub struct RedisView<'a> {
    /// Where the guest's connections are.
    pub table: &'a mut ResourceTable,
    /// The connections of this process.
    pub redis: &'a Redis,
    /// The addresses the component is granted.
    pub allowed_hosts: &'a Arc<AllowedHosts>,
    /// The component's identifier.
    pub component: &'a str,
}

impl RedisView<'_> {
    fn open(&mut self, address: &str) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        if !self.allowed_hosts.allows(address, "redis") {
            let entry = entry_for(address, "redis");
            tracing::error!(
                component = self.component,
                "a connection to Redis was denied; to allow it, add {:?} to `allowed_outbound_hosts` of component {:?}",
                entry.as_deref().unwrap_or("its address"),
                self.component,
            );
            return Ok(Err(Error::InvalidAddress));
        }
        Ok(match self.redis.link(address) {
            Ok(link) => Ok(self.table.push(Connection(link))?),
            Err(error) => Err(error),
        })
    }
}

impl Host for RedisView<'_> {}

impl HostConnection for RedisView<'_> {
    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl<T: Send> HostConnectionWithStore<T> for crate::state::HasRedis {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Answer<Resource<Connection>> {
        accessor.with(|mut access| access.get().open(&address))
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> Answer<()> {
        run(accessor, &connection, ::redis::cmd("PUBLISH").arg(channel).arg(payload)).await
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> Answer<Option<Vec<u8>>> {
        run(accessor, &connection, ::redis::cmd("GET").arg(key)).await
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        value: Vec<u8>,
    ) -> Answer<()> {
        run(accessor, &connection, ::redis::cmd("SET").arg(key).arg(value)).await
    }

    async fn incr(accessor: &Accessor<T, Self>, connection: Resource<Connection>, key: String) -> Answer<i64> {
        run(accessor, &connection, ::redis::cmd("INCRBY").arg(key).arg(1)).await
    }

    async fn del(accessor: &Accessor<T, Self>, connection: Resource<Connection>, keys: Vec<String>) -> Answer<u32> {
        run(accessor, &connection, ::redis::cmd("DEL").arg(keys)).await
    }

    async fn sadd(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        run(accessor, &connection, ::redis::cmd("SADD").arg(key).arg(values)).await
    }

    async fn smembers(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> Answer<Vec<String>> {
        run(accessor, &connection, ::redis::cmd("SMEMBERS").arg(key)).await
    }

    async fn srem(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        run(accessor, &connection, ::redis::cmd("SREM").arg(key).arg(values)).await
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Answer<Vec<RedisResult>> {
        if UNSHAREABLE.contains(&command.to_ascii_uppercase().as_str()) {
            let why = "it blocks or changes the connection, which the local host shares between all instances";
            return Ok(Err(Error::Other(format!("{command} is not supported: {why}"))));
        }
        let mut command = ::redis::cmd(&command);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => command.arg(number),
                RedisParameter::Binary(bytes) => command.arg(bytes),
            };
        }
        let answer: Result<Flattened, Error> = run(accessor, &connection, &command).await?;
        Ok(answer.map(|Flattened(values)| values))
    }
}

async fn run<T: Send, R: FromRedisValue>(
    accessor: &Accessor<T, crate::state::HasRedis>,
    connection: &Resource<Connection>,
    command: &Cmd,
) -> Answer<R> {
    let link = accessor.with(|mut access| access.get().table.get(connection).map(|connection| connection.0.clone()))?;
    let answer = link.run(command).await.map_err(|error| Error::Other(error.to_string()));
    Ok(answer.and_then(|value| {
        if size(&value) > MAX_ANSWER {
            return Err(Error::Other(format!("the answer is larger than {MAX_ANSWER} bytes")));
        }
        R::from_redis_value(value).map_err(RedisError::from).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedReturnType => Error::TypeError,
            _ => Error::Other(error.to_string()),
        })
    }))
}

/// An answer as the interface shows it: arrays within arrays become one list.
struct Flattened(Vec<RedisResult>);

impl FromRedisValue for Flattened {
    fn from_redis_value(value: Value) -> Result<Self, ::redis::ParsingError> {
        fn flatten(value: Value, flat: &mut Vec<RedisResult>) -> Result<(), ::redis::ParsingError> {
            flat.push(match value {
                Value::Nil => RedisResult::Nil,
                Value::Int(number) => RedisResult::Int64(number),
                Value::Boolean(boolean) => RedisResult::Int64(boolean.into()),
                Value::BulkString(bytes) | Value::BigNumber(bytes) => RedisResult::Binary(bytes),
                Value::Double(number) => RedisResult::Binary(number.to_string().into_bytes()),
                Value::SimpleString(status) => RedisResult::Status(status),
                Value::Okay => RedisResult::Status("OK".to_owned()),
                Value::Array(values) | Value::Set(values) => {
                    return values.into_iter().try_for_each(|value| flatten(value, flat));
                }
                other => return Err(format!("an answer of this kind is not supported: {other:?}").into()),
            });
            Ok(())
        }
        let mut flat = Vec::new();
        flatten(value, &mut flat)?;
        Ok(Self(flat))
    }
}

fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::BulkString(bytes) | Value::BigNumber(bytes) => bytes.len(),
            Value::SimpleString(text) | Value::VerbatimString { text, .. } => text.len(),
            Value::Array(values) | Value::Set(values) => values.iter().map(size).sum(),
            Value::Map(pairs) => pairs.iter().map(|(key, value)| size(key) + size(value)).sum(),
            _ => 0,
        }
}
