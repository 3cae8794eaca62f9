//! `farebox switches`: what operators switch while everything runs, before it counts.

use crate::{checked, input, output};
use clap::{Args, Subcommand};
use farebox_billing::config::switches::Switches;
use farebox_document::Problem;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
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
    /// Documents; "-" is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    file: String,
    /// Whether it can be used.
    good: bool,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    switches: Option<Switches>,
    problems: Vec<Problem>,
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
        let reports: Vec<Report> = check.files.iter().map(|file| Report::of(file)).collect();
        checked::answer(&reports, check.json, |report| report.good)
    }
}

impl Report {
    fn of(path: &Path) -> Self {
        let file = input::name(path);
        match input::read_to_check(path).and_then(|text| Switches::parse(&text)) {
            Ok(switches) => Self { file, good: true, switches: Some(switches), problems: Vec::new() },
            Err(problems) => Self { file, good: false, switches: None, problems },
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        if let Some(switches) = &self.switches {
            let words = switches.words();
            let words = if words.is_empty() { "nothing".to_owned() } else { words.join(", ") };
            writeln!(f, "  switches {words}")?;
        }
        checked::write_problems(f, &self.problems)
    }
}
