//! A thread that writes.

use std::path::Path;
use std::sync::{MutexGuard, PoisonError};

use rusqlite::OpenFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use tokio::sync::mpsc;

use super::super::pragma::Synchronous;
use super::apart::Apart;
use super::connection::{Connection, Failure};
use super::file::File;
use super::statement::{self, Outcome, Request, first_word};
use super::trouble::Trouble;
use super::turn::{BUSY, Turn};

/// The most statements that share a commit.
const MAX_GROUP: usize = 256;

type Job = statement::Job<Result<Outcome, String>>;

/// Runs every kind of statement.
pub(super) struct Writer {
    connection: Connection,
    file: File,
    trouble: Trouble,
    apart: Apart,
    /// Whether it is the one that runs what is no plain write.
    is_main: bool,
    turn: Turn,
}

impl Writer {
    pub(super) fn open(path: &Path, apart: Apart, synchronous: Synchronous, turn: Turn) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path, OpenFlags::default())?;
        let sqlite = &mut connection.sqlite;
        sqlite.busy_timeout(BUSY)?;
        // Readers do not get in the way of a commit, nor it in theirs; what is answered is on the disk, or with the operating system.
        sqlite.pragma_update(None, "journal_mode", "wal")?;
        sqlite.pragma_update(None, "synchronous", synchronous.word())?;
        let of_this = apart.clone();
        sqlite.authorizer(Some(move |context: AuthContext<'_>| {
            if is_for_this_connection_only(&context.action) {
                of_this.set_different();
            }
            match context.action {
                // Temporary databases only: a component is granted this file, not the file system.
                AuthAction::Attach { filename } if !matches!(filename, "" | ":memory:") => Authorization::Deny,
                _ => Authorization::Allow,
            }
        }))?;
        let (file, trouble, is_main) = (File::opened(path), Trouble::of(path), synchronous == Synchronous::Full);
        Ok(Self { connection, file, trouble, apart, is_main, turn })
    }

    pub(super) fn work(self, mut jobs: mpsc::Receiver<Job>) {
        let mut waiting = Vec::new();
        while jobs.blocking_recv_many(&mut waiting, MAX_GROUP) > 0 {
            let mut group = Vec::new();
            for job in waiting.drain(..).filter(|job| !job.reply.is_closed()) {
                if can_share_a_transaction(&job.request.statement) {
                    group.push(job);
                } else {
                    self.run_together(std::mem::take(&mut group));
                    self.run_alone(job);
                }
            }
            self.run_together(group);
            // An error may have ended a guest's transaction.
            self.tell_apart();
        }
    }

    /// A guest's transaction is begun on one connection only.
    fn tell_apart(&self) {
        if self.is_main {
            self.apart.set_in_a_transaction(!self.connection.sqlite.is_autocommit());
        }
    }

    /// What a guest is told of a failure, which may be worth telling an operator.
    fn said(&self, failure: Failure) -> String {
        if let Failure::Sqlite(error) = &failure {
            self.trouble.heard(error);
        }
        failure.into()
    }

    fn run_alone(&self, job: Job) {
        let Request { statement, parameters } = &job.request;
        let result = self.file.check(&self.trouble).and_then(|()| {
            let mut prepared = self.connection.prepare(statement).map_err(|failure| self.said(failure))?;
            // To SQLite, what begins a transaction does not write.
            if !prepared.readonly() || begins(statement) {
                self.trouble.check()?;
            }
            self.connection.run(&mut prepared, parameters).map_err(|failure| self.said(failure))
        });
        // Before the answer: who said BEGIN may read next.
        self.tell_apart();
        job.answer(result);
    }

    /// Runs statements in order and answers each: what reads before anything was written at once, everything else
    /// after the commit.
    fn run_together(&self, jobs: Vec<Job>) {
        let (mut begun, mut turn) = (false, None);
        let mut uncommitted = Vec::new();
        for job in jobs.into_iter().filter(|job| !job.reply.is_closed()) {
            match self.run_within(&job, &mut begun, &mut turn) {
                Ok(outcome) if begun => uncommitted.push((job, outcome)),
                result => {
                    // The worst errors, a full disk say, end the transaction by themselves.
                    if begun && self.connection.sqlite.is_autocommit() {
                        begun = false;
                        let why = result.as_ref().err().map_or("", String::as_str);
                        let why = format!("rolled back because a statement beside it failed badly: {why}");
                        for (job, _) in uncommitted.drain(..) {
                            job.answer(Err(why.clone()));
                        }
                    }
                    job.answer(result);
                }
            }
        }
        if !begun {
            return;
        }
        let committed = self.connection.control("COMMIT").map_err(|failure| {
            // The next group must not inherit this one's writes.
            _ = self.connection.control("ROLLBACK");
            format!("cannot commit: {}", self.said(failure))
        });
        if committed.is_ok() {
            self.trouble.written();
        }
        for (job, outcome) in uncommitted {
            job.answer(committed.clone().map(|()| outcome));
        }
    }

    /// Runs a statement in the group's transaction, which begins with the first that writes.
    fn run_within<'t>(
        &'t self,
        job: &Job,
        begun: &mut bool,
        turn: &mut Option<MutexGuard<'t, ()>>,
    ) -> Result<Outcome, String> {
        let Request { statement, parameters } = &job.request;
        let said = |failure| self.said(failure);
        let control = |statement| self.connection.control(statement).map_err(said);
        let mut statement = self.connection.prepare(statement).map_err(said)?;
        // When a guest has said BEGIN, all share its transaction until one says COMMIT. That is how it is in Spin.
        let in_a_guests_transaction = !*begun && !self.connection.sqlite.is_autocommit();
        if statement.readonly() || in_a_guests_transaction {
            return self.connection.run(&mut statement, parameters).map_err(said);
        }
        // One of the group may have found it damaged.
        self.trouble.check()?;
        if !*begun {
            self.file.check(&self.trouble)?;
            // Held to the end of the group.
            turn.get_or_insert_with(|| self.turn.lock().unwrap_or_else(PoisonError::into_inner));
            control("BEGIN IMMEDIATE")?;
            *begun = true;
        }
        control("SAVEPOINT statement")?;
        let result = self.connection.run(&mut statement, parameters).map_err(said);
        if self.connection.sqlite.is_autocommit() {
            return result;
        }
        let undone = if result.is_err() { control("ROLLBACK TO statement") } else { Ok(()) };
        if let Err(error) = undone.and_then(|()| control("RELEASE statement")) {
            _ = self.connection.control("ROLLBACK");
            return Err(error);
        }
        result
    }
}

