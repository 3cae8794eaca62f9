//! The command line. Each command is an enum case here and a module that has its arguments and its `run`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    archive, backup, bills, card, city, coupon, explain, jobs, journal, keys, ledger, limits, output, policy, quote,
    reconcile, repair, replay, request, switches,
};
use farebox_runtime::{compile, up};

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
    /// Check commission policies, print their JSON Schema, or explain a settlement.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Say why bills were settled as they were.
    #[command(subcommand)]
    Commission(policy::Commission),
    /// Check the document of limits, or print its JSON Schema.
    #[command(subcommand)]
    Limits(limits::Limits),
    Replay(replay::Replay),
    /// Check the document of switches, or print its JSON Schema.
    #[command(subcommand)]
    Switches(switches::Command),
    /// Make, list, rotate and revoke the keys that requests are signed with.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Make what issuers of coupons sign with, and sign coupons.
    #[command(subcommand)]
    Coupon(coupon::Coupon),
    Request(Box<request::Request>),
    Bills(Box<bills::Bills>),
    Ledger(Box<ledger::Ledger>),
    Repair(Box<repair::Repair>),
    /// Have a server put right what was kept or made in an outage.
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    Journal(journal::Journal),
    Reconcile(Box<reconcile::Reconcile>),
    #[command(subcommand)]
    Archive(archive::Archive),
    Backup(backup::Backup),
    Restore(backup::Restore),
    #[command(hide = true)]
    Compile(compile::Compile),
}

/// Runs the command that the process's arguments name, and says what went wrong. `started` is called when an application is
/// served.
#[must_use]
pub fn run(started: fn()) -> ExitCode {
    output::tell_panics();
    let result = match Cli::try_parse() {
        Ok(cli) => run_command(cli.command, started),
        Err(error) => answer_of_parser(&error),
    };
    let code = result.unwrap_or_else(|error| {
        if output::nobody_reads(&error) {
            // As a program ends that a broken pipe kills.
            return ExitCode::from(141);
        }
        output::say(format_args!("error: {error:#}"));
        ExitCode::FAILURE
    });
    output::flush();
    code
}

fn run_command(command: Command, started: fn()) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(up) => up.run(started).map(|()| ExitCode::SUCCESS),
        Command::Quote(quote) => quote.run().map(|()| ExitCode::SUCCESS),
        Command::Explain(explain) => explain.run(),
        Command::Card(card) => card.run(),
        Command::City(city) => city.run(),
        Command::Policy(policy) => policy.run(),
        Command::Commission(commission) => commission.run(),
        Command::Limits(limits) => limits.run(),
        Command::Switches(switches) => switches.run(),
        Command::Replay(replay) => replay.run(),
        Command::Keys(keys) => keys.run(),
        Command::Coupon(coupon) => coupon.run(),
        Command::Request(request) => request.run(),
        Command::Bills(bills) => bills.run(),
        Command::Ledger(ledger) => ledger.run(),
        Command::Repair(repair) => repair.run(),
        Command::Jobs(jobs) => jobs.run(),
        Command::Journal(journal) => journal.run(),
        Command::Reconcile(reconcile) => reconcile.run(),
        Command::Archive(archive) => archive.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Compile(compile) => compile.run().map(|()| ExitCode::SUCCESS),
    }
}

/// What there is to say of arguments that name no command: an answer, when it was asked for, or a mistake.
fn answer_of_parser(error: &clap::Error) -> anyhow::Result<ExitCode> {
    if !error.use_stderr() {
        output::print_with(|| error.print())?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = error.render();
    let text = if output::is_coloured() { text.ansi().to_string() } else { text.to_string() };
    output::say(text.trim_end_matches('\n'));
    Ok(ExitCode::from(2))
}
