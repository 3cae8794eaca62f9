//! Trips: what a backend does with them, and how each does it.

mod added;
mod batch;
pub mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod redis;
pub mod rows;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use added::{Added, Seen};
pub use batch::{Batch, BatchError};
pub use contract::{AddError, Trips};

use crate::backend::{Script, write_once_script};
use std::sync::LazyLock;

/// Adds segments to a trip.
pub static ADD_SEGMENTS: LazyLock<Script> = write_once_script!("trips/add_segments.lua");

/// The statements, in SQL.
pub mod statement {
    use crate::backend::write_once_statement;

    /// Adds segments to a trip, all or none.
    pub const ADD_SEGMENTS: &str = write_once_statement!("trips/add_segments.sql");
    /// Says what became of them.
    pub const ADDED: &str = include_str!("added.sql");
    /// The segments of a trip, as one JSON array.
    pub const SEGMENTS: &str = include_str!("segments.sql");
}

#[cfg(test)]
mod tests {
    use crate::MAX_SEGMENTS;

    /// Both places where the schema has the limit have the same.
    #[test]
    fn the_schema_knows_the_limit() {
        let schema = include_str!("schema.sql");
        assert_eq!(schema.matches(&format!("<= {MAX_SEGMENTS}")).count(), 2);
        assert_eq!(schema.matches("<= 2").count(), 2);
    }
}
