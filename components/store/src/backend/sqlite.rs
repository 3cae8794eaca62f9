//! SQLite, through `spin:sqlite`.

use super::statement::{self, DUPLICATE_COLUMN, SCHEMA_VERSION};
use super::{Fault, Shared, Synchronous};
use spin_sdk::sqlite::{Connection, Error, RowResult, Value};
use std::num::NonZeroU32;

/// A SQLite database to keep things in.
pub struct Sqlite {
    synchronous: Synchronous,
    /// How long a trip is kept after its last segment, in seconds.
    pub(crate) trip_ttl_s: NonZeroU32,
    connection: Shared<Connection>,
}

impl Sqlite {
    /// Does not open the database yet.
    pub fn new(synchronous: Synchronous, trip_ttl_s: NonZeroU32) -> Self {
        Self { synchronous, trip_ttl_s, connection: Shared::new() }
    }

    /// Runs a statement to its end, which is when it has taken effect, and returns its rows.
    pub(crate) async fn run<const N: usize>(
        &self,
        statement: &str,
        parameters: [Value; N],
    ) -> Result<Vec<RowResult>, Failure> {
        let connection = self.connection.lease(async || self.open().await).await?;
        let result = run(&connection, statement, parameters).await;
        match result {
            Err(Failure::Sqlite(Error::InvalidConnection)) => _ = connection.broken(),
            _ => connection.answered(),
        }
        result
    }

    /// Runs a statement that returns one row at most.
    pub(crate) async fn row<const N: usize>(
        &self,
        statement: &str,
        parameters: [Value; N],
    ) -> Result<Option<RowResult>, Failure> {
        Ok(self.run(statement, parameters).await?.into_iter().next())
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let connection = Connection::open_default().await?;
        run(&connection, self.synchronous.pragma(), []).await?;
        let version = run(&connection, "PRAGMA user_version", []).await?;
        match version.first().and_then(|row| row.get::<i64>(0)) {
            Some(SCHEMA_VERSION) => {}
            Some(version @ 0..SCHEMA_VERSION) => {
                // All of it can be run twice: another instance may be doing so, and this one may be dropped half-way.
                run(&connection, "PRAGMA journal_mode = WAL", []).await?;
                for statement in statement::upgrade(version).chain(statement::schema()) {
                    match run(&connection, statement, []).await {
                        Err(Failure::Sqlite(Error::Io(text))) if text.contains(DUPLICATE_COLUMN) => {}
                        result => drop(result?),
                    }
                }
                run(&connection, &format!("PRAGMA user_version = {SCHEMA_VERSION}"), []).await?;
            }
            version => {
                let text = format!("SQLite: the schema has version {version:?}; this component knows {SCHEMA_VERSION}");
                return Err(Fault::Other(text).into());
            }
        }
        Ok(connection)
    }
}

/// Why a statement did not run: SQLite's own word, as long as it may mean something to the one who asked.
pub enum Failure {
    /// What it said.
    Sqlite(Error),
    /// What became clear before it was asked.
    Fault(Fault),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fault(fault) => fault,
            Failure::Sqlite(Error::Io(text)) => Self::from_sqlite(&text),
            Failure::Sqlite(Error::DatabaseFull) => Self::Unavailable("SQLite: the database is full".to_owned()),
            Failure::Sqlite(Error::InvalidConnection) => Self::Unavailable("SQLite: the connection is gone".to_owned()),
            Failure::Sqlite(Error::NoSuchDatabase | Error::AccessDenied) => Self::Other(
                "SQLite: database \"default\" is not configured, or sqlite_databases does not list it".to_owned(),
            ),
        }
    }
}

async fn run<const N: usize>(
    connection: &Connection,
    statement: &str,
    parameters: [Value; N],
) -> Result<Vec<RowResult>, Failure> {
    Ok(connection.execute(statement, parameters).await?.collect().await?)
}

/// The columns of a row of texts, without copying them.
pub fn texts<const N: usize>(row: RowResult) -> Option<[String; N]> {
    let text = |value| match value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    row.values.into_iter().map(text).collect::<Option<Vec<String>>>()?.try_into().ok()
}

/// What is there is not as this component writes it.
pub fn corrupt(what: &str) -> Fault {
    Fault::Other(format!("SQLite: a {what} is not as this component writes it"))
}

/// What was there a moment ago is not.
pub fn vanished(what: &str) -> Fault {
    Fault::Other(format!("SQLite: a {what} vanished while it was being read"))
}
