//! Requests that are carried out once: what a backend does with their nonces, and how each does it.

pub mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Nonces;

use crate::backend::{Script, write_once_script};
use std::sync::LazyLock;

/// Enters a nonce, and writes nothing else.
pub static ENTER: LazyLock<Script> = write_once_script!("nonces/enter.lua");

/// The statements, in SQL.
pub mod statement {
    use crate::backend::write_once_statement;

    /// Enters a nonce, and writes nothing else.
    pub const ENTER: &str = write_once_statement!("nonces/enter.sql");
    /// Whether a request is a replay.
    pub const REPLAYED: &str = include_str!("replayed.sql");
}
