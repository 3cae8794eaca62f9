//! `farebox jobs`: what puts right what was kept or made in an outage, wherever no host asks for it on timers.

mod round;
mod run;
pub mod slices;
mod standing;
mod stop;

use clap::Subcommand;
use std::process::ExitCode;

/// Ask a server for its jobs, or how they stand.
///
/// `drain` drives into the shared store what a node has kept itself while that did not answer; `repair` makes bills again that lack
/// something, or that segments came late for.
#[expect(missing_docs, reason = "what is said of each command stands with its arguments")]
#[derive(Debug, Subcommand)]
pub enum Jobs {
    Run(Box<run::Run>),
    Loop(Box<run::Loop>),
    Status(Box<standing::Status>),
}

impl Jobs {
    /// Does it.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is a refusal.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(run) => run.run(),
            Self::Loop(forever) => forever.run(),
            Self::Status(status) => status.run(),
        }
    }
}
