//! How much this site lets whom ask: what a backend does with limits, and how each does it.
//!
//! A step takes tokens and says what is kept from then on; what is told of it is computed from that, by
//! [`farebox_limits::bucket`], whose arithmetic the script and the statement repeat. Tests hold both to it.

pub mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::{RateLimits, check};

use crate::backend::Script;
use std::sync::LazyLock;

/// Takes tokens. It begins with none of what every write does first: a limit is this site's own, and no city's.
pub static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));

/// The statements, in SQL.
pub mod statement {
    /// Takes tokens.
    pub const TAKE: &str = include_str!("take.sql");
}
