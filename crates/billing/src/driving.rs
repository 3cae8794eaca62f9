//! What an instance knows of the journal of its node.

use crate::ports::Named;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
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
    /// The documents that the shared store has, by city; and as far as which loss it has them.
    pub(crate) kept: RefCell<(u64, BTreeSet<(String, Named)>)>,
    /// The number of the last loss of the shared store that was heard of. What was kept there before may not be any more.
    pub(crate) lost: Cell<u64>,
    /// When each city lost something last, in milliseconds since 1970.
    pub(crate) lost_ms: RefCell<BTreeMap<String, u64>>,
}

impl Driving {
    /// Whether the shared store has a document, as far as is known.
    pub(crate) fn has(&self, document: &(String, Named)) -> bool {
        let kept = self.kept.borrow();
        kept.0 == self.lost.get() && kept.1.contains(document)
    }

    /// The shared store has taken a document, when this was the last loss that was heard of.
    pub(crate) fn keeps(&self, document: (String, Named), lost: u64) {
        let mut kept = self.kept.borrow_mut();
        if kept.0 != lost {
            *kept = (lost, BTreeSet::new());
        }
        kept.1.insert(document);
    }
}
