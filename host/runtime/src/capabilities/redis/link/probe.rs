//! What a connection has to answer before it is believed.
//!
//! A server that greets may hang all the same, or be read and not be written. So a connection is of use once what it is for was
//! tried on it: with a key and a script that nobody has, so that nothing is changed.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisError, Value};

/// A script that does nothing and says that it writes, which is what it is without flags: a server that is read-only, or whose writes
/// are paused, does not run it. Any user who may run scripts at all may run it, since it has no keys. Redis 7.0 and later read it so.
const WRITES: &str = "#!lua\nreturn 1";

/// The codes of answers that say that another server has to be asked, or this one later.
const NOT_HERE: [&str; 4] = ["READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN"];

/// What a connection is for. One that waits with a write would hold up what is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Commands that change nothing.
    Reads,
    /// All others.
    Writes,
}

impl Purpose {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Reads => "to read",
            Self::Writes => "to write",
        }
    }

    fn question(self) -> Cmd {
        match self {
            Self::Reads => redis::cmd("EXISTS").arg("").clone(),
            Self::Writes => redis::cmd("EVAL").arg(WRITES).arg(0).clone(),
        }
    }
}

/// Asks. Whatever is answered will do - a user may lack a permission, a server may be older - but that this is not the place.
///
/// # Errors
///
/// There is no answer, or it is that another server has to be asked.
pub(super) async fn ask(connection: &MultiplexedConnection, purpose: Purpose) -> Result<(), RedisError> {
    let answer = connection.clone().send_packed_command(&purpose.question()).await.and_then(Value::extract_error);
    match answer {
        Err(error) if error.is_unrecoverable_error() || is_elsewhere(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Whether an answer says that this is not the server to ask: a primary that was made a replica stays one for this connection, and the
/// next one may lead to another server.
pub(super) fn is_elsewhere(error: &RedisError) -> bool {
    error.code().is_some_and(|code| NOT_HERE.contains(&code))
}
