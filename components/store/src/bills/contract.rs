//! What a backend does with bills.

use crate::Fault;

/// A bill, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBill {
    /// Equal for equal requests; chosen by the caller.
    pub fingerprint: String,
    /// The bill.
    pub document: String,
}

/// Bills, one for each trip.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Bills {
    /// Keeps a bill unless the trip has one. Returns the one it has had all along, and `None` when this one was kept.
    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, Fault>;

    /// The bill of a trip.
    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, Fault>;
}
