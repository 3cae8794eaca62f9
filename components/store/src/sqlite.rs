//! [`Backend`] over SQLite, through `spin:sqlite`.

use crate::statement::{self, DUPLICATE_COLUMN, SCHEMA_VERSION, SEGMENT_CONFLICT, TOO_MANY_SEGMENTS};
use crate::{AddError, Backend, Batch, Fault, Shared, StoredBill, Synchronous, TopUp, Totals};
use farebox_fare::Segment;
use spin_sdk::sqlite::{Connection, Error, RowResult, Value};
use std::num::NonZeroU32;

/// Trips, quotes, rate cards, bills and top-ups in SQLite.
pub struct Sqlite {
    synchronous: Synchronous,
    trip_ttl_s: NonZeroU32,
    connection: Shared<Connection>,
}

impl Sqlite {
    /// Does not open the database yet.
    pub fn new(synchronous: Synchronous, trip_ttl_s: NonZeroU32) -> Self {
        Self { synchronous, trip_ttl_s, connection: Shared::new() }
    }

    /// Runs a statement to its end, which is when it has taken effect, and returns its rows.
    async fn run<const N: usize>(&self, statement: &str, parameters: [Value; N]) -> Result<Vec<RowResult>, Failure> {
        let connection = self.connection.lease(async || self.open().await).await?;
        let result = run(&connection, statement, parameters).await;
        match result {
            Err(Failure::Sqlite(Error::InvalidConnection)) => _ = connection.broken(),
            _ => connection.answered(),
        }
        result
    }

    /// Runs a statement that returns one row at most.
    async fn row<const N: usize>(&self, statement: &str, parameters: [Value; N]) -> Result<Option<RowResult>, Failure> {
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

impl Backend for Sqlite {
    async fn add_segments(&self, city: &str, trip: &str, batch: &Batch) -> Result<Totals, AddError> {
        let rows = batch.segments().iter().map(|s| (s.sequence, s.started_at, s.distance_m, s.duration_s));
        let json = serde_json::to_string(&rows.collect::<Vec<_>>()).map_err(|error| Fault::Other(error.to_string()))?;
        let ttl_s = self.trip_ttl_s.get();
        let parameters = [city.into(), trip.into(), json.as_str().into(), ttl_s.into()];
        match self.run(statement::ADD_SEGMENTS, parameters).await {
            Ok(_) => {}
            Err(Failure::Sqlite(Error::Io(text)))
                if text.contains(SEGMENT_CONFLICT) || text.contains(TOO_MANY_SEGMENTS) =>
            {
                // Segments never change, so what was in conflict then still is.
                let row = self.row(statement::FIND_CONFLICT, [city.into(), trip.into(), json.into()]).await?;
                let conflict = row.and_then(|row| row.get::<u64>(0));
                return Err(conflict.map_or(AddError::TooManySegments, AddError::Conflict));
            }
            Err(failure) => return Err(Fault::from(failure).into()),
        }
        let Some(row) = self.row(statement::TOTALS, [city.into(), trip.into()]).await? else {
            return Ok(Totals::default());
        };
        let totals = || Some(Totals { distance_m: row.get(0)?, duration_s: row.get(1)?, segments: row.get(2)? });
        Ok(totals().ok_or_else(|| corrupt("trip"))?)
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault> {
        let row = self.row(statement::SEGMENTS, [city.into(), trip.into()]).await?;
        let json = row.as_ref().and_then(|row| row.get::<&str>(0)).ok_or_else(|| corrupt("trip"))?;
        let rows: Vec<(u64, i64, u64, u64)> = serde_json::from_str(json).map_err(|_| corrupt("trip"))?;
        let segment =
            |(sequence, started_at, distance_m, duration_s)| Segment { sequence, started_at, distance_m, duration_s };
        Ok(rows.into_iter().map(segment).collect())
    }

    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault> {
        self.run(statement::PUT_QUOTE, [city.into(), quote.into(), document.into(), ttl_s.into()]).await?;
        Ok(())
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault> {
        let Some(row) = self.row(statement::QUOTE, [city.into(), quote.into()]).await? else { return Ok(None) };
        let [document] = texts(row).ok_or_else(|| corrupt("quote"))?;
        Ok(Some(document))
    }

    async fn put_card(&self, city: &str, version: &str, document: &str) -> Result<(), Fault> {
        self.run(statement::PUT_CARD, [city.into(), version.into(), document.into()]).await?;
        Ok(())
    }

    async fn card(&self, city: &str, version: &str) -> Result<Option<String>, Fault> {
        let Some(row) = self.row(statement::CARD, [city.into(), version.into()]).await? else { return Ok(None) };
        let [document] = texts(row).ok_or_else(|| corrupt("rate card"))?;
        Ok(Some(document))
    }

    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, Fault> {
        let parameters = [city.into(), trip.into(), bill.fingerprint.as_str().into(), bill.document.as_str().into()];
        match self.row(statement::PUT_BILL, parameters).await? {
            Some(_) => Ok(None),
            None => self.bill(city, trip).await?.ok_or_else(|| vanished("bill")).map(Some),
        }
    }

    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, Fault> {
        let Some(row) = self.row(statement::BILL, [city.into(), trip.into()]).await? else { return Ok(None) };
        let [fingerprint, document] = texts(row).ok_or_else(|| corrupt("bill"))?;
        Ok(Some(StoredBill { fingerprint, document }))
    }

    async fn put_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<Option<TopUp>, Fault> {
        let TopUp { currency, amount, scenario, billed_at } = top_up;
        let parameters = [
            city.into(),
            trip.into(),
            currency.as_str().into(),
            (*amount).into(),
            scenario.as_str().into(),
            (*billed_at).into(),
        ];
        match self.row(statement::PUT_TOP_UP, parameters).await? {
            Some(_) => Ok(None),
            None => self.top_up(city, trip).await?.ok_or_else(|| vanished("ledger entry")).map(Some),
        }
    }

    async fn top_up(&self, city: &str, trip: &str) -> Result<Option<TopUp>, Fault> {
        let Some(row) = self.row(statement::TOP_UP, [city.into(), trip.into()]).await? else { return Ok(None) };
        let top_up = || {
            Some(TopUp {
                currency: row.get::<&str>(0)?.to_owned(),
                amount: row.get(1)?,
                scenario: row.get::<&str>(2)?.to_owned(),
                billed_at: row.get(3)?,
            })
        };
        top_up().map(Some).ok_or_else(|| corrupt("ledger entry"))
    }
}

/// Why a statement did not run: SQLite's own word, as long as it may mean something to the one who asked.
enum Failure {
    Sqlite(Error),
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

impl From<Failure> for AddError {
    fn from(failure: Failure) -> Self {
        Self::Fault(failure.into())
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
fn texts<const N: usize>(row: RowResult) -> Option<[String; N]> {
    let text = |value| match value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    row.values.into_iter().map(text).collect::<Option<Vec<String>>>()?.try_into().ok()
}

fn corrupt(what: &str) -> Fault {
    Fault::Other(format!("SQLite: a {what} is not as this component writes it"))
}

fn vanished(what: &str) -> Fault {
    Fault::Other(format!("SQLite: a {what} vanished while it was being read"))
}
