//! The inputs that are kept: a file or two for each target, an input on each line.
//!
//! `corpus/<target>.txt` is written by the command, as few inputs as reach what all reach. `corpus/<target>.kept.txt` is
//! written by people: what once broke a law, and what a search should begin with.

use crate::target::Target;
use farebox_kit::artifacts::repository;
use sha1::{Digest, Sha1};
use std::io;
use std::path::{Path, PathBuf};

/// An input, and where it stands.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file.
    pub file: PathBuf,
    /// The line in it.
    pub line: usize,
    /// The input itself.
    pub bytes: Vec<u8>,
}

/// The inputs that the command found for a target.
pub fn found(target: &Target) -> PathBuf {
    folder().join(format!("{}.txt", target.name))
}

/// The inputs that people keep for a target.
pub fn kept(target: &Target) -> PathBuf {
    folder().join(format!("{}.kept.txt", target.name))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// All inputs of a target.
///
/// # Errors
///
/// A file cannot be read, or a line of it is none.
pub fn inputs(target: &Target) -> io::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for file in [kept(target), found(target)].into_iter().filter(|file| file.exists()) {
        for (number, line) in (1..).zip(std::fs::read_to_string(&file)?.lines()) {
            let bytes = unescape(line).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}:{number} is no input", file.display()))
            })?;
            inputs.push(Input { file: file.clone(), line: number, bytes });
        }
    }
    Ok(inputs)
}

/// The inputs that a search begins with because they are there for another reason.
///
/// # Errors
///
/// A file or a folder cannot be read.
pub fn seeds(target: &Target) -> io::Result<Vec<Input>> {
    let mut seeds = Vec::new();
    for folder in target.seeds {
        add_documents(&repository().join(folder), &mut seeds)?;
    }
    Ok(seeds)
}

fn add_documents(folder: &Path, seeds: &mut Vec<Input>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        if file.is_dir() {
            add_documents(&file, seeds)?;
        } else if file.extension().is_some_and(|extension| extension == "json") {
            let bytes = std::fs::read(&file)?;
            seeds.push(Input { file, line: 1, bytes });
        }
    }
    Ok(())
}

/// The most that a file of inputs may come to: a repository is no place for more.
pub const MOST_BYTES: usize = 300_000;

/// How long inputs are in a file.
pub fn length(inputs: &[Vec<u8>]) -> usize {
    inputs.iter().map(|bytes| bytes.escape_ascii().count() + 1).sum()
}

/// Writes inputs as a file has them, the shortest first.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(file: &Path, mut inputs: Vec<Vec<u8>>) -> io::Result<()> {
    inputs.sort_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    inputs.dedup();
    let lines: String = inputs.iter().map(|bytes| format!("{}\n", bytes.escape_ascii())).collect();
    std::fs::write(file, lines)
}

/// The name that libFuzzer gives an input.
pub fn name(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What [`escape_ascii`](slice::escape_ascii) was given.
pub fn unescape(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
                }
                quoted @ (b'\\' | b'\'' | b'"') => quoted,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte is one again, and what nobody wrote is no input.
    #[test]
    fn lines_are_read_as_they_were_written() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(&all.escape_ascii().to_string()), Some(all));
        for bad in ["\\", "\\x", "\\x0", "\\xg0", "\\q"] {
            assert_eq!(unescape(bad), None, "{bad}");
        }
    }

    /// libFuzzer calls an input by the same name, so that it is not there twice.
    #[test]
    fn names_are_libfuzzers() {
        assert_eq!(name(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }
}
