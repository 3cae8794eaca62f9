//! What commands answer, on the standard output, and what they [`say`] of it, on the standard error.
//!
//! A command is there for its answer: it waits for whoever reads it, and fails when it cannot be written. What it says besides
//! changes nothing, read or not.

pub use farebox_runtime::output::{flush, is_coloured, print, print_with, say, tell_panics};
use serde::Serialize;
use std::io::{self, ErrorKind};

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
