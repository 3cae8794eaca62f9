//! The schema of a database. What is done in it is done in single SQL statements.
//!
//! Spin shares one connection between all requests, so a transaction of several statements would take in those of
//! other requests. What has to happen together happens in one statement and the triggers of the schema.

/// The version of the schema, kept in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 9;

/// What each noun needs. A blank line ends a statement: they are run one at a time, and running one again does no harm.
const PARTS: [&str; 11] = [
    include_str!("schema.sql"),
    include_str!("../nonces/schema.sql"),
    include_str!("../trips/schema.sql"),
    include_str!("../quotes/schema.sql"),
    include_str!("../documents/schema.sql"),
    include_str!("../bills/schema.sql"),
    include_str!("../configuration/schema.sql"),
    include_str!("../rate_limits/schema.sql"),
    include_str!("../positions/schema.sql"),
    include_str!("../journal/schema.sql"),
    include_str!("../breakers/schema.sql"),
];

/// Who else writes a city.
pub const FENCE: &str = include_str!("fence.sql");

/// The text of a write: what every write begins with, and its own part.
macro_rules! write_statement {
    ($own:literal) => {
        concat!(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/backend/prologue.sql")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $own))
        )
    };
}
pub(crate) use write_statement;

/// The same of a write that is part of a request which may be carried out once.
macro_rules! write_once_statement {
    ($own:literal) => {
        concat!(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/backend/prologue.sql")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/backend/once.sql")),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/", $own))
        )
    };
}
pub(crate) use write_once_statement;

/// Whether a statement is a plain read: those have a connection of their own, so that none waits for a write. What reads and is to take its
/// turn among the writes begins with WITH.
pub fn only_reads(statement: &str) -> bool {
    let first = statement.lines().find(|line| !line.starts_with("--")).unwrap_or_default();
    first.split_whitespace().next() == Some("SELECT")
}

/// The statements that make the schema.
pub fn schema() -> impl Iterator<Item = &'static str> {
    PARTS.into_iter().flat_map(|part| part.split("\n\n"))
}

/// Why a database of this version is not touched. Says what to do.
pub fn refusal(version: Option<i64>) -> String {
    match version {
        Some(version) if version < SCHEMA_VERSION => format!(
            "SQLite: the database was made by an earlier release (schema version {version}; this one knows \
             {SCHEMA_VERSION}); move the file away and start again, and a new one is made, or go back to that release"
        ),
        Some(version) => format!(
            "SQLite: the database was made by a later release (schema version {version}; this one knows \
             {SCHEMA_VERSION}); use that release, or move the file away and start again, and a new one is made"
        ),
        None => "SQLite: the version of the database's schema is not a number; move the file away".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema is split into statements at blank lines, and each can be run again.
    #[test]
    fn the_schema_can_be_made_twice() {
        for statement in schema() {
            let first = statement.lines().find(|line| !line.starts_with("--"));
            let can_be_made_twice =
                |line: &str| line.contains(" IF NOT EXISTS ") || line.ends_with("ON CONFLICT DO NOTHING");
            assert!(first.is_some_and(can_be_made_twice), "{statement}");
        }
    }

    /// Reads and writes are told apart, and what has to take its turn is no plain read.
    #[test]
    fn plain_reads() {
        use crate::{bills, breakers, configuration, journal, ledger, nonces, positions, quotes, trips};
        for statement in [
            FENCE,
            quotes::statement::GET,
            configuration::statement::FILE,
            journal::statement::OF_TRIP,
            journal::statement::TO_RECALL,
            positions::statement::LIST,
            positions::statement::LOSSES,
            breakers::statement::LIST,
        ] {
            assert!(only_reads(statement), "{statement}");
        }
        for statement in [
            quotes::statement::GET_IN_TURN,
            configuration::statement::GENERATIONS,
            configuration::statement::PROPOSE,
            breakers::statement::ENTER,
            bills::statement::POST,
            journal::statement::ENTER_BILL,
            journal::statement::SECURE,
            journal::statement::RECALL,
            positions::statement::NOTE,
            nonces::statement::ENTER,
        ] {
            assert!(!only_reads(statement), "{statement}");
        }
        assert!(only_reads(ledger::statement::GET) && only_reads(trips::statement::ADDED));
    }

    /// Who finds a database of another release is told what to do with it.
    #[test]
    fn other_versions_are_refused_with_a_way_out() {
        for (version, words) in [(Some(4), "earlier release"), (Some(99), "later release"), (None, "not a number")] {
            let told = refusal(version);
            assert!(told.contains(words) && told.contains("move the file away"), "{told}");
        }
    }
}
