//! `farebox switches`: what operators switch while everything runs, before it counts.

use crate::checked::Documents;
use crate::output;
use clap::{Args, Subcommand};
use farebox_billing::config::switches::Switches;
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

/// What can be done with the document of switches.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell everything that is wrong with a document of switches, and what it switches.
    Check(Check),
    /// Print the JSON Schema of the document.
    Schema,
}

/// Tell everything that is wrong with a document of switches, and what it switches.
///
/// Problems end the command with exit code 1. Each says where: a JSON Pointer.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    documents: Documents,
}

/// What a good document says.
#[derive(Serialize)]
struct Says {
    switches: Switches,
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When the answer cannot be written. A document that is refused is an answer: exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Check(check) = self else {
            output::print(output::json(&Switches::schema())?)?;
            return Ok(ExitCode::SUCCESS);
        };
        check.documents.check(|_, text| Ok(Says { switches: Switches::parse(text)? }))
    }
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  switches {}", self.switches)
    }
}
