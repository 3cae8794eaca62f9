//! The command line. Each command is an enum case here and a module that has its arguments and its `run`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{card, explain, quote, replay};
use farebox_runtime::up;

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
    /// Say of a bill that was made why it is what it is.
    Explain(explain::Explain),
    /// Check rate cards, or print their JSON Schema.
    #[command(subcommand)]
    Card(card::Card),
    /// Price bills again from their records: prove them, or try another rate card on them.
    Replay(replay::Replay),
}

/// Runs the command that the process's arguments name, and says what went wrong.
#[must_use]
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Up(up) => up.run().map(|()| ExitCode::SUCCESS),
        Command::Quote(quote) => quote.run().map(|()| ExitCode::SUCCESS),
        Command::Explain(explain) => explain.run(),
        Command::Card(card) => card.run(),
        Command::Replay(replay) => replay.run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
