//! The journal of a node: what it has accepted, and the shared store may not have yet.

use super::{SegmentsError, StoreError};
use farebox_fare::Segment;
use farebox_records::stored::{
    Driven, JournalStanding, Journaled, JournaledTrip, Loss, LostDocument, Named, NewRevision, Revision, Waiting,
};

/// A journal in the node's own database, beside a store that several nodes share. Where everything is kept in that database there
/// is no journal: then what is to be entered is [`Journaled::Unneeded`], and nothing is found. A call may take for ever; whoever
/// makes it bounds it.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Journal {
    /// Enters a bill, unless there is one of this trip and revision that was neither superseded nor withdrawn. A power cut may undo it
    /// until it is [secured](Self::secure). For some seconds it is nobody's but the request's that enters it, see
    /// [`lease`](Self::lease).
    async fn enter_bill(
        &self,
        city: &str,
        trip: &str,
        new: &NewRevision,
        documents: &[Named],
    ) -> Result<Journaled, StoreError>;

    /// Learns what the shared store has of a trip, so that it can be answered when the store does not say. It cannot be posted again:
    /// what it was made with is not entered. Another bill of this revision gives way to it, and its number is returned. The same bill
    /// waits on if it did: a store that was only read may lose what it has, and nobody would notice.
    async fn learn(&self, city: &str, trip: &str, revision: &Revision) -> Result<Option<u64>, StoreError>;

    /// Enters segments of a trip, all of them or none, safe from a power cut; `false` when there is no journal. One that waits
    /// already and says something else is a conflict.
    async fn enter_segments(&self, city: &str, trip: &str, segments: &[Segment]) -> Result<bool, SegmentsError>;

    /// Keeps a document that a bill of a city in the journal names.
    async fn enter_document(&self, city: &str, named: &Named, document: &str) -> Result<(), StoreError>;

    /// A document that a bill of a city in the journal names.
    async fn journaled_document(&self, city: &str, named: &Named) -> Result<Option<String>, StoreError>;

    /// Up to so many documents that the shared store may have lost, and has not been given again.
    async fn lost_documents(&self, most: u32) -> Result<Vec<LostDocument>, StoreError>;

    /// Notes that the shared store has been given a document again.
    async fn document_is_back(&self, lost: &LostDocument) -> Result<(), StoreError>;

    /// What there is of a trip.
    async fn journaled(&self, city: &str, trip: &str) -> Result<JournaledTrip, StoreError>;

    /// Makes an entry safe from a power cut, before it is answered as being here; `false` when it does not wait any more.
    async fn secure(&self, number: u64) -> Result<bool, StoreError>;

    /// Takes an entry back that is not secured, so that another can be entered in its place; `false` when it is secured, or does not
    /// wait any more.
    async fn withdraw(&self, number: u64) -> Result<bool, StoreError>;

    /// Up to so many entries that wait, the oldest first, in order within a trip. Nobody else is given them for some seconds: that
    /// saves work, and nothing depends on it.
    async fn lease(&self, most: u32) -> Result<Vec<Waiting>, StoreError>;

    /// Notes what became of an entry: it does not wait any more. Whoever notes it again changes nothing.
    async fn drive(&self, number: u64, driven: &Driven) -> Result<(), StoreError>;

    /// Takes a step on up to so many buckets of the shared store that this node has not heard of for a minute, the longest first, of those
    /// that it has sent something to that it could send again: what they have lost is found out by it. How many it was.
    async fn look(&self, most: u32) -> Result<u32, StoreError>;

    /// What the shared store was found to have lost, after the loss of this number, in order. What this node has sent to a bucket that lost
    /// something waits again.
    async fn losses(&self, after: u64) -> Result<Vec<Loss>, StoreError>;

    /// Takes out who rode of everything that there is of a trip, also of what is only listed. How many bills said it.
    async fn forget_passenger(&self, city: &str, trip: &str) -> Result<u32, StoreError>;

    /// How it stands.
    async fn journal(&self) -> Result<JournalStanding, StoreError>;
}
