//! The thread that reads.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use tokio::sync::mpsc;

use super::connection::{Connection, Failure};
use super::statement::{Job, Read, Request, first_word};

/// Runs what reads the file and nothing else.
///
/// In write-ahead logging a read sees the last commit there was when it began, and waits for none. SQLite decides what may be
/// run here, when it prepares a statement: SELECT and VALUES that name tables of the file. Everything else is handed
/// back, and so is whatever does not work here for any reason but its own length: the thread that writes knows better.
pub(super) struct Reader {
    connection: Connection,
}

/// Functions that answer for the connection that wrote.
const OF_THE_WRITER: [&str; 3] = ["changes", "total_changes", "last_insert_rowid"];

impl Reader {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open(path, flags)?;
        let sqlite = &mut connection.sqlite;
        // Whoever keeps readers out is not waited for here.
        sqlite.busy_timeout(Duration::ZERO)?;
        sqlite.pragma_update(None, "query_only", true)?;
        sqlite.authorizer(Some(|context: AuthContext<'_>| match context.action {
            AuthAction::Function { function_name } => {
                let of_the_writer = OF_THE_WRITER.iter().any(|known| known.eq_ignore_ascii_case(function_name));
                if of_the_writer { Authorization::Deny } else { Authorization::Allow }
            }
            AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
            _ => Authorization::Deny,
        }))?;
        Ok(Self { connection })
    }

    pub(super) fn work(self, mut jobs: mpsc::Receiver<Job<Read>>) {
        while let Some(Job { request, reply }) = jobs.blocking_recv() {
            if !reply.is_closed() {
                // Perhaps nobody waits any more: that is theirs to decide.
                _ = reply.send(self.read(request));
            }
        }
    }

    pub(super) fn read(&self, request: Request) -> Read {
        let outcome = match self.connection.prepare(&request.statement) {
            Ok(mut statement) if statement.readonly() => self.connection.run(&mut statement, &request.parameters),
            _ => return Read::NotHere(request),
        };
        match outcome {
            Ok(outcome) => Read::Done(Ok(outcome)),
            Err(Failure::Unbearable(text)) => Read::Done(Err(text)),
            Err(Failure::Sqlite(_)) => Read::NotHere(request),
        }
    }
}

/// Whether a statement looks as if it could be read here. That it may is for SQLite to say.
pub(super) fn may_read(statement: &str) -> bool {
    let word = first_word(statement);
    ["SELECT", "VALUES"].iter().any(|known| known.eq_ignore_ascii_case(word))
}
