//! The command line. Each command is an enum case here and a module that has its arguments and its `run`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{card, city, explain, output, quote, replay};
use farebox_runtime::up;

/// Fare pricing, bills and commission control for ride hailing, as WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "farebox", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What the command line says of each command stands with its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    Up(Box<up::Up>),
    Quote(Box<quote::Quote>),
    Explain(explain::Explain),
    /// Check rate cards, or print their JSON Schema.
    #[command(subcommand)]
    Card(card::Card),
    /// Check the documents of cities, or print their JSON Schema.
    #[command(subcommand)]
    City(city::City),
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
        Command::City(city) => city.run(),
        Command::Replay(replay) => replay.run(),
    };
    result.unwrap_or_else(|error| {
        if output::nobody_reads(&error) {
            // As a program ends that a broken pipe kills.
            return ExitCode::from(141);
        }
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
