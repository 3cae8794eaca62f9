//! What an instance knows of what does not answer: the store that all nodes share, and this node itself. What is decided by it stands in
//! `farebox-resilience`, and what is done about it in `asking`.

use farebox_resilience::Tally;
use farebox_resilience::breaker::{Breaker, Kind, Row};
use farebox_resilience::shedding::{Lateness, Level};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// What does not answer.
#[derive(Debug, Default)]
pub(crate) struct Breaking {
    breakers: [RefCell<Breaker>; 3],
    /// Whether there is anything to break: a store that is this node's own fails with it.
    pub(crate) is_shared: Cell<bool>,
    pub(crate) looked: Cell<Option<Duration>>,
    pub(crate) lateness: RefCell<Lateness>,
    pub(crate) tally: RefCell<Tally>,
}

impl Breaking {
    pub(crate) fn of(&self, kind: Kind) -> &RefCell<Breaker> {
        let [reads, meter_writes, posts] = &self.breakers;
        match kind {
            Kind::Reads => reads,
            Kind::MeterWrites => meter_writes,
            Kind::Posts => posts,
        }
    }

    /// Each breaker, if there is anything to break.
    pub(crate) fn standing(&self) -> Vec<(Kind, Row, u64)> {
        let standing = |kind: Kind| {
            let breaker = self.of(kind).borrow();
            (kind, breaker.row().clone(), breaker.refused())
        };
        if self.is_shared.get() { Kind::ALL.map(standing).to_vec() } else { Vec::new() }
    }

    /// What is turned away because this node is late, and after how many seconds it is worth asking again.
    pub(crate) fn level(&self, now_ms: u64) -> (Level, u64) {
        let lateness = self.lateness.borrow();
        (lateness.level(now_ms), lateness.retry_after_s(now_ms))
    }

    /// Something happened that may happen often: how often it did untold, if it is to be told now.
    pub(crate) fn happened(&self, kind: &str, now_ms: u64) -> Option<u64> {
        self.tally.borrow_mut().happened(kind, now_ms)
    }
}
