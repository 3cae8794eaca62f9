//! What a node does with its journal.

use crate::Fault;
use crate::trips::AddError;
use farebox_fare::Segment;
use farebox_records::stored::{
    Driven, JournalStanding, Journaled, JournaledTrip, Loss, LostDocument, Named, NewRevision, Revision, Waiting,
};

/// The journal of a node. It belongs to the node: no fence is looked at.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Journal {
    /// Enters a bill, unless there is one of its trip and revision that binds. The bucket is the trip's in the shared store.
    async fn enter_bill(
        &self,
        city: &str,
        bucket: u32,
        trip: &str,
        new: &NewRevision,
        documents: &[Named],
    ) -> Result<Journaled, Fault>;

    /// Learns what the shared store has of a trip. Another bill of the revision gives way to it, and its number is returned.
    async fn learn(&self, city: &str, trip: &str, revision: &Revision) -> Result<Option<u64>, Fault>;

    /// Enters segments of a trip, all of them or none.
    async fn enter_segments(&self, city: &str, bucket: u32, trip: &str, segments: &[Segment]) -> Result<(), AddError>;

    /// Keeps a document that bills of a city name. The bucket is the document's in the shared store.
    async fn enter_document(&self, city: &str, bucket: u32, named: &Named, document: &str) -> Result<(), Fault>;

    /// A document that bills of a city name.
    async fn journaled_document(&self, city: &str, named: &Named) -> Result<Option<String>, Fault>;

    /// Up to so many documents that may be lost, and were not given to the shared store again.
    async fn lost_documents(&self, most: u32) -> Result<Vec<LostDocument>, Fault>;

    /// Notes that the shared store was given a document after a loss.
    async fn document_is_back(&self, city: &str, named: &Named, loss: u64) -> Result<(), Fault>;

    /// What there is of a trip.
    async fn journaled(&self, city: &str, trip: &str) -> Result<JournaledTrip, Fault>;

    /// Makes an entry safe, with all that was written before; whether it waits.
    async fn secure(&self, number: u64) -> Result<bool, Fault>;

    /// Takes an entry back that waits and is not secured; whether it did.
    async fn withdraw(&self, number: u64) -> Result<bool, Fault>;

    /// Up to so many entries that wait and are nobody's, the oldest first; after some more of those that were sent to what was lost wait
    /// again.
    async fn lease(&self, most: u32) -> Result<Vec<Waiting>, Fault>;

    /// Notes what became of an entry.
    async fn drive(&self, number: u64, driven: &Driven) -> Result<(), Fault>;

    /// What was lost after the loss of this number, in order.
    async fn losses(&self, after: u64) -> Result<Vec<Loss>, Fault>;

    /// Takes out who rode of everything that there is of a trip, also of what is only listed. How many bills said it.
    async fn forget_passenger(&self, city: &str, trip: &str) -> Result<u32, Fault>;

    /// How it stands.
    async fn journal(&self) -> Result<JournalStanding, Fault>;
}
