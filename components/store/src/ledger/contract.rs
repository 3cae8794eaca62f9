//! What a backend does with top-ups.

use crate::Fault;
use farebox_fare::Timestamp;
use farebox_money::MinorUnits;

/// A top-up owed to a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// The currency of `amount`.
    pub currency: String,
    /// More than zero.
    pub amount: MinorUnits,
    /// The scenario of the commission policy that called for it.
    pub scenario: String,
    /// When the ride was billed.
    pub billed_at: Timestamp,
}

impl TopUp {
    /// Whether both say that the same money is owed. When they were billed does not matter, nor why.
    pub fn owes_the_same_as(&self, other: &Self) -> bool {
        (self.amount, &self.currency) == (other.amount, &other.currency)
    }
}

/// Top-ups owed to drivers.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Ledger {
    /// Enters a top-up unless the trip has one. Returns the one it has had all along, and `None` when this one was
    /// entered.
    async fn put_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<Option<TopUp>, Fault>;

    /// The top-up of a trip.
    async fn top_up(&self, city: &str, trip: &str) -> Result<Option<TopUp>, Fault>;
}
