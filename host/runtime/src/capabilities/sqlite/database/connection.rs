//! A connection to a database, whose statements end in time and have answers of a bearable size.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{CachedStatement, ErrorCode, OpenFlags, params_from_iter};

use super::statement::{Outcome, Written};

/// The largest result of a statement, in bytes.
const MAX_RESULT: usize = 16 << 20;

/// How long one statement may run. There is one thread for all that read, and one for all others, so a longer one would
/// stop everybody.
pub(super) const MAX_RUN: Duration = Duration::from_secs(5);

/// Why a statement has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// What SQLite says.
    Sqlite(rusqlite::Error),
    /// It runs for too long, or its answer cannot be handed on.
    Unbearable(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Unbearable(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sqlite(error) => error.to_string(),
            Failure::Unbearable(text) => text,
        }
    }
}

/// A connection.
pub(super) struct Connection {
    pub(super) sqlite: rusqlite::Connection,
    /// When the statement that runs has to end, in milliseconds since `start`.
    deadline: Arc<AtomicU64>,
    start: Instant,
}

impl Connection {
    pub(super) fn open(path: &Path, flags: OpenFlags) -> rusqlite::Result<Self> {
        let mut sqlite = rusqlite::Connection::open_with_flags(path, flags)?;
        sqlite.set_prepared_statement_cache_capacity(128);
        // Otherwise SQLite prepares a cached statement again whenever its parameters change, in case another plan fits them
        // better. With triggers that is most of what a write costs.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let (start, deadline) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let until = Arc::clone(&deadline);
        sqlite.progress_handler(10_000, Some(move || millis(start.elapsed()) > until.load(Ordering::Relaxed)))?;
        Ok(Self { sqlite, deadline, start })
    }

    pub(super) fn prepare(&self, statement: &str) -> Result<CachedStatement<'_>, Failure> {
        Ok(self.sqlite.prepare_cached(statement)?)
    }

    pub(super) fn run(&self, statement: &mut CachedStatement<'_>, parameters: &[Value]) -> Result<Outcome, Failure> {
        self.deadline.store(millis(self.start.elapsed() + MAX_RUN), Ordering::Relaxed);
        let reads = statement.readonly();
        let mut rows = Vec::new();
        let mut size = 0;
        let mut cursor = statement.query(params_from_iter(parameters))?;
        while let Some(row) = cursor.next()? {
            // Not before: a statement that meets another schema than it was prepared for is prepared again by its first step.
            let values = (0..row.as_ref().column_count())
                .map(|column| row.get_ref(column).map_err(Failure::from).and_then(value))
                .collect::<Result<Vec<Value>, Failure>>()?;
            size += values.iter().map(memory).sum::<usize>();
            if size > MAX_RESULT {
                return Err(Failure::Unbearable(format!("the result is larger than {MAX_RESULT} bytes")));
            }
            rows.push(values);
        }
        drop(cursor);
        let columns = statement.column_names().map(str::to_owned).collect();
        let written = (!reads)
            .then(|| Written { changes: self.sqlite.changes(), last_insert_rowid: self.sqlite.last_insert_rowid() });
        Ok(Outcome { columns, rows, written })
    }

    pub(super) fn control(&self, statement: &str) -> Result<(), Failure> {
        self.deadline.store(u64::MAX, Ordering::Relaxed);
        self.sqlite.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

fn value(value: ValueRef<'_>) -> Result<Value, Failure> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(error) => return Err(Failure::Unbearable(format!("a text is not valid UTF-8: {error}"))),
        },
    })
}

fn memory(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            Value::Null | Value::Integer(_) | Value::Real(_) => 0,
        }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
