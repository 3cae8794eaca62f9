//! What is answered by commands that check documents, each for itself.

use crate::bill_text::count;
use crate::output;
use farebox_document::Problem;
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

/// Prints what was found. A document that is refused is an answer: exit code 1.
///
/// # Errors
///
/// When the answer cannot be written.
pub fn answer<R>(reports: &[R], json: bool, is_good: impl Fn(&R) -> bool) -> anyhow::Result<ExitCode>
where
    R: Serialize + fmt::Display,
{
    if json {
        output::print(output::json(&reports)?)?;
    } else {
        output::print(reports.iter().map(|report| format!("{report}\n")).collect::<String>())?;
    }
    Ok(if reports.iter().all(is_good) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes what is wrong with a document, a line each, and whether it is refused.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_problems(f: &mut fmt::Formatter<'_>, problems: &[Problem]) -> fmt::Result {
    for problem in problems {
        writeln!(f, "  problem {problem}")?;
    }
    match problems.len() {
        0 => writeln!(f, "  no problems"),
        problems => writeln!(f, "  refused: {}", count(problems, "problem")),
    }
}
