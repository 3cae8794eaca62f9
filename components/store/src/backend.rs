//! What a backend has to do.

use crate::{Batch, Fault};
use farebox_fare::{Segment, Timestamp};
use farebox_money::MinorUnits;

/// The sums over all segments of a trip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Metres.
    pub distance_m: u64,
    /// Seconds.
    pub duration_s: u64,
    /// How many segments there are.
    pub segments: u32,
}

/// A bill, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBill {
    /// Equal for equal requests; chosen by the caller.
    pub fingerprint: String,
    /// The bill.
    pub document: String,
}

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

/// Why segments were not added. Nothing was written, except as [`Fault`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddError {
    /// The segment with this sequence number is there already, and says something else.
    Conflict(u64),
    /// The trip would hold more than [`MAX_SEGMENTS`](crate::MAX_SEGMENTS).
    TooManySegments,
    /// The backend failed.
    Fault(Fault),
}

impl From<Fault> for AddError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The contract between the component and a place to keep things.
///
/// Every write is one atomic step of the backend (one Lua script, one SQL statement), so that it happens whole or not
/// at all whatever becomes of the caller, and running it again changes nothing. Any of these futures may be dropped
/// before it is done.
///
/// Identifiers were checked by the caller. Nothing here has a deadline: that is the caller's duty too.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Backend {
    /// Adds all segments of a batch, or none, and gives the trip its time to live again. Returns the totals some time
    /// after.
    async fn add_segments(&self, city: &str, trip: &str, batch: &Batch) -> Result<Totals, AddError>;

    /// The segments of a trip, ascending by sequence number; empty when there are none.
    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault>;

    /// Keeps a quote for 1 to [`MAX_TTL_S`](crate::MAX_TTL_S) seconds, in place of the one before.
    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault>;

    /// A quote that has not expired.
    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault>;

    /// Keeps a rate card under its version, unless there is one.
    async fn put_card(&self, city: &str, version: &str, document: &str) -> Result<(), Fault>;

    /// The rate card of a version.
    async fn card(&self, city: &str, version: &str) -> Result<Option<String>, Fault>;

    /// Keeps a bill unless the trip has one. Returns the one it has had all along, and `None` when this one was kept.
    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, Fault>;

    /// The bill of a trip.
    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, Fault>;

    /// Enters a top-up unless the trip has one. Returns the one it has had all along, and `None` when this one was
    /// entered.
    async fn put_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<Option<TopUp>, Fault>;

    /// The top-up of a trip.
    async fn top_up(&self, city: &str, trip: &str) -> Result<Option<TopUp>, Fault>;
}
