//! `farebox journal`: what a node has accepted and kept itself, read from its database.

mod chain;
mod database;
mod entry;
mod told;

use self::database::Database;
use crate::output;
use crate::progress;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Look at what a node has kept itself: what waits for the shared store, and what gave way or was refused
///
/// Reads the database of the node, beside it or on a copy, and changes nothing. `farebox jobs run drain` drives in what waits.
///
/// Exit code 0, and 1 when `verify` finds damage.
///
/// Examples:
///
///   farebox journal list --data .farebox
///
///   farebox journal verify --json
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Journal {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Verify(Verify),
}

/// Where the database is.
#[derive(Debug, Args)]
struct Node {
    /// The folder of the node's data, with its farebox.sqlite; or the file of its database.
    #[arg(long, value_name = "DIR", default_value = ".farebox")]
    data: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// List what waits, since when, and what it is worth; and what gave way to another bill, or was refused
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    node: Node,
    /// What became of all that gave way or was refused in the last 90 days, instead of the last twenty.
    #[arg(long)]
    all: bool,
}

/// Look whether every entry is as it was entered, and in its place
#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    node: Node,
}

/// How many of those that gave way or were refused are listed.
const LAST: usize = 20;

impl Journal {
    /// Reads the database, and prints what it says.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be read, or it is of another release.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match &self.command {
            Command::List(list) => list.run(),
            Command::Verify(verify) => verify.run(),
        }
    }
}

impl List {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let database = Database::open(&self.node.data)?;
        let (waiting, mut settled) = (database.waiting()?, database.settled()?);
        let count = settled.len();
        if !self.all && !self.node.json {
            settled.drain(..count.saturating_sub(LAST));
        }
        if self.node.json {
            output::print(output::json(&json!({"waiting": waiting, "settled": settled}))?)?;
        } else {
            output::print(told::list(&waiting, &settled, count, jiff::Timestamp::now().as_millisecond()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Verify {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let database = Database::open(&self.node.data)?;
        let bar = progress::bar(database.count()?, "{bar:40} {pos}/{len} entries, {per_sec}, {eta} left")?;
        let mut chain = chain::Chain::default();
        database.each(|link| {
            bar.inc(1);
            chain.next(&link);
        })?;
        bar.finish_and_clear();
        let verified = chain.verified();
        if self.node.json {
            output::print(output::json(&verified)?)?;
        } else {
            output::print(told::verified(&verified))?;
        }
        Ok(if verified.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
