//! `farebox policy`: commission policies, before they count, and settlements, after.

mod check;
mod explain;
mod explanation;
mod fees;

use crate::output;
use clap::Subcommand;
use std::process::ExitCode;

/// What can be done with commission policies.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "what each does is said where its arguments are, and the command line says that")]
pub enum Policy {
    Check(check::Check),
    /// Print the JSON Schema of commission policies.
    Schema,
    Explain(explain::Explain),
}

/// What can be asked of settlements.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "what each does is said where its arguments are, and the command line says that")]
pub enum Commission {
    Explain(explain::Explain),
}

impl Commission {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// As [`Policy::run`].
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Explain(explain) => explain.run(),
        }
    }
}

impl Policy {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When something it needs cannot be read, or the answer cannot be written. A policy that is refused is an answer: exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Schema => {
                output::print(output::json(&farebox_commission::schema())?)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Explain(explain) => explain.run(),
        }
    }
}
