//! What only one of two connections has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the connection that writes has something that the other has not, so that reads have to use it as well.
#[derive(Clone, Default)]
pub(super) struct Apart(Arc<ApartState>);

#[derive(Default)]
struct ApartState {
    /// A guest has said BEGIN, and nobody has ended that yet.
    in_a_transaction: AtomicBool,
    /// A temporary table, or a way of its own to read. That is for good.
    different: AtomicBool,
}

impl Apart {
    pub(super) fn is_so(&self) -> bool {
        self.0.in_a_transaction.load(Ordering::Acquire) || self.0.different.load(Ordering::Acquire)
    }

    pub(super) fn set_in_a_transaction(&self, now: bool) {
        self.0.in_a_transaction.store(now, Ordering::Release);
    }

    pub(super) fn set_different(&self) {
        self.0.different.store(true, Ordering::Release);
    }
}
