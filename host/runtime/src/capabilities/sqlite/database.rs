//! A database file and the one thread that uses it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, Authorization};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{CachedStatement, Connection, params_from_iter};
use tokio::sync::{mpsc, oneshot};

/// The most statements that share a commit.
const MAX_GROUP: usize = 256;

/// Statements that may wait for the thread before those who bring more have to wait themselves.
const QUEUE: usize = 1024;

/// The largest result of a statement, in bytes.
const MAX_RESULT: usize = 16 << 20;

/// How long one statement may run. There is one thread, so a longer one would stop everybody.
const MAX_RUN: Duration = Duration::from_secs(5);

/// A handle to a database. Clones use the same one.
///
/// Statements wait in a queue for the database's thread, which takes all that wait and commits them together: one
/// write to the disk for many. Nobody notices but by the speed. Each statement stands alone: it happens whole or not at
/// all, whatever happens to the others, and its answer is sent only when it is on the disk.
#[derive(Clone)]
pub struct Database {
    queue: mpsc::Sender<Job>,
}

/// What a statement answers.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The names of the columns; empty when it is not a query.
    pub columns: Vec<String>,
    /// The rows, each with a value for each column.
    pub rows: Vec<Vec<Value>>,
    /// Absent when it only read.
    pub written: Option<Written>,
}

/// What a statement that writes leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Rows inserted, changed or deleted.
    pub changes: u64,
    /// The row identifier of the last insert.
    pub last_insert_rowid: i64,
}

struct Job {
    statement: String,
    parameters: Vec<Value>,
    reply: oneshot::Sender<Result<Outcome, String>>,
}

impl Job {
    fn answer(self, result: Result<Outcome, String>) {
        // Nobody waits any more: that is theirs to decide.
        _ = self.reply.send(result);
    }
}

impl Database {
    /// Opens a database file, or makes it, and starts its thread, which ends with the last handle.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is not a database.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let worker = Worker::open(path).with_context(|| format!("cannot open the database {path:?}"))?;
        let (queue, jobs) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("sqlite".to_owned()).spawn(move || worker.work(jobs))?;
        Ok(Self { queue })
    }

    /// Runs one statement. If it writes, it is on the disk when this returns `Ok`.
    ///
    /// A caller that stops waiting does not stop a statement that has begun.
    ///
    /// # Errors
    ///
    /// SQLite's message. Nothing was written, unless the message is about committing, when nobody can know.
    pub async fn execute(&self, statement: String, parameters: Vec<Value>) -> Result<Outcome, String> {
        let (reply, answer) = oneshot::channel();
        let gone = "the database's thread has ended";
        self.queue.send(Job { statement, parameters, reply }).await.map_err(|_| gone.to_owned())?;
        answer.await.map_err(|_| gone.to_owned())?
    }
}

struct Worker {
    connection: Connection,
    /// When the statement that runs has to end, in milliseconds since `start`.
    deadline: Arc<AtomicU64>,
    start: Instant,
}

