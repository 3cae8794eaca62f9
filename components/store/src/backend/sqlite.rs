//! SQLite, through `spin:sqlite`.
//!
//! An instance has two connections: plain reads wait for no write on theirs.

use super::once::once_json;
use super::statement::{self, FENCE, SCHEMA_VERSION};
use super::{BUSY_MS, Fault, Fence, Shared, Synchronous, again_after_ms};
use farebox_records::stored::Once;
use spin_sdk::sqlite::{Connection, Error, RowResult, Value};
use std::num::NonZeroU32;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A SQLite database to keep things in.
pub struct Sqlite {
    /// The site that asks.
    site: String,
    synchronous: Synchronous,
    /// How long a trip is kept after its last segment, in seconds.
    pub(crate) trip_ttl_s: NonZeroU32,
    writes: Shared<Connection>,
    reads: Shared<Connection>,
}

impl Sqlite {
    /// Does not open the database yet.
    pub fn new(site: String, synchronous: Synchronous, trip_ttl_s: NonZeroU32) -> Self {
        Self { site, synchronous, trip_ttl_s, writes: Shared::new(), reads: Shared::new() }
    }

    /// Runs a statement to its end, which is when it has taken effect, and returns its rows.
    pub(crate) async fn run(&self, statement: &str, parameters: Vec<Value>) -> Result<Vec<RowResult>, Failure> {
        let shared = if statement::only_reads(statement) { &self.reads } else { &self.writes };
        let connection = shared.lease(async || self.open().await).await?;
        let result = run_in_time(&connection, statement, parameters).await;
        match result {
            Err(Failure::Sqlite(Error::InvalidConnection)) => _ = connection.broken(),
            _ => connection.answered(),
        }
        result
    }

    /// Runs a statement that returns one row at most.
    pub(crate) async fn row(&self, statement: &str, parameters: Vec<Value>) -> Result<Option<RowResult>, Failure> {
        Ok(self.run(statement, parameters).await?.into_iter().next())
    }

    /// Takes a step: a statement that begins as every write does, with what comes after city and site. Returns the row
    /// that comes back: none when there was nothing to write, or may nothing be written.
    pub(crate) async fn step<const N: usize>(
        &self,
        statement: &str,
        city: &str,
        parameters: [Value; N],
    ) -> Result<Option<RowResult>, Fault> {
        let parameters = [city.into(), self.site.as_str().into()].into_iter().chain(parameters).collect();
        Ok(self.row(statement, parameters).await?)
    }

    /// Says why a step wrote nothing, if that is because another site writes the city.
    pub(crate) async fn admitted(&self, city: &str) -> Result<(), Fault> {
        let Some(row) = self.row(FENCE, vec![city.into(), self.site.as_str().into()]).await? else { return Ok(()) };
        let fence = || {
            let (epoch, retry_after_s) = (row.get::<u64>(1)?, row.get::<u64>(2)?.max(1));
            Some(Fence { owner: row.get::<&str>(0)?.to_owned(), epoch, retry_after_s })
        };
        Err(fence().map_or_else(|| corrupt("fence"), Fault::Fenced))
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let connection = Connection::open_default().await?;
        run(&connection, self.synchronous.pragma(), Vec::new()).await?;
        run(&connection, &format!("PRAGMA busy_timeout = {BUSY_MS}"), Vec::new()).await?;
        let version = run(&connection, "PRAGMA user_version", Vec::new()).await?;
        match version.first().and_then(|row| row.get::<i64>(0)) {
            Some(SCHEMA_VERSION) => {}
            Some(0) => {
                // All of it can be run twice: another instance may be doing so, and this one may be dropped half-way.
                run_in_time(&connection, "PRAGMA journal_mode = WAL", Vec::new()).await?;
                for statement in statement::schema() {
                    run_in_time(&connection, statement, Vec::new()).await?;
                }
                run_in_time(&connection, &format!("PRAGMA user_version = {SCHEMA_VERSION}"), Vec::new()).await?;
            }
            version => return Err(Fault::Other(statement::refusal(version)).into()),
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
            Failure::Sqlite(Error::DatabaseFull) => Self::Refused("SQLite: the database is full".to_owned()),
            Failure::Sqlite(Error::InvalidConnection) => Self::Unavailable("SQLite: the connection is gone".to_owned()),
            Failure::Sqlite(Error::NoSuchDatabase | Error::AccessDenied) => Self::Other(
                "SQLite: database \"default\" is not configured, or sqlite_databases does not list it".to_owned(),
            ),
        }
    }
}

/// Runs a statement, again when another connection writes: nothing has happened then.
async fn run_in_time(
    connection: &Connection,
    statement: &str,
    parameters: Vec<Value>,
) -> Result<Vec<RowResult>, Failure> {
    let mut tried = 0;
    loop {
        let result = run(connection, statement, parameters.clone()).await;
        tried += 1;
        let Err(Failure::Sqlite(Error::Io(text))) = &result else { return result };
        let chance = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_micros());
        let Some(ms) = again_after_ms(text, tried, chance.into()) else { return result };
        spin_sdk::time::sleep(Duration::from_millis(ms)).await;
    }
}

async fn run(connection: &Connection, statement: &str, parameters: Vec<Value>) -> Result<Vec<RowResult>, Failure> {
    Ok(connection.execute(statement, parameters).await?.collect().await?)
}

/// What a step is told of the request that it is part of.
pub fn once_parameter(once: Option<&Once>) -> Value {
    once.map_or(Value::Null, |once| once_json(once).into())
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

/// Nothing was written, and there is no reason for it any more: the fence has just gone.
pub fn not_admitted_a_moment_ago() -> Fault {
    Fault::Unavailable("SQLite: another site wrote the city until just now".to_owned())
}
