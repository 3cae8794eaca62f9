//! What a backend does with breakers.

use crate::Fault;
use farebox_resilience::breaker::{Change, Kind, Row};

/// Breakers. They belong to a node, and to no city: no fence is looked at.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Breakers {
    /// The rows that there are.
    async fn breakers(&self) -> Result<Vec<(Kind, Row)>, Fault>;

    /// Puts a row in the place of the one of the expected generation, or where there is none. Returns what is there then.
    async fn enter_breaker(&self, kind: Kind, change: &Change) -> Result<Row, Fault>;
}
