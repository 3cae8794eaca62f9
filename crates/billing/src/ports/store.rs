//! The store: what outlives a request.

use super::{SegmentsError, StoreError};
use farebox_fare::{Segment, Timestamp};
use farebox_money::{Currency, MinorUnits};

/// Trips, quotes, documents, bills and top-ups, as `wit/store` promises them: every call is one atomic step, and every
/// write can be repeated. A call may take for ever; whoever makes it bounds it.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Store {
    /// Adds segments to a trip: all of them or none.
    async fn add_segments(&self, city: &str, trip: &str, segments: &[Segment]) -> Result<Accumulated, SegmentsError>;

    /// The segments of a trip, ascending by number; none when it is not known.
    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, StoreError>;

    /// Keeps a quote for `ttl_s` seconds, at least 1.
    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), StoreError>;

    /// A quote, if it is still there.
    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, StoreError>;

    /// Keeps a document under its version.
    async fn put_document(
        &self,
        city: &str,
        kind: DocumentKind,
        version: &str,
        document: &str,
    ) -> Result<(), StoreError>;

    /// The document of a version, if one was ever kept.
    async fn document(&self, city: &str, kind: DocumentKind, version: &str) -> Result<Option<String>, StoreError>;

    /// Keeps a bill unless the trip has one: `None` when it is kept now, otherwise the one that was there.
    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, StoreError>;

    /// The bill of a trip, if it has one.
    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, StoreError>;

    /// Enters a top-up in the ledger. Entering the same one again is fine.
    async fn enter_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<(), StoreError>;
}

/// What a document is that something was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// A rate card.
    RateCard,
    /// A commission policy.
    Policy,
    /// Copy for a locale.
    Catalogue,
    /// The rules of a city.
    City,
}

/// What a trip has accumulated: the sums over all its segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accumulated {
    /// Metres.
    pub distance_m: u64,
    /// Seconds.
    pub duration_s: u64,
    /// How many segments there are.
    pub segments: u32,
}

/// A bill, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBill {
    /// The fingerprint of the request that it was made from.
    pub fingerprint: String,
    /// The record.
    pub document: String,
}

/// What the platform owes a driver for a ride.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// The currency of the amount.
    pub currency: Currency,
    /// In minor units; more than zero.
    pub amount: MinorUnits,
    /// The scenario of the policy that it comes from.
    pub scenario: String,
    /// When the ride was billed.
    pub billed_at: Timestamp,
}
