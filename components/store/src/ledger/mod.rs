//! Top-ups owed to drivers: what a backend does with them, and how each does it.

mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::{Ledger, TopUp};

/// The statements, in SQL.
pub mod statement {
    use crate::backend::write_statement;

    /// Enters a top-up unless there is one.
    pub const PUT_ONCE: &str = write_statement!("ledger/put_once.sql");
    /// A top-up.
    pub const GET: &str = include_str!("get.sql");
}
