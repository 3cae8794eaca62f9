//! The schema of a database. What is done in it is done in single SQL statements.
//!
//! Spin shares one connection between all requests, so a transaction of several statements would take in those of
//! other requests. What has to happen together happens in one statement and the triggers of the schema.

/// The version of the schema, kept in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 2;

/// What each noun needs. A blank line ends a statement: they are run one at a time, and running one again does no harm.
const PARTS: [&str; 5] = [
    include_str!("../trips/schema.sql"),
    include_str!("../quotes/schema.sql"),
    include_str!("../cards/schema.sql"),
    include_str!("../bills/schema.sql"),
    include_str!("../ledger/schema.sql"),
];

/// The statements that make the schema, or what an older one lacks.
pub fn schema() -> impl Iterator<Item = &'static str> {
    PARTS.into_iter().flat_map(|part| part.split("\n\n"))
}

/// The statements that bring a database of an older version to where [`schema`] can go on.
pub fn upgrade(from: i64) -> impl Iterator<Item = &'static str> {
    let statements = if from == 1 { include_str!("upgrade_1.sql").split("\n\n") } else { "".split("\n\n") };
    statements.filter(|statement| !statement.is_empty())
}

/// What SQLite says when a column is added that another instance, or an upgrade that broke off, has added already.
pub const DUPLICATE_COLUMN: &str = "duplicate column name";

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema is split into statements at blank lines, and each can be run again.
    #[test]
    fn the_schema_can_be_made_twice() {
        for statement in schema() {
            let first = statement.lines().find(|line| !line.starts_with("--"));
            assert!(first.is_some_and(|line| line.contains(" IF NOT EXISTS ")), "{statement}");
        }
    }
}
