//! What commands answer, on the standard output.

use anyhow::Context;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes an answer.
///
/// # Errors
///
/// When it cannot be written: the disk is full, or nobody reads it ([`nobody_reads`]).
pub fn print(answer: impl Display) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{answer}").and_then(|()| out.flush()).context("cannot write to the standard output")
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
