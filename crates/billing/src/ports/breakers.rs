//! What the instances of a node tell each other of what does not answer.

use super::StoreError;
use farebox_resilience::breaker::{Change, Kind, Row};

/// The rows of breakers, on this node: in its own database. A call may take for ever; whoever makes it bounds it. Nothing that is
/// answered or kept depends on them.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Breakers {
    /// The rows that there are.
    async fn breakers(&self) -> Result<Vec<(Kind, Row)>, StoreError>;

    /// Puts a row in the place of the one of the expected generation, or where there is none; and answers what is there then.
    async fn enter_breaker(&self, kind: Kind, change: &Change) -> Result<Row, StoreError>;
}
