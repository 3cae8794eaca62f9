//! Cached estimates: what a backend does with them, and how each does it.

mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Quotes;

use crate::backend::{Script, write_script};
use std::sync::LazyLock;

/// Keeps a quote.
pub static PUT: LazyLock<Script> = write_script!("quotes/put.lua");

/// The statements, in SQL.
pub mod statement {
    use crate::backend::write_statement;

    /// Keeps a quote.
    pub const PUT: &str = write_statement!("quotes/put.sql");
    /// A quote that has not expired.
    pub const GET: &str = include_str!("get.sql");
    /// The same, asked in turn with the writes: no plain SELECT, so it comes after what was sent before.
    pub const GET_IN_TURN: &str =
        concat!("WITH kept (document) AS (", include_str!("get.sql"), ") SELECT document FROM kept");
}
