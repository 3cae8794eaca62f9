//! Files that commands read. "-" is what stands in for a file: the standard input.

use anyhow::Context;
use farebox_fare::Facts;
use std::io::Read;
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

/// The facts of a ride, as a bill record has them.
///
/// # Errors
///
/// When the file cannot be read, or holds something else.
pub fn read_facts(path: &Path) -> anyhow::Result<Facts> {
    let text = read_text(path)?;
    serde_json::from_str(&text).with_context(|| format!("{} is not the facts of a ride", name(path)))
}
