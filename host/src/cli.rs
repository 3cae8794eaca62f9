//! The command line. Each command is an enum case here and a module that has its arguments and its `run`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{quote, up};

/// Fare pricing, bills and commission control for ride hailing, as WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "farebox", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the application of a spin.toml on this machine.
    Up(Box<up::Up>),
    /// Price one trip on a rate card, without a server.
    Quote(Box<quote::Quote>),
}

/// Runs the command that the process's arguments name, and says what went wrong.
#[must_use]
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(up) => up.run(),
        Command::Quote(quote) => quote.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
