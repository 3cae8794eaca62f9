//! What is stored, read where it is: what no API tells, and what an API might not find.

use crate::history::{Bill, Stored};
use crate::rides::CITY;
use anyhow::{Context as _, Result, anyhow};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

fn read(document: &str) -> Result<Bill> {
    Bill::read(document).map_err(|error| anyhow!("a stored bill cannot be read: {error}"))
}

/// All trips in a Redis. The keys are in docs/store.md.
///
/// # Errors
///
/// Redis's; or something makes no sense.
pub fn in_redis(redis: &mut redis::Connection) -> Result<BTreeMap<String, Stored>> {
    let mut trips: BTreeMap<String, Stored> = BTreeMap::new();
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("c:{CITY}:*")).query(redis)?;
    for key in keys {
        let (_, key_in_bucket) = key.split_once("}:").context("a key has no bucket")?;
        let (kind, of) = key_in_bucket.split_once(':').unwrap_or((key_in_bucket, ""));
        let mut hash = || redis::cmd("HGETALL").arg(&key).query::<HashMap<String, String>>(redis);
        match kind {
            "trip" => {
                let numbers = hash()?.into_keys().filter_map(|field| field.parse().ok()).collect();
                trips.entry(of.to_owned()).or_default().segments = numbers;
            }
            "bill" => {
                let stored = trips.entry(of.to_owned()).or_default();
                let fields = hash()?;
                let head: u32 = fields.get("head").context("a bill has no head")?.parse()?;
                for (field, document) in &fields {
                    let number = match field.as_str() {
                        "document" => Some(head),
                        field => field.strip_suffix(":document").map(str::parse).transpose()?,
                    };
                    if let Some(number) = number {
                        stored.revisions.insert(number, read(document)?);
                    }
                }
            }
            "ledger" => {
                let stored = trips.entry(of.to_owned()).or_default();
                for (number, entry) in hash()? {
                    let amount = entry.split(':').nth(1).context("an entry has no amount")?;
                    stored.ledger.insert(number.parse()?, amount.parse()?);
                }
            }
            "day" => {
                let members: Vec<String> = redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).query(redis)?;
                for member in members {
                    let (trip, number) = member.rsplit_once(':').context("a day lists no number")?;
                    let stored = trips.entry(trip.to_owned()).or_default();
                    stored.listed.insert((of.to_owned(), number.parse()?));
                }
            }
            "due" => {
                let members: Vec<String> = redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).query(redis)?;
                for member in members {
                    let (_, trip) = member.split_once(':').context("what is due has no moment")?;
                    trips.entry(trip.to_owned()).or_default().due = true;
                }
            }
            _ => {}
        }
    }
    Ok(trips)
}

/// All trips in a database. The tables are in docs/store.md.
///
/// # Errors
///
/// SQLite's; or something makes no sense.
pub fn in_sqlite(path: &Path) -> Result<BTreeMap<String, Stored>> {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut trips: BTreeMap<String, Stored> = BTreeMap::new();
    let mut statement = database.prepare("SELECT trip, sequence FROM segment WHERE city = ?")?;
    let mut rows = statement.query([CITY])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(1)?;
        trips.entry(row.get(0)?).or_default().segments.insert(number.cast_unsigned());
    }
    let mut statement = database.prepare("SELECT trip, revision, document, day FROM bill WHERE city = ?")?;
    let mut rows = statement.query([CITY])?;
    // As in Redis, a trip is listed where its newest revision is.
    while let Some(row) = rows.next()? {
        let stored = trips.entry(row.get(0)?).or_default();
        let number = row.get(1)?;
        stored.revisions.insert(number, read(&row.get::<_, String>(2)?)?);
        if stored.head().is_some_and(|(head, _)| head == number) {
            stored.listed = [(row.get(3)?, number)].into();
        }
    }
    let mut statement = database.prepare("SELECT trip, revision, top_up FROM ledger WHERE city = ?")?;
    let mut rows = statement.query([CITY])?;
    while let Some(row) = rows.next()? {
        trips.entry(row.get(0)?).or_default().ledger.insert(row.get(1)?, row.get(2)?);
    }
    let mut statement = database.prepare("SELECT trip FROM due WHERE city = ?")?;
    let mut rows = statement.query([CITY])?;
    while let Some(row) = rows.next()? {
        trips.entry(row.get(0)?).or_default().due = true;
    }
    Ok(trips)
}

/// What the journal of a host has beside a Redis: what waits, and what gave way.
///
/// # Errors
///
/// SQLite's; or something makes no sense.
pub fn in_journal(path: &Path, trips: &mut BTreeMap<String, Stored>) -> Result<()> {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut statement = database.prepare(
        "SELECT trip, revision, content, binds FROM journal
        WHERE city = ? AND (binds = 0 OR number IN (SELECT number FROM journal_waiting))",
    )?;
    let mut rows = statement.query([CITY])?;
    while let Some(row) = rows.next()? {
        let (revision, content, binds): (Option<u32>, String, bool) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let stored = trips.entry(row.get(0)?).or_default();
        match (revision, binds) {
            (Some(_), true) => _ = stored.waiting.insert(content),
            (Some(_), false) => _ = stored.superseded.insert(content),
            (None, _) => {
                let segments: Vec<(u64, i64, u64, u64)> = serde_json::from_str(&content)?;
                stored.journaled.extend(segments.iter().map(|segment| segment.0));
            }
        }
    }
    Ok(())
}
