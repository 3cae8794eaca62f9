//! `farebox city`: what cities decide for themselves, before it counts.

use crate::checked::Documents;
use crate::output;
use clap::{Args, Subcommand};
use farebox_billing::config::city::CityRules;
use farebox_document::Problem;
use serde::Serialize;
use std::fmt;
use std::path::Path;
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
    #[command(flatten)]
    documents: Documents,
}

/// What a good document decides.
#[derive(Serialize)]
struct Says {
    rules: CityRules,
    version: String,
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
        check.documents.check(Says::of)
    }
}

impl Says {
    fn of(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let (rules, version) = CityRules::parse(text)?;
        named(path, &rules)?;
        Ok(Self { rules, version })
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

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}", self.rules.city)?;
        writeln!(f, "  version {}", self.version)?;
        let rules = serde_json::to_value(&self.rules).map_err(|_| fmt::Error)?;
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
        parts.iter().try_for_each(|part| writeln!(f, "  {part:<13} {}", rules[part]))
    }
}
