//! The database of a node, read and never written.

use super::chain::Link;
use super::entry::{Entry, State, What, charged};
use anyhow::{Context as _, bail};
use farebox_money::Currency;
use rusqlite::{Connection, OpenFlags, Row};
use std::path::Path;
use std::time::Duration;

/// How long it is waited for whoever writes.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an entry is read from.
const COLUMNS: &str = "journal.number, journal.at_ms, journal.city, journal.trip, journal.revision, journal.currency, journal.top_up, \
                       journal.content";

/// The database.
pub struct Database(Connection);

impl Database {
    /// Opens that of a node: its file, or the one in the folder of its data.
    ///
    /// # Errors
    ///
    /// There is none, or it has no journal.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let path = if data.is_dir() { data.join("farebox.sqlite") } else { data.to_owned() };
        if !path.is_file() {
            bail!("there is no database {path:?}; name the folder of the node's data with --data");
        }
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .with_context(|| format!("cannot open {path:?}"))?;
        connection.busy_timeout(PATIENCE)?;
        let has_journal =
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('journal', 'journal_waiting', 'journal_outcome')";
        let tables: i64 =
            connection.query_row(has_journal, [], |row| row.get(0)).with_context(|| format!("cannot read {path:?}"))?;
        if tables != 3 {
            bail!("{path:?} has no journal: it is of another release, or was never used");
        }
        Ok(Self(connection))
    }

    /// What waits, the oldest first.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn waiting(&self) -> anyhow::Result<Vec<Entry>> {
        let text = format!(
            "SELECT {COLUMNS}, journal_waiting.secured FROM journal_waiting JOIN journal USING (number) ORDER BY journal.number"
        );
        let mut statement = self.0.prepare(&text)?;
        let rows = statement.query_map([], |row| {
            let state = match row.get(8)? {
                0 => State::Entered,
                1 => State::Kept,
                _ => State::Recalled,
            };
            entry(row, state)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What gave way or was refused, in the order in which that was found out.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn settled(&self) -> anyhow::Result<Vec<Entry>> {
        let text = format!(
            "SELECT {COLUMNS}, journal_outcome.outcome, journal_outcome.why, journal_outcome.at_ms, journal_outcome.by_content \
             FROM journal_outcome JOIN journal USING (number) ORDER BY journal_outcome.at_ms, journal.number"
        );
        let mut statement = self.0.prepare(&text)?;
        let rows = statement.query_map([], |row| {
            let (outcome, at_ms): (String, i64) = (row.get(8)?, row.get(10)?);
            let state = if outcome == "superseded" {
                let by: Option<String> = row.get(11)?;
                State::Superseded { at_ms, charged: by.as_deref().and_then(charged) }
            } else {
                State::Refused { at_ms, why: row.get(9)? }
            };
            entry(row, state)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many entries there are.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn count(&self) -> anyhow::Result<u64> {
        let count: i64 = self.0.query_row("SELECT count(*) FROM journal", [], |row| row.get(0))?;
        Ok(u64::try_from(count)?)
    }

    /// Goes through all entries, in order.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn each(&self, mut look: impl FnMut(Link)) -> anyhow::Result<()> {
        let text = "SELECT number, city, trip, revision, copy, redacted, checksum, chain, fingerprint, content FROM journal ORDER BY number";
        let mut statement = self.0.prepare(text)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, redacted): (i64, bool) = (row.get(0)?, row.get(5)?);
            let (of_a_bill, is_copy) = (row.get::<_, Option<i64>>(3)?.is_some(), row.get::<_, bool>(4)?);
            let text = |column: usize| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
            let columns: &[usize] = match (of_a_bill, is_copy) {
                (_, true) => &[8, 9],
                (true, false) => &[1, 2, 8, 9],
                (false, false) => &[1, 2, 9],
            };
            let parts = columns.iter().map(|column| text(*column)).collect::<Result<Vec<_>, _>>()?;
            look(Link {
                number: u64::try_from(number)?,
                parts: (!redacted).then_some(parts),
                checksum: row.get(6)?,
                chain: row.get(7)?,
            });
        }
        Ok(())
    }
}

fn entry(row: &Row<'_>, state: State) -> rusqlite::Result<Entry> {
    let (revision, currency, top_up): (Option<u32>, Option<String>, Option<i64>) =
        (row.get(4)?, row.get(5)?, row.get(6)?);
    let currency = currency.as_deref().and_then(Currency::from_code);
    let top_up =
        currency.zip(top_up).map(|(currency, amount)| format!("{} {}", currency.format(amount), currency.code()));
    let content: String = row.get(7)?;
    Ok(Entry {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        entered_ms: row.get(1)?,
        city: row.get(2)?,
        trip: row.get(3)?,
        what: What::read(revision, top_up, &content),
        state,
    })
}
