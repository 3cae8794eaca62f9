//! What every noun is kept with: connections, keys, faults, scripts and statements.
//!
//! Every write is one atomic step of the backend (one Lua script, one SQL statement), so that it happens whole or not
//! at all whatever becomes of the caller, and running it again changes nothing. Any future here may be dropped before it
//! is done.
//!
//! Identifiers were checked by the caller. Nothing here has a deadline: that is the caller's duty too.

mod busy;
mod connection;
mod fault;
mod keys;
mod once;
#[cfg(target_family = "wasm")]
mod redis;
mod reply;
mod script;
#[cfg(target_family = "wasm")]
pub mod sqlite;
pub mod statement;
mod synchronous;

#[cfg(target_family = "wasm")]
pub use self::redis::Redis;
#[cfg(target_family = "wasm")]
pub use self::sqlite::Sqlite;
pub use busy::{BUSY_MS, again_after_ms};
pub use connection::{Lease, Shared};
pub use fault::{Access, Fault, Fence, is_unknown_script};
pub use keys::Keys;
pub use once::{once_argument, once_json};
pub use reply::{Reply, admitted, corrupt};
pub use script::{LOOK, Script};
pub(crate) use script::{write_once_script, write_script};
pub(crate) use statement::{write_once_statement, write_statement};
pub use synchronous::Synchronous;
