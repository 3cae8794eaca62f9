//! What an instance knows of the journal of its node.

use crate::ports::Named;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

/// What an instance knows of the journal. All of it only saves work.
#[derive(Default)]
pub(crate) struct Driving {
    /// Whether something may wait.
    pub(crate) perhaps: Cell<bool>,
    /// When it was last looked, on the clock of [`Clock::elapsed`](crate::ports::Clock::elapsed).
    pub(crate) looked: Cell<Option<Duration>>,
    /// Whether something is being driven in now.
    pub(crate) under_way: Cell<bool>,
    /// The documents that the shared store has, by city.
    pub(crate) kept: RefCell<BTreeSet<(String, Named)>>,
}
