//! Trips: what a backend does with them, and how each does it.

mod batch;
pub mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use batch::{Batch, BatchError};
pub use contract::{AddError, Totals, Trips};

use crate::backend::Script;
use std::sync::LazyLock;

/// Adds segments to a trip.
pub static ADD_SEGMENTS: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("add_segments.lua")));

/// The statements, in SQL.
pub mod statement {
    /// What SQLite says when a segment is there already and says something else.
    pub const SEGMENT_CONFLICT: &str = "segment_conflict";
    /// What SQLite says when a trip would hold too many segments.
    pub const TOO_MANY_SEGMENTS: &str = "too_many_segments";
    /// Adds segments to a trip, all or none.
    pub const ADD_SEGMENTS: &str = include_str!("add_segments.sql");
    /// Says which segment is in conflict.
    pub const FIND_CONFLICT: &str = include_str!("find_conflict.sql");
    /// The totals of a trip.
    pub const TOTALS: &str = include_str!("totals.sql");
    /// The segments of a trip, as one JSON array.
    pub const SEGMENTS: &str = include_str!("segments.sql");
}

#[cfg(test)]
mod tests {
    use super::statement::{SEGMENT_CONFLICT, TOO_MANY_SEGMENTS};
    use crate::MAX_SEGMENTS;

    /// The schema holds the words that the component looks for.
    #[test]
    fn the_schema_says_what_the_component_expects() {
        let schema = include_str!("schema.sql");
        let limit = format!("CONSTRAINT {TOO_MANY_SEGMENTS} CHECK (segments <= {MAX_SEGMENTS})");
        assert!(schema.contains(&limit), "{limit}");
        let conflict = format!("RAISE(ABORT, '{SEGMENT_CONFLICT}')");
        assert!(schema.contains(&conflict), "{conflict}");
    }
}
