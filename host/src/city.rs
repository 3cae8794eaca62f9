//! `farebox city`: what cities decide for themselves, before it counts.

use crate::{checked, input, output};
use clap::{Args, Subcommand};
use farebox_billing::config::city::CityRules;
use farebox_document::Problem;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What can be done with the documents of cities.
#[derive(Debug, Subcommand)]
pub enum City {
    /// Tell everything that is wrong with the documents of cities, and everything that they decide.
    Check(Check),
    /// Print the JSON Schema of the documents.
    Schema,
}

/// Tell everything that is wrong with the documents of cities, and everything that they decide, defaults and all.
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
    /// What it decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<CityRules>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    problems: Vec<Problem>,
}

impl City {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When the answer cannot be written. A document that is refused is an answer: exit code 1.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Check(check) = self else {
            output::print(output::json(&CityRules::schema())?)?;
            return Ok(ExitCode::SUCCESS);
        };
        let reports: Vec<Report> = check.files.iter().map(|file| Report::of(file)).collect();
        checked::answer(&reports, check.json, |report| report.good)
    }
}

impl Report {
    fn of(path: &Path) -> Self {
        let file = input::name(path);
        let parsed = input::read_to_check(path).and_then(|text| CityRules::parse(&text));
        match parsed.and_then(|(rules, version)| named(path, &rules).map(|()| (rules, version))) {
            Ok((rules, version)) => {
                Self { file, good: true, rules: Some(rules), version: Some(version), problems: Vec::new() }
            }
            Err(problems) => Self { file, good: false, rules: None, version: None, problems },
        }
    }
}

/// The document of a city lies in `cities` under the city's name.
fn named(path: &Path, rules: &CityRules) -> Result<(), Vec<Problem>> {
    let in_place = path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "cities");
    let name = path.file_stem().and_then(|name| name.to_str());
    if !in_place || name == Some(&*rules.city) {
        return Ok(());
    }
    let message = format!("is {:?}, and the name of the file says {:?}", rules.city, name.unwrap_or_default());
    Err(vec![Problem { pointer: "/city".to_owned(), code: "file-name".into(), message }])
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        if let (Some(rules), Some(version)) = (&self.rules, &self.version) {
            writeln!(f, "  {}", rules.city)?;
            writeln!(f, "  version {version}")?;
            let rules = serde_json::to_value(rules).map_err(|_| fmt::Error)?;
            let parts = [
                "tolerances",
                "findings",
                "repair",
                "detour",
                "limits",
                "mock_charges",
                "mock_from",
                "detour_factor",
                "coupons",
            ];
            for part in parts {
                writeln!(f, "  {part:<13} {}", rules[part])?;
            }
        }
        checked::write_problems(f, &self.problems)
    }
}
