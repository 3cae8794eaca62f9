//! `farebox limits`: how much whom is let, before it counts.

use crate::{checked, input, output};
use clap::{Args, Subcommand};
use farebox_document::Problem;
use farebox_limits::document::{KeyTier, Tier};
use farebox_limits::{Limit, LimitsDocument, RouteClass, Window};
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What can be done with the document of limits.
#[derive(Debug, Subcommand)]
pub enum Limits {
    /// Tell everything that is wrong with a document of limits, and what it says.
    Check(Check),
    /// Print the JSON Schema of the document.
    Schema,
}

/// Tell everything that is wrong with a document of limits; or who has which tier, and how many requests each instance takes of a
/// limit at a time.
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
    limits: Option<LimitsDocument>,
    problems: Vec<Problem>,
}

impl Limits {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When the answer cannot be written. A document that is refused is an answer: exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Check(check) = self else {
            output::print(output::json(&LimitsDocument::schema())?)?;
            return Ok(ExitCode::SUCCESS);
        };
        let reports: Vec<Report> = check.files.iter().map(|file| Report::of(file)).collect();
        checked::answer(&reports, check.json, |report| report.good)
    }
}

impl Report {
    fn of(path: &Path) -> Self {
        let file = input::name(path);
        match input::read_to_check(path).and_then(|text| LimitsDocument::parse(&text)) {
            Ok(limits) => Self { file, good: true, limits: Some(limits), problems: Vec::new() },
            Err(problems) => Self { file, good: false, limits: None, problems },
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        if let Some(limits) = &self.limits {
            limits.tiers.0.iter().try_for_each(|tier| write_tier(f, tier))?;
            write_who(f, "", limits.default.as_deref(), &limits.keys.0)?;
            for city in &limits.cities.0 {
                write_who(f, &format!(" in {}", city.city), city.default.as_deref(), &city.keys.0)?;
            }
        }
        checked::write_problems(f, &self.problems)
    }
}

fn write_tier(f: &mut fmt::Formatter<'_>, tier: &Tier) -> fmt::Result {
    writeln!(f, "  tier {}", tier.name)?;
    for class in RouteClass::ALL {
        write!(f, "    {:<8} ", class.word())?;
        let Some(limit) = tier.limit(*class) else {
            writeln!(f, "not limited")?;
            continue;
        };
        let Limit { rate, burst, window } = limit;
        write!(f, "{rate}/s, {burst} at once")?;
        if let Some(Window { requests, seconds }) = window {
            write!(f, ", {requests} in {seconds} s")?;
        }
        writeln!(f, "; instances take {} at a time", limit.batch())?;
    }
    Ok(())
}

fn write_who(f: &mut fmt::Formatter<'_>, of: &str, default: Option<&str>, keys: &[KeyTier]) -> fmt::Result {
    match (default, of) {
        (Some(default), _) => writeln!(f, "  everybody{of}: {default}")?,
        (None, "") => writeln!(f, "  everybody: not limited")?,
        (None, _) => {}
    }
    keys.iter().try_for_each(|KeyTier { key, tier }| writeln!(f, "  key {key}{of}: {tier}"))
}
