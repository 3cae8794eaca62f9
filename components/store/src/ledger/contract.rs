//! What a backend does with top-ups.

use crate::Fault;
use farebox_fare::Timestamp;
use farebox_records::stored::TopUp;

/// A top-up, as it was entered with a revision of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is owed.
    pub top_up: TopUp,
    /// When the revision was made.
    pub billed_at: Timestamp,
}

/// Top-ups owed to drivers. They are entered by the step that keeps a bill, and by no other.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Ledger {
    /// The top-up that a revision of a trip's bill owes.
    async fn entry(&self, city: &str, trip: &str, revision: u32) -> Result<Option<Entry>, Fault>;
}
