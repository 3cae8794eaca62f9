//! Files that are there whole, or not at all.

use anyhow::Context as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What a file is called until it is whole.
pub fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    path.with_file_name(name)
}

/// Gives a file that is whole its name, safe from a power cut.
///
/// # Errors
///
/// As usual with files.
pub fn put(unfinished: &Path, path: &Path) -> anyhow::Result<()> {
    File::open(unfinished)?.sync_all()?;
    fs::rename(unfinished, path).with_context(|| format!("cannot rename {unfinished:?} to {path:?}"))?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Writes a file, safe from a power cut.
///
/// # Errors
///
/// As usual with files.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = unfinished(path);
    let mut file = File::create(&unfinished).with_context(|| format!("cannot write {}", unfinished.display()))?;
    file.write_all(bytes)?;
    put(&unfinished, path)
}
