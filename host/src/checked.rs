//! Commands that check documents, each for itself.

use crate::bill_text::count;
use crate::{input, output};
use clap::Args;
use farebox_document::Problem;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which documents are checked, and how that is answered.
#[derive(Debug, Args)]
pub struct Documents {
    /// Documents; "-" is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What was found in one.
#[derive(Serialize)]
struct Report<T> {
    file: String,
    /// Whether it can be used.
    good: bool,
    /// What it says, by name.
    #[serde(flatten)]
    says: Option<T>,
    problems: Vec<Problem>,
}

impl Documents {
    /// Checks them, and prints what was found. A document that is refused is an answer: exit code 1.
    ///
    /// # Errors
    ///
    /// When the answer cannot be written.
    pub fn check<T>(&self, parse: impl Fn(&Path, &str) -> Result<T, Vec<Problem>>) -> anyhow::Result<ExitCode>
    where
        T: Serialize + fmt::Display,
    {
        let report = |path: &PathBuf| {
            let file = input::name(path);
            match input::read_to_check(path).and_then(|text| parse(path, &text)) {
                Ok(says) => Report { file, good: true, says: Some(says), problems: Vec::new() },
                Err(problems) => Report { file, good: false, says: None, problems },
            }
        };
        let reports: Vec<Report<T>> = self.files.iter().map(report).collect();
        if self.json {
            output::print(output::json(&reports)?)?;
        } else {
            output::print(reports.iter().map(|report| format!("{report}\n")).collect::<String>())?;
        }
        Ok(if reports.iter().all(|report| report.good) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl<T: fmt::Display> fmt::Display for Report<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.file)?;
        if let Some(says) = &self.says {
            says.fmt(f)?;
        }
        write_findings(f, &self.problems, &[])
    }
}

/// Ends what is told of a document: what is wrong with it, what is odd, and how much of each.
pub(crate) fn write_findings(f: &mut fmt::Formatter<'_>, problems: &[Problem], warnings: &[Problem]) -> fmt::Result {
    for problem in problems {
        writeln!(f, "  problem {problem}")?;
    }
    for warning in warnings {
        writeln!(f, "  warning {warning}")?;
    }
    match (problems.len(), warnings.len()) {
        (0, 0) => writeln!(f, "  no problems"),
        (0, warnings) => writeln!(f, "  no problems, {}", count(warnings, "warning")),
        (problems, _) => writeln!(f, "  refused: {}", count(problems, "problem")),
    }
}
