//! `farebox archive`: the bills of a city and a day in a file that outlives the store.
//!
//! A folder holds, for each city and day, `<city>/<day>.jsonl.gz`, a bill record a line, all revisions, and beside it `<day>.json`, which says
//! what is in it; and `cards`, the rate cards that they were made with. Files are written whole, and never changed.

mod adding;
mod verify;
mod write;

use clap::Subcommand;
use std::process::ExitCode;

/// Write the bills of a city and a day to files that outlive the store, or look whether such files are whole.
#[expect(missing_docs, reason = "what is said of each command stands with its arguments")]
#[derive(Debug, Subcommand)]
pub enum Archive {
    Write(Box<write::Write>),
    Verify(verify::Verify),
}

impl Archive {
    /// Does it.
    ///
    /// # Errors
    ///
    /// There is no answer, it is a refusal, or a file cannot be read or written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Write(write) => write.run(),
            Self::Verify(verify) => verify.run(),
        }
    }
}
