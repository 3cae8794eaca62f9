//! Top-ups owed to drivers: what a backend does with them, and how each does it.

pub mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::{Entry, Ledger};

/// The statements, in SQL.
pub mod statement {
    /// The top-up of a revision.
    pub const GET: &str = include_str!("get.sql");
}
