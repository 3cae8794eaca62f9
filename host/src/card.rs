//! `farebox card`: rate cards, before they run.

pub mod archive;
mod check;
mod together;

use crate::output;
use clap::Subcommand;
use std::process::ExitCode;

/// What can be done with rate cards.
#[derive(Debug, Subcommand)]
pub enum Card {
    /// Tell everything that is wrong with rate cards, and what is odd about them.
    Check(check::Check),
    /// Print the JSON Schema of rate cards.
    Schema,
}

impl Card {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When the answer cannot be written. A card that is refused is an answer: exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(check) => check.run(),
            Self::Schema => {
                output::print(output::json(&farebox_pricing::schema())?)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