/// Whether statements may read something else on this connection after this. What belongs to the file or to writing is no
/// reason; nor are tables of another database, which give way to those of the file, unless it is the temporary one.
fn is_for_this_connection_only(action: &AuthAction<'_>) -> bool {
    match action {
        AuthAction::Insert { table_name } => matches!(*table_name, "sqlite_temp_master" | "sqlite_temp_schema"),
        AuthAction::Pragma { pragma_name, pragma_value: Some(_) } => {
            !["synchronous", "journal_mode", "user_version"].iter().any(|known| known.eq_ignore_ascii_case(pragma_name))
        }
        _ => false,
    }
}

/// Whether a statement may run inside a transaction that is not its own. What it is not sure of runs alone: BEGIN and
/// its like, PRAGMA, ATTACH, VACUUM.
pub(super) fn can_share_a_transaction(statement: &str) -> bool {
    let word = first_word(statement);
    ["SELECT", "VALUES", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a statement begins a transaction.
fn begins(statement: &str) -> bool {
    ["BEGIN", "SAVEPOINT"].iter().any(|known| known.eq_ignore_ascii_case(first_word(statement)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What a writer waits for is what it was opened for.
    #[test]
    fn settings() {
        let folder = tempfile::tempdir().unwrap();
        for synchronous in [Synchronous::Full, Synchronous::Normal] {
            let path = folder.path().join("db");
            let writer = Writer::open(&path, Apart::default(), synchronous, Turn::default()).unwrap();
            let number = |name| writer.connection.sqlite.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            assert_eq!(number("synchronous").unwrap(), synchronous.number());
            assert_eq!(u128::try_from(number("busy_timeout").unwrap()).unwrap(), BUSY.as_millis());
        }
    }
}
