//! `spin:redis`: every instance of every component that opens an address shares two connections to it, one for commands that
//! only read, one for all others.
//!
//! Spin opens a connection for each `open`; here opening is cheap and never waits for Redis. A command is sent when it is asked for,
//! so one that reads may overtake one that writes and was not answered yet; none overtakes what was. Values and errors are
//! those of Spin: what a command answers is flattened into a list, and an error of the server keeps the server's words.

mod link;
mod listening;
mod reading;
mod unshareable;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::redis::{Arg, Client, Cmd, ErrorKind, FromRedisValue, RedisError, Value};
use wasmtime::component::{Accessor, HasData, Linker, Resource, ResourceTable};

pub use self::bindings::spin::redis::redis as interface;
use self::bindings::spin::redis::redis::{
    Error, Host, HostConnection, HostConnectionWithStore, RedisParameter, RedisResult,
};
use self::link::{Failure, Link, Purpose};
pub(crate) use self::listening::{Channels, Listening, NotHeard};
use super::allowed_hosts::{AllowedHosts, entry_for};
use super::denial::Denial;

mod bindings {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: "wit/spin-redis@3.0.0",
        interfaces: "import spin:redis/redis@3.0.0;",
        imports: { default: async | trappable },
        // A guest's connection is its share of the one to that address.
        with: { "spin:redis/redis.connection": crate::capabilities::redis::Links },
    });
}

/// The most addresses that can be in use. An application has one or two.
const MAX_ADDRESSES: usize = 32;

/// The largest answer a component is given, in bytes.
const MAX_ANSWER: usize = 16 << 20;

/// The connections of this process, by address.
#[derive(Clone, Default)]
pub struct Redis {
    links: Arc<Mutex<HashMap<String, Links>>>,
}

/// The shared connections to one address.
#[derive(Clone)]
pub struct Links {
    reads: Link,
    writes: Link,
}

impl Links {
    fn new(client: Client) -> Self {
        Self { reads: Link::new(client.clone(), Purpose::Reads), writes: Link::new(client, Purpose::Writes) }
    }

    async fn run(&self, command: &Cmd) -> Result<Value, Failure> {
        let only_reads = match command.args_iter().next() {
            Some(Arg::Simple(name)) => std::str::from_utf8(name).is_ok_and(reading::only_reads),
            _ => false,
        };
        if only_reads { self.reads.run(command).await } else { self.writes.run(command).await }
    }
}

impl Redis {
    fn links(&self, address: &str) -> Result<Links, Error> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = links.get(address) {
            return Ok(known.clone());
        }
        if links.len() >= MAX_ADDRESSES {
            return Err(Error::TooManyConnections);
        }
        let client = Client::open(address).map_err(|_| Error::InvalidAddress)?;
        let new = Links::new(client);
        links.insert(address.to_owned(), new.clone());
        Ok(new)
    }
}

/// What the interface needs of an instance.
pub struct RedisView<'a> {
    /// Where the guest's connections are.
    pub table: &'a mut ResourceTable,
    /// The connections of this process.
    pub redis: &'a Redis,
    /// The addresses the component is granted.
    pub allowed_hosts: &'a AllowedHosts,
    /// The component's identifier.
    pub component: &'a str,
}

/// Shows the interface to guests; `of` finds in an instance what it needs.
///
/// # Errors
///
/// The linker has it already.
pub fn link<T: Send + 'static>(linker: &mut Linker<T>, of: fn(&mut T) -> RedisView<'_>) -> wasmtime::Result<()> {
    interface::add_to_linker::<T, Interface>(linker, of)
}

struct Interface;

impl HasData for Interface {
    type Data<'a> = RedisView<'a>;
}

impl RedisView<'_> {
    fn open(&mut self, address: &str) -> wasmtime::Result<Result<Resource<Links>, Error>> {
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
        Ok(match self.redis.links(address) {
            Ok(links) => Ok(self.table.push(links)?),
            Err(error) => Err(error),
        })
    }
}

impl Host for RedisView<'_> {}

impl HostConnection for RedisView<'_> {
    async fn drop(&mut self, connection: Resource<Links>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl<T: Send> HostConnectionWithStore<T> for Interface {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Answer<Resource<Links>> {
        accessor.with(|mut access| access.get().open(&address))
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        connection: Resource<Links>,
        channel: String,
        payload: Vec<u8>,
    ) -> Answer<()> {
        run(accessor, &connection, ::redis::cmd("PUBLISH").arg(channel).arg(payload)).await
    }

    async fn get(accessor: &Accessor<T, Self>, connection: Resource<Links>, key: String) -> Answer<Option<Vec<u8>>> {
        run(accessor, &connection, ::redis::cmd("GET").arg(key)).await
    }

    async fn set(accessor: &Accessor<T, Self>, connection: Resource<Links>, key: String, value: Vec<u8>) -> Answer<()> {
        run(accessor, &connection, ::redis::cmd("SET").arg(key).arg(value)).await
    }

    async fn incr(accessor: &Accessor<T, Self>, connection: Resource<Links>, key: String) -> Answer<i64> {
        run(accessor, &connection, ::redis::cmd("INCRBY").arg(key).arg(1)).await
    }

    async fn del(accessor: &Accessor<T, Self>, connection: Resource<Links>, keys: Vec<String>) -> Answer<u32> {
        run(accessor, &connection, ::redis::cmd("DEL").arg(keys)).await
    }

    async fn sadd(
        accessor: &Accessor<T, Self>,
        connection: Resource<Links>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        run(accessor, &connection, ::redis::cmd("SADD").arg(key).arg(values)).await
    }

    async fn smembers(accessor: &Accessor<T, Self>, connection: Resource<Links>, key: String) -> Answer<Vec<String>> {
        run(accessor, &connection, ::redis::cmd("SMEMBERS").arg(key)).await
    }

    async fn srem(
        accessor: &Accessor<T, Self>,
        connection: Resource<Links>,
        key: String,
        values: Vec<String>,
    ) -> Answer<u32> {
        run(accessor, &connection, ::redis::cmd("SREM").arg(key).arg(values)).await
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        connection: Resource<Links>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Answer<Vec<RedisResult>> {
        let words = arguments.iter().map(|argument| match argument {
            RedisParameter::Int64(_) => &[],
            RedisParameter::Binary(bytes) => bytes.as_slice(),
        });
        if let Some(refusal) = unshareable::refusal(&command, &words.collect::<Vec<_>>()) {
            return Ok(Err(Error::Other(refusal)));
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
    accessor: &Accessor<T, Interface>,
    connection: &Resource<Links>,
    command: &Cmd,
) -> Answer<R> {
    let links = accessor.with(|mut access| access.get().table.get(connection).cloned())?;
    let answer = links.run(command).await.map_err(|error| Error::Other(error.to_string()));
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

/// Opening is an error, so there is never a connection to do anything with.
pub const DENIAL: Denial = Denial {
    interface: "spin:redis/redis",
    version: Some("3.0.0"),
    wit: include_str!("../../wit/spin-redis@3.0.0/redis.wit"),
    wat: include_str!("redis/denial.wat"),
};
