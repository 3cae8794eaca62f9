//! The thread that writes.

use std::path::Path;

use rusqlite::OpenFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use tokio::sync::mpsc;

use super::apart::Apart;
use super::connection::{Connection, MAX_RUN};
use super::file::File;
use super::statement::{self, Outcome, Request, first_word};

/// The most statements that share a commit.
const MAX_GROUP: usize = 256;

type Job = statement::Job<Result<Outcome, String>>;

/// Runs every kind of statement.
pub(super) struct Writer {
    connection: Connection,
    file: File,
    apart: Apart,
}

impl Writer {
    pub(super) fn open(path: &Path, apart: Apart) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path, OpenFlags::default())?;
        let sqlite = &mut connection.sqlite;
        sqlite.busy_timeout(MAX_RUN)?;
        // Every commit is on the disk before it is answered, and readers do not get in its way.
        sqlite.pragma_update(None, "journal_mode", "wal")?;
        sqlite.pragma_update(None, "synchronous", "full")?;
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
        Ok(Self { connection, file: File::opened(path), apart })
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

    fn tell_apart(&self) {
        self.apart.set_in_a_transaction(!self.connection.sqlite.is_autocommit());
    }

    fn run_alone(&self, job: Job) {
        let Request { statement, parameters } = &job.request;
        let result = self.file.check().and_then(|()| {
            let mut statement = self.connection.prepare(statement)?;
            Ok(self.connection.run(&mut statement, parameters)?)
        });
        // Before the answer: who said BEGIN may read next.
        self.tell_apart();
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
                    if begun && self.connection.sqlite.is_autocommit() {
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
        let committed = self.connection.control("COMMIT").map_err(|error| {
            // The next group must not inherit this one's writes.
            _ = self.connection.control("ROLLBACK");
            format!("cannot commit: {error}")
        });
        for (job, outcome) in uncommitted {
            job.answer(committed.clone().map(|()| outcome));
        }
    }

    /// Runs a statement in the group's transaction, which begins with the first that writes.
    fn run_within(&self, job: &Job, begun: &mut bool) -> Result<Outcome, String> {
        let Request { statement, parameters } = &job.request;
        let mut statement = self.connection.prepare(statement)?;
        // When a guest has said BEGIN, all share its transaction until one says COMMIT. That is how it is in Spin.
        let in_a_guests_transaction = !*begun && !self.connection.sqlite.is_autocommit();
        if statement.readonly() || in_a_guests_transaction {
            return Ok(self.connection.run(&mut statement, parameters)?);
        }
        if !*begun {
            self.file.check()?;
            self.connection.control("BEGIN IMMEDIATE")?;
            *begun = true;
        }
        self.connection.control("SAVEPOINT statement")?;
        let result = self.connection.run(&mut statement, parameters).map_err(String::from);
        if self.connection.sqlite.is_autocommit() {
            return result;
        }
        let undone = if result.is_err() { self.connection.control("ROLLBACK TO statement") } else { Ok(()) };
        if let Err(error) = undone.and_then(|()| self.connection.control("RELEASE statement")) {
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
