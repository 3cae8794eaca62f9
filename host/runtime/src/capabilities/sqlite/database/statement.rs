//! Statements, and what they answer.

use rusqlite::types::Value;
use tokio::sync::oneshot;

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

/// A statement.
pub(super) struct Request {
    pub(super) statement: String,
    pub(super) parameters: Vec<Value>,
}

/// A statement that somebody waits for.
pub(super) struct Job<T> {
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<T>,
}

impl<T> Job<T> {
    pub(super) fn answer(self, answer: T) {
        // Nobody waits any more: that is theirs to decide.
        _ = self.reply.send(answer);
    }
}

/// What the thread that reads says to a statement.
pub(super) enum Read {
    /// The answer.
    Done(Result<Outcome, String>),
    /// It is for the thread that writes.
    NotHere(Request),
}

/// The first word of a statement, after comments.
pub(super) fn first_word(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    loop {
        let after = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n'),
            (_, Some(comment)) => comment.split_once("*/"),
            _ => break,
        };
        rest = after.map_or("", |(_, after)| after.trim_start());
    }
    rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()
}
