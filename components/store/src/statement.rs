//! The atomic steps in SQLite: single SQL statements.
//!
//! Spin shares one connection between all requests, so a transaction of several statements would take in those of
//! other requests. What has to happen together happens in one statement and the triggers of the schema.

/// The version of the schema, kept in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 2;

/// The statements that make the schema, or what an older one lacks.
pub fn schema() -> impl Iterator<Item = &'static str> {
    include_str!("sql/schema.sql").split("\n\n")
}

/// The statements that bring a database of an older version to where [`schema`] can go on.
pub fn upgrade(from: i64) -> impl Iterator<Item = &'static str> {
    let statements = if from == 1 { include_str!("sql/upgrade_1.sql").split("\n\n") } else { "".split("\n\n") };
    statements.filter(|statement| !statement.is_empty())
}

/// What SQLite says when a column is added that another instance, or an upgrade that broke off, has added already.
pub const DUPLICATE_COLUMN: &str = "duplicate column name";

/// What SQLite says when a segment is there already and says something else.
pub const SEGMENT_CONFLICT: &str = "segment_conflict";

/// What SQLite says when a trip would hold too many segments.
pub const TOO_MANY_SEGMENTS: &str = "too_many_segments";

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = include_str!(concat!("sql/", $file, ".sql"));)*
    };
}

statements! {
    /// Adds segments to a trip, all or none.
    ADD_SEGMENTS = "add_segments";
    /// Says which segment is in conflict.
    FIND_CONFLICT = "find_conflict";
    /// The totals of a trip.
    TOTALS = "totals";
    /// The segments of a trip, as one JSON array.
    SEGMENTS = "segments";
    /// Keeps a quote.
    PUT_QUOTE = "put_quote";
    /// A quote that has not expired.
    QUOTE = "quote";
    /// Keeps a rate card unless there is one.
    PUT_CARD = "put_card";
    /// A rate card.
    CARD = "card";
    /// Keeps a bill unless there is one.
    PUT_BILL = "put_bill";
    /// A bill.
    BILL = "bill";
    /// Enters a top-up unless there is one.
    PUT_TOP_UP = "put_top_up";
    /// A top-up.
    TOP_UP = "top_up";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_SEGMENTS;

    /// The schema is split into statements at blank lines, and holds the words the component looks for.
    #[test]
    fn the_schema_says_what_the_component_expects() {
        let schema: Vec<&str> = schema().collect();
        for statement in &schema {
            let first = statement.lines().find(|line| !line.starts_with("--"));
            assert!(first.is_some_and(|line| line.contains(" IF NOT EXISTS ")), "{statement}");
        }
        let limit = format!("CONSTRAINT {TOO_MANY_SEGMENTS} CHECK (segments <= {MAX_SEGMENTS})");
        assert!(schema.iter().any(|statement| statement.contains(&limit)), "{limit}");
        let conflict = format!("RAISE(ABORT, '{SEGMENT_CONFLICT}')");
        assert!(schema.iter().any(|statement| statement.contains(&conflict)), "{conflict}");
    }
}
