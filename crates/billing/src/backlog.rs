//! How much of an instance's work is still going on after its answers.

use std::cell::Cell;

/// The work of an instance that goes on after answers.
#[derive(Default)]
pub(crate) struct Backlog {
    /// How much of it is not finished.
    pub(crate) unfinished: Cell<u32>,
    /// Whether any was ever finished.
    pub(crate) warm: Cell<bool>,
}
