//! Where the buckets of the shared store are, as far as this node knows: so that a store which has lost something is found out.
//!
//! What decides is [`farebox_records::proof`]; the shared store's part is in `prologue.lua`. What is known is noted in the embedded
//! database, for the other instances of the node and for the time after them.

pub mod codec;
mod known;
mod looking;
#[cfg(target_family = "wasm")]
pub mod sqlite;

pub use known::{Known, News, Noted, Notes, PATIENCE_MS};
pub use looking::{Looks, Quiet, look};

/// The statements, in SQL.
pub mod statement {
    /// All that is noted.
    pub const LIST: &str = include_str!("list.sql");
    /// Notes where buckets are.
    pub const NOTE: &str = include_str!("note.sql");
    /// Takes buckets that were not heard of for long.
    pub const QUIET: &str = include_str!("quiet.sql");
    /// What was lost.
    pub const LOSSES: &str = include_str!("losses.sql");
}
