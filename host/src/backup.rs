//! `farebox backup` and `farebox restore`: the database of a node, copied while it is written, and put back.

use crate::output;
use crate::progress;
use crate::whole::{put, unfinished};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use farebox_runtime::data_dir::DataDir;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What is shown while a database is copied, or looked through.
const SPINNER: &str = "{spinner} {msg}, {elapsed}";

/// Copy the database of a node to a file, also while it is written
///
/// The copy is of one moment: what was answered before it is in it, with all that belongs to it. It is looked through before it has its
/// name. With Redis, the database has the node's journal and configurations; Redis itself is backed up by its own means.
///
/// Examples:
///
///   farebox backup --data .farebox --to backup.sqlite
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Backup {
    /// The folder of the node's data.
    #[arg(long, value_name = "DIR", default_value = ".farebox")]
    data: PathBuf,
    /// The file to make; there must be none.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// Put a backup in the place of the database of a node that does not run
///
/// The backup is looked through first. What was there is kept beside it, under another name.
///
/// Examples:
///
///   farebox restore --from backup.sqlite --data .farebox
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The folder of the node's data.
    #[arg(long, value_name = "DIR", default_value = ".farebox")]
    data: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// What is in a backup.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Contents {
    /// Its size.
    bytes: u64,
    /// How many bills there are, of all revisions.
    bills: u64,
    /// How many entries of the journal wait for the shared store.
    waiting: u64,
    /// Where what was there before is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<PathBuf>,
}

impl Backup {
    /// Makes the copy.
    ///
    /// # Errors
    ///
    /// There is no database, there is a file of the name, or the copy cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let database = self.data.join("farebox.sqlite");
        ensure!(
            database.is_file(),
            "there is no database {database:?}; name the folder of the node's data with --data"
        );
        ensure!(!self.to.exists(), "there is a file {:?} already; name another one, or remove it", self.to);
        let unfinished = unfinished(&self.to);
        remove(&unfinished)?;
        let bar = progress::spinner(SPINNER)?.with_message("copying");
        let copied = copy(&database, &unfinished).and_then(|()| look_through(&unfinished));
        let contents = match copied {
            Ok(contents) => contents,
            Err(error) => {
                _ = remove(&unfinished);
                return Err(error);
            }
        };
        put(&unfinished, &self.to)?;
        bar.finish_and_clear();
        let Contents { bytes, bills, waiting, .. } = &contents;
        output::print(if self.json {
            output::json(&contents)?
        } else {
            format!("{}: {bytes} bytes, {bills} bills, {waiting} entries that wait\n", self.to.display())
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    /// Puts it in place.
    ///
    /// # Errors
    ///
    /// It is no backup, is damaged, or the node runs.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        ensure!(self.from.is_file(), "there is no backup {:?}", self.from);
        // Held until the end: no node starts meanwhile.
        let data = DataDir::open(&self.data)?;
        let bar = progress::spinner(SPINNER)?.with_message("looking through the backup");
        let contents = look_through(&self.from)?;
        let (database, copy) = (data.database(), unfinished(&data.database()));
        fs::copy(&self.from, &copy).with_context(|| format!("cannot copy {:?} to {copy:?}", self.from))?;
        let before = if database.exists() { Some(put_aside(&database)?) } else { None };
        put(&copy, &database)?;
        bar.finish_and_clear();
        let contents = Contents { before, ..contents };
        let Contents { bills, waiting, before, .. } = &contents;
        output::print(if self.json {
            output::json(&contents)?
        } else {
            let kept =
                before.as_ref().map(|before| format!("; what was there is {}", before.display())).unwrap_or_default();
            format!("{}: {bills} bills, {waiting} entries that wait{kept}\n", database.display())
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Copies a database as it is at one moment. Whoever writes it goes on.
fn copy(database: &Path, to: &Path) -> anyhow::Result<()> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("cannot open {database:?}"))?;
    connection.busy_timeout(Duration::from_secs(30))?;
    let to = to.to_str().with_context(|| format!("the name {to:?} is no text"))?;
    connection.execute("VACUUM INTO ?1", [to]).with_context(|| format!("cannot copy {database:?} to {to:?}"))?;
    Ok(())
}

/// Looks whether a copy is whole, and what is in it.
fn look_through(file: &Path) -> anyhow::Result<Contents> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("cannot open {file:?}"))?;
    let check: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .with_context(|| format!("{file:?} cannot be read as a database"))?;
    if check != "ok" {
        bail!("{file:?} is damaged: {check}");
    }
    let has = |table: &str| {
        let text = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        connection.query_row(text, [table], |row| row.get::<_, i64>(0)).map(|count| count == 1)
    };
    ensure!(has("bill")? && has("journal_waiting")?, "{file:?} is not the database of a node");
    let count = |table: &str| {
        let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        anyhow::Ok(u64::try_from(count)?)
    };
    let bytes = fs::metadata(file)?.len();
    Ok(Contents { bytes, bills: count("bill")?, waiting: count("journal_waiting")?, before: None })
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {path:?}"))
        }
        _ => Ok(()),
    }
}

/// Moves a database away, with what stands beside it: it belongs to that and to no other.
fn put_aside(database: &Path) -> anyhow::Result<PathBuf> {
    let at = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let beside = |end: &str| {
        let mut name = database.file_name().unwrap_or_default().to_owned();
        name.push(end);
        database.with_file_name(name)
    };
    let aside = |end: &str| beside(&format!(".before-{at}{end}"));
    for end in ["", "-wal", "-shm"] {
        match fs::rename(beside(end), aside(end)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot move {:?} away", beside(end)));
            }
            _ => {}
        }
    }
    Ok(aside(""))
}