impl Worker {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(MAX_RUN)?;
        // Every commit is on the disk before it is answered, and readers in other processes do not get in its way.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.set_prepared_statement_cache_capacity(128);
        // Otherwise SQLite prepares a cached statement again whenever its parameters change, in case another plan fits them
        // better. With triggers that is most of what a write costs.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.authorizer(Some(|action: rusqlite::hooks::AuthContext<'_>| match action.action {
            // Temporary databases only: a component is granted this file, not the file system.
            AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
            _ => Authorization::Allow,
        }))?;
        let (start, deadline) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let until = Arc::clone(&deadline);
        connection.progress_handler(10_000, Some(move || millis(start.elapsed()) > until.load(Ordering::Relaxed)))?;
        Ok(Self { connection, deadline, start })
    }

    fn work(self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = Vec::new();
        while jobs.blocking_recv_many(&mut waiting, MAX_GROUP) > 0 {
            let mut group = Vec::new();
            for job in waiting.drain(..).filter(|job| !job.reply.is_closed()) {
                if can_share_a_transaction(&job.statement) {
                    group.push(job);
                } else {
                    self.run_together(std::mem::take(&mut group));
                    self.run_alone(job);
                }
            }
            self.run_together(group);
        }
    }

    fn run_alone(&self, job: Job) {
        let result = self.prepare(&job.statement).and_then(|mut statement| self.run(&mut statement, &job.parameters));
        job.answer(result);
    }

    /// Runs statements in order and answers each: what reads before anything was written at once, everything else
    /// after the commit.
    fn run_together(&self, jobs: Vec<Job>) {
        let mut begun = false;
        let mut uncommitted = Vec::new();
        for job in jobs {
            match self.run_within(&job, &mut begun) {
                Ok(outcome) if begun => uncommitted.push((job, outcome)),
                result => {
                    // The worst errors, a full disk say, end the transaction by themselves.
                    if begun && self.connection.is_autocommit() {
                        begun = false;
                        for (job, _) in uncommitted.drain(..) {
                            job.answer(Err("rolled back because a statement beside it failed badly".to_owned()));
                        }
                    }
                    job.answer(result);
                }
            }
        }
        if !begun {
            return;
        }
        let committed = self.control("COMMIT").map_err(|error| {
            // The next group must not inherit this one's writes.
            _ = self.control("ROLLBACK");
            format!("cannot commit: {error}")
        });
        for (job, outcome) in uncommitted {
            job.answer(committed.clone().map(|()| outcome));
        }
    }

    /// Runs a statement in the group's transaction, which begins with the first that writes.
    fn run_within(&self, job: &Job, begun: &mut bool) -> Result<Outcome, String> {
        let mut statement = self.prepare(&job.statement)?;
        // When a guest has said BEGIN, all share its transaction until one says COMMIT. That is how it is in Spin.
        let in_a_guests_transaction = !*begun && !self.connection.is_autocommit();
        if statement.readonly() || in_a_guests_transaction {
            return self.run(&mut statement, &job.parameters);
        }
        if !*begun {
            self.control("BEGIN IMMEDIATE")?;
            *begun = true;
        }
        self.control("SAVEPOINT statement")?;
        let result = self.run(&mut statement, &job.parameters);
        if self.connection.is_autocommit() {
            return result;
        }
        let undone = if result.is_err() { self.control("ROLLBACK TO statement") } else { Ok(()) };
        if let Err(error) = undone.and_then(|()| self.control("RELEASE statement")) {
            _ = self.control("ROLLBACK");
            return Err(error);
        }
        result
    }

    fn prepare(&self, statement: &str) -> Result<CachedStatement<'_>, String> {
        self.connection.prepare_cached(statement).map_err(text)
    }

    fn run(&self, statement: &mut CachedStatement<'_>, parameters: &[Value]) -> Result<Outcome, String> {
        self.deadline.store(millis(self.start.elapsed() + MAX_RUN), Ordering::Relaxed);
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let reads = statement.readonly();
        let mut rows = Vec::new();
        let mut size = 0;
        let mut cursor = statement.query(params_from_iter(parameters)).map_err(text)?;
        while let Some(row) = cursor.next().map_err(text)? {
            let values = (0..columns.len())
                .map(|column| row.get_ref(column).map_err(text).and_then(value))
                .collect::<Result<Vec<Value>, String>>()?;
            size += values.iter().map(memory).sum::<usize>();
            if size > MAX_RESULT {
                return Err(format!("the result is larger than {MAX_RESULT} bytes"));
            }
            rows.push(values);
        }
        drop(cursor);
        let written = (!reads).then(|| Written {
            changes: self.connection.changes(),
            last_insert_rowid: self.connection.last_insert_rowid(),
        });
        Ok(Outcome { columns, rows, written })
    }

    fn control(&self, statement: &str) -> Result<(), String> {
        self.deadline.store(u64::MAX, Ordering::Relaxed);
        let run = || self.connection.prepare_cached(statement)?.execute([]);
        run().map(|_| ()).map_err(text)
    }
}

/// Whether a statement may run inside a transaction that is not its own. What it is not sure of runs alone: BEGIN and
/// its like, PRAGMA, ATTACH, VACUUM.
fn can_share_a_transaction(statement: &str) -> bool {
    let mut rest = statement.trim_start();
    loop {
        let after = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n'),
            (_, Some(comment)) => comment.split_once("*/"),
            _ => break,
        };
        rest = after.map_or("", |(_, after)| after.trim_start());
    }
    let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ["SELECT", "VALUES", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

fn text(error: rusqlite::Error) -> String {
    error.to_string()
}

fn value(value: ValueRef<'_>) -> Result<Value, String> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(error) => return Err(format!("a text is not valid UTF-8: {error}")),
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

#[cfg(test)]
mod tests;
