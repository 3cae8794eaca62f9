//! What the instances of this node know of what does not answer: what a backend does with it, and how SQLite does it. It is in the
//! embedded database whatever else is in Redis, and a row changes by comparing its generation and swapping.

mod contract;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Breakers;

/// The statements, in SQL.
pub mod statement {
    /// All rows.
    pub const LIST: &str = include_str!("list.sql");
    /// Puts a row in the place of the one of a generation, and returns it.
    pub const ENTER: &str = include_str!("enter.sql");
    /// A row.
    pub const ROW: &str = include_str!("row.sql");
}
