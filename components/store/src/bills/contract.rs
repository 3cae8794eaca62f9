//! What a backend does with bills.

use crate::Fault;
use farebox_records::stored::{DueTrip, Listed, NewRevision, Once, Page, Posted, Revision};

/// Bills, with their revisions.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Bills {
    /// Keeps a revision unless there is one of its number, and in the same step enters its top-up, lists it, and says what is due. One that is
    /// older than the head is put back: it was lost.
    ///
    /// With `once`, only if no other attempt at the request was carried out, which is entered in the same step, also when nothing else is.
    async fn post(&self, city: &str, trip: &str, new: &NewRevision, once: Option<&Once>) -> Result<Posted, Fault>;

    /// The newest revision.
    async fn head(&self, city: &str, trip: &str) -> Result<Option<Revision>, Fault>;

    /// The revision of a number.
    async fn revision(&self, city: &str, trip: &str, number: u32) -> Result<Option<Revision>, Fault>;

    /// Puts another document in the place of a revision's; whether it was still what was expected.
    async fn redact(&self, city: &str, trip: &str, number: u32, expected: &str, document: &str) -> Result<bool, Fault>;

    /// The trips that were billed on a day, from a cursor on.
    async fn list(&self, city: &str, day: &str, cursor: Option<&str>, limit: u32) -> Result<Page<Listed>, Fault>;

    /// The trips of which something is due, from a cursor on.
    async fn due(&self, city: &str, cursor: Option<&str>, limit: u32) -> Result<Page<DueTrip>, Fault>;
}
