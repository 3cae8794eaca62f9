//! Cached estimates: what a backend does with them, and how each does it.

mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Quotes;

/// The statements, in SQL.
pub mod statement {
    /// Keeps a quote.
    pub const PUT: &str = include_str!("put.sql");
    /// A quote that has not expired.
    pub const GET: &str = include_str!("get.sql");
}
