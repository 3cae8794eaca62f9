//! What does not fit, told at once.

use std::fmt;

/// What was found so far that cannot be run here. Checks add to it and go on, so that one run tells all of it.
#[derive(Debug, Default)]
pub struct Misfits(Vec<String>);

impl Misfits {
    /// Adds one: where it is, and one sentence saying what is wrong and what would be right.
    pub fn add(&mut self, place: impl fmt::Display, message: impl fmt::Display) {
        self.0.push(format!("{place}: {message}"));
    }

    /// `Ok` when everything fits.
    ///
    /// # Errors
    ///
    /// All of them in one error, headed by `what`: the thing that cannot be used.
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
