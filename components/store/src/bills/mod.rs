//! Bills: what a backend does with them, and how each does it.

mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::{Bills, StoredBill};

/// The statements, in SQL.
pub mod statement {
    use crate::backend::write_statement;

    /// Keeps a bill unless there is one.
    pub const PUT_ONCE: &str = write_statement!("bills/put_once.sql");
    /// A bill.
    pub const GET: &str = include_str!("get.sql");
}
