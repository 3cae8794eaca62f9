//! What commands answer, on the standard output, and what they [`say`] of it, on the standard error.
//!
//! A command is there for its answer: it waits for whoever reads it, and fails when it cannot be written. What it says besides
//! changes nothing, read or not.

use anyhow::Context;
pub use farebox_runtime::output::{flush, is_coloured, say, tell_panics};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes an answer.
///
/// # Errors
///
/// When it cannot be written: the disk is full, or nobody reads it ([`nobody_reads`]).
pub fn print(answer: impl Display) -> anyhow::Result<()> {
    print_with(|| write!(io::stdout(), "{answer}"))
}

/// Writes an answer that somebody else lays out, for example in colours.
///
/// # Errors
///
/// As [`print`].
pub fn print_with(write: impl FnOnce() -> io::Result<()>) -> anyhow::Result<()> {
    write().and_then(|()| io::stdout().flush()).context("cannot write to the standard output")
}

/// An answer for programs: one JSON document, laid out for people too.
///
/// # Errors
///
/// When it cannot be JSON.
pub fn json(answer: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(answer)? + "\n")
}

/// Whether a command failed because whoever read its answer has had enough, as `head` has. Nothing is wrong then.
#[must_use]
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
