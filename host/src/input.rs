//! Files that commands read. "-" is what stands in for a file: the standard input.

use crate::bill_text;
use anyhow::Context;
use farebox_document::Problem;
use serde::de::DeserializeOwned;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

/// Whether a path stands for the standard input.
#[must_use]
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What to call a path in front of people.
#[must_use]
pub fn name(path: &Path) -> String {
    if is_stdin(path) { "(standard input)".to_owned() } else { path.display().to_string() }
}

/// The text of a file.
///
/// # Errors
///
/// When it cannot be read, or is not UTF-8.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = if is_stdin(path) {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read {}", name(path)))?;
    Ok(text)
}

/// What a variable of the environment says; one that is empty says nothing.
///
/// # Errors
///
/// When it is not UTF-8. It is not repeated: secrets are in variables.
pub fn variable(name: &str) -> anyhow::Result<Option<String>> {
    let Some(text) = std::env::var_os(name) else { return Ok(None) };
    let text = text.into_string().map_err(|_| anyhow::anyhow!("the variable {name} is not UTF-8"))?;
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// What is in a file, if one is named, or else in a variable of the environment; with what to call that place in front of people. So
/// secrets are given: arguments can be seen by everybody on a machine.
///
/// # Errors
///
/// When what is there cannot be read.
pub fn file_or_variable(file: Option<&Path>, variable_name: &str) -> anyhow::Result<(String, Option<String>)> {
    match file {
        Some(path) => Ok((name(path), Some(read_text(path)?))),
        None => Ok((variable_name.to_owned(), variable(variable_name)?)),
    }
}

/// The text of a document that is to be checked.
///
/// # Errors
///
/// That it cannot be read, as a problem beside those that a check may find.
pub fn read_to_check(path: &Path) -> Result<String, Vec<Problem>> {
    read_text(path).map_err(|error| {
        vec![Problem { pointer: String::new(), code: "unreadable".into(), message: format!("{error:#}") }]
    })
}

/// A document of JSON; `what` is what it should be.
///
/// # Errors
///
/// When the file cannot be read, or everything that is wrong with what it holds, each with its place.
pub fn read_document<T: DeserializeOwned>(path: &Path, what: &str) -> anyhow::Result<T> {
    farebox_document::read_text(&read_text(path)?)
        .map_err(|problems| anyhow::anyhow!(with_problems(&format!("{} is not {what}; it has", name(path)), &problems)))
}

/// What something has, and then everything that is wrong with it, a line each.
pub fn with_problems(what: &str, problems: &[Problem]) -> String {
    let mut message = format!("{what} {}", bill_text::count(problems.len(), "problem"));
    for problem in problems {
        let _ = write!(message, "\n  {problem}");
    }
    message
}
