//! What commands answer, on the standard output, and what they [`say`] of it, on the standard error.
//!
//! A command is there for its answer: it waits for whoever reads it, and fails when it cannot be written. What it says besides
//! changes nothing, read or not.

use anyhow::ensure;
pub use farebox_runtime::output::{flush, is_coloured, print, print_with, say, tell_panics};
use serde::Serialize;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

/// An answer for programs: one JSON document, laid out for people too.
///
/// # Errors
///
/// When it cannot be JSON.
pub fn json(answer: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(answer)? + "\n")
}

/// A secret, which is shown once.
///
/// # Errors
///
/// As [`print`]; and when the standard output is one that keeps nothing: `/dev/null`, or none at all, which programs are given that for.
pub fn print_secret(text: impl Display) -> anyhow::Result<()> {
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?).metadata()?;
    let nowhere = fs::metadata("/dev/null")?;
    ensure!(
        out.rdev() != nowhere.rdev() || !out.file_type().is_char_device(),
        "the standard output is closed, or is /dev/null: nobody would know the secret; send it to a file"
    );
    print(text)
}

/// Whether a command failed because whoever read its answer has had enough, as `head` has. Nothing is wrong then.
#[must_use]
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
