//! JSON Lines: `{"finding": ...}` for each key, or `{"refused": ...}` for each line that cannot be used, and at the end `{"summary": ...}`.

use crate::finding::Finding;
use crate::reconciliation::Outcome;
use crate::refused::RefusedLine;
use crate::summary::Summary;
use serde::Serialize;
use std::io::{self, Write};

/// Writes JSON Lines.
#[derive(Debug)]
pub struct JsonLines<W>(W);

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Told<'t> {
    Finding(&'t Finding),
    Refused(&'t RefusedLine),
    Summary(Ending<'t>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Ending<'t> {
    Reconciled(&'t Summary),
    Refused { matches: bool, refused: u64 },
}

impl<W: Write> JsonLines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self(out)
    }

    /// Writes what became of a key.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.line(&Told::Finding(finding))
    }

    /// Writes the end.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finish(mut self, outcome: &Outcome) -> io::Result<()> {
        let ending = match outcome {
            Outcome::Reconciled(summary) => Ending::Reconciled(summary),
            Outcome::Refused(refused) => {
                for line in refused.lines() {
                    self.line(&Told::Refused(line))?;
                }
                Ending::Refused { matches: false, refused: refused.count() }
            }
        };
        self.line(&Told::Summary(ending))?;
        self.0.flush()
    }

    fn line(&mut self, told: &Told<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, told)?;
        self.0.write_all(b"\n")
    }
}
