//! The store: what outlives a request.

use super::{SegmentsError, StoreError};
use farebox_fare::Segment;
use farebox_limits::{Limit, Taken};
use farebox_records::stored::{
    Accumulated, DocumentKind, DueTrip, Entered, Listed, NewRevision, Once, Page, Posted, Revision, TopUp,
};

/// Trips, quotes, documents, bills, top-ups and limits, as `wit/store` promises them: every call is one atomic step, and every
/// write but one can be repeated. A call may take for ever; whoever makes it bounds it.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Store {
    /// Enters the nonce of a request about a trip that needs no other write.
    async fn enter(&self, city: &str, trip: &str, once: &Once) -> Result<Entered, StoreError>;

    /// Adds segments to a trip: all of them or none. New ones make a trip due that was billed. The nonce of `once` is entered
    /// in the same step.
    async fn add_segments(
        &self,
        city: &str,
        trip: &str,
        segments: &[Segment],
        once: Option<&Once>,
    ) -> Result<Accumulated, SegmentsError>;

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

    /// Keeps a revision of a trip's bill unless there is one of its number, and in the same step enters its top-up, lists it under its
    /// day, and says what is due. One that is older than the head is put back: it was lost. The nonce of `once` is entered in the same step,
    /// also when nothing else is.
    async fn post_bill(
        &self,
        city: &str,
        trip: &str,
        new: &NewRevision,
        once: Option<&Once>,
    ) -> Result<Posted, StoreError>;

    /// The bill of a trip, if it has one: its newest revision.
    async fn bill(&self, city: &str, trip: &str) -> Result<Option<Revision>, StoreError>;

    /// The revision of a number of a trip's bill.
    async fn revision(&self, city: &str, trip: &str, number: u32) -> Result<Option<Revision>, StoreError>;

    /// Puts another document in the place of a revision's, if that is still what is expected, and tells whether it was.
    async fn redact_bill(
        &self,
        city: &str,
        trip: &str,
        number: u32,
        expected: &str,
        document: &str,
    ) -> Result<bool, StoreError>;

    /// The trips that were billed on a day, from a cursor on; at most `limit` of them, up to 1,000.
    async fn bills_of_day(
        &self,
        city: &str,
        day: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, StoreError>;

    /// The trips of which something has to be done again, from a cursor on; at most `limit` of them, up to 1,000.
    async fn due(&self, city: &str, cursor: Option<&str>, limit: u32) -> Result<Page<DueTrip>, StoreError>;

    /// The top-up that a revision of a trip's bill was posted with.
    async fn top_up(&self, city: &str, trip: &str, revision: u32) -> Result<Option<TopUp>, StoreError>;

    /// Takes up to so many tokens of a limit of this site, 1 to 1,000. The one write that is not the same when it is repeated.
    async fn take(&self, name: &str, limit: &Limit, up_to: u32) -> Result<Taken, StoreError>;
}
