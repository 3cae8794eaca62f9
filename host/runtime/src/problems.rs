//! Everything that is wrong, told at once.

use std::fmt;

/// Misconfigurations found so far. Checks add to it and go on, so that one run tells all of them.
#[derive(Debug, Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// Adds a problem: where it is, and one sentence saying what is wrong and what would be right.
    pub fn add(&mut self, place: impl fmt::Display, message: impl fmt::Display) {
        self.0.push(format!("{place}: {message}"));
    }

    /// Nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    ///
    /// All problems in one error, headed by `what`: the thing that cannot be used.
    pub fn into_result(self, what: impl fmt::Display) -> anyhow::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let count = match self.0.len() {
            1 => "1 problem".to_owned(),
            n => format!("{n} problems"),
        };
        Err(anyhow::anyhow!("{what}: {count}\n  - {}", self.0.join("\n  - ")))
    }
}
