//! The file of what may be paid once more. It is there whole, or not at all: a part of it would look like all of it.

use crate::whole;
use anyhow::Context as _;
use farebox_reconcile::{Finding, redrive};
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Such a file, while it is written.
#[derive(Debug)]
pub struct Redriven {
    path: PathBuf,
    unfinished: PathBuf,
    file: BufWriter<File>,
    finished: bool,
}

impl Redriven {
    /// Begins it, under another name.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let unfinished = whole::unfinished(path);
        let file = File::create(&unfinished).with_context(|| format!("cannot write {}", unfinished.display()))?;
        Ok(Self { path: path.to_owned(), unfinished, file: BufWriter::new(file), finished: false })
    }

    /// Adds what was found, if it may be paid once more.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn add(&mut self, finding: &Finding) -> anyhow::Result<()> {
        redrive(&mut self.file, finding).with_context(|| format!("cannot write {}", self.unfinished.display()))
    }

    /// Gives it its name.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush().with_context(|| format!("cannot write {}", self.unfinished.display()))?;
        whole::put(&self.unfinished, &self.path)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Redriven {
    fn drop(&mut self) {
        if !self.finished {
            // What is left of it is in nobody's way.
            _ = fs::remove_file(&self.unfinished);
        }
    }
}
