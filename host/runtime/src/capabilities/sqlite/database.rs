//! A database file, and the threads that use it: one reads, and one writes for each setting that belongs to a connection.

mod apart;
mod connection;
mod file;
mod reader;
mod statement;
mod trouble;
mod turn;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use rusqlite::types::Value;
use tokio::sync::{mpsc, oneshot};

use super::pragma::Synchronous;
use apart::Apart;
use reader::Reader;
pub use statement::Outcome;
use statement::{Job, Read, Request};
pub use turn::BUSY;
use turn::Turn;
use writer::Writer;

/// Statements that may wait for a thread before those who bring more have to wait themselves.
const QUEUE: usize = 1024;

/// A handle to a database. Clones use the same one.
///
/// Statements wait in a queue for the thread that writes, which takes all that wait and commits them together: one write
/// to the disk for many. Nobody notices but by the speed. Each statement stands alone: it happens whole or not at all,
/// whatever happens to the others, and its answer is sent only when it is on the disk.
///
/// What a write waits for belongs to a connection of SQLite's. Writes that do not wait for the disk have one of their own, from when the
/// first of them comes, and take turns with the others. Nothing else does: what is no plain write may be about all of the file.
///
/// Plain reads have a connection and a thread of their own, so that they do not wait for the disk: statements that begin with
/// SELECT or VALUES, if SQLite agrees, see [`Reader`]. They see all that was answered before they were asked, and may
/// overtake what was not. Who wants a read to take its turn among the writes begins it with WITH.
#[derive(Clone)]
pub struct Database {
    writer: Writes,
    /// For those that do not wait for the disk; nothing when it cannot be opened.
    normal: Arc<OnceLock<Option<Writes>>>,
    path: PathBuf,
    turn: Turn,
    reader: mpsc::Sender<Job<Read>>,
    apart: Apart,
}

type Writes = mpsc::Sender<Job<Result<Outcome, String>>>;

impl Database {
    /// Opens a database file, or makes it, and starts its threads, which end with the last handle.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is not a database.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot open the database {path:?}");
        let apart = Apart::default();
        let turn = Turn::default();
        let writer = Writer::open(path, apart.clone(), Synchronous::Full, Arc::clone(&turn)).with_context(cannot)?;
        let reader = Reader::open(path).with_context(cannot)?;
        let writer = start(writer, "sqlite")?;
        let (to_reader, jobs) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("sqlite-reads".to_owned()).spawn(move || reader.work(jobs))?;
        let (path, normal) = (path.to_owned(), Arc::default());
        Ok(Self { writer, normal, path, turn, reader: to_reader, apart })
    }

    /// Runs one statement. If it writes, it is on the disk when this returns `Ok`.
    ///
    /// A caller that stops waiting does not stop a statement that has begun.
    ///
    /// # Errors
    ///
    /// SQLite's message. Nothing was written, unless the message is about committing, when nobody can know.
    pub async fn execute(
        &self,
        statement: String,
        parameters: Vec<Value>,
        synchronous: Synchronous,
    ) -> Result<Outcome, String> {
        let mut request = Request { statement, parameters };
        if reader::may_read(&request.statement) && !self.apart.is_so() {
            match ask(&self.reader, request).await? {
                Read::Done(result) => return result,
                Read::NotHere(back) => request = back,
            }
        }
        ask(self.writer_of(&request, synchronous), request).await?
    }

    fn writer_of(&self, request: &Request, synchronous: Synchronous) -> &Writes {
        if synchronous == Synchronous::Full
            || !writer::can_share_a_transaction(&request.statement)
            || self.apart.is_so()
        {
            return &self.writer;
        }
        let open = || {
            let writer = Writer::open(&self.path, self.apart.clone(), synchronous, Arc::clone(&self.turn)).ok()?;
            start(writer, "sqlite-normal").ok()
        };
        // What waits for the disk is as good, and slower.
        self.normal.get_or_init(open).as_ref().unwrap_or(&self.writer)
    }
}

fn start(writer: Writer, name: &str) -> std::io::Result<Writes> {
    let (to_writer, jobs) = mpsc::channel(QUEUE);
    std::thread::Builder::new().name(name.to_owned()).spawn(move || writer.work(jobs))?;
    Ok(to_writer)
}

async fn ask<T>(queue: &mpsc::Sender<Job<T>>, request: Request) -> Result<T, String> {
    let (reply, answer) = oneshot::channel();
    let gone = "the database's thread has ended";
    queue.send(Job { request, reply }).await.map_err(|_| gone.to_owned())?;
    answer.await.map_err(|_| gone.to_owned())
}

#[cfg(test)]
mod tests;
