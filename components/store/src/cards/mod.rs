//! Rate cards that were priced with: what a backend does with them, and how each does it.

mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Cards;

/// The statements, in SQL.
pub mod statement {
    /// Keeps a rate card unless there is one.
    pub const PUT_ONCE: &str = include_str!("put_once.sql");
    /// A rate card.
    pub const GET: &str = include_str!("get.sql");
}
