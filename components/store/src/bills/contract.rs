//! What a backend does with bills.

use crate::Fault;
use crate::ledger::TopUp;
use farebox_fare::Timestamp;

/// A bill, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Equal for equal requests; chosen by the caller.
    pub fingerprint: String,
    /// The bill.
    pub document: String,
}

/// A bill, as it was at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 1 for the first, and one more for each that supersedes it.
    pub number: u32,
    /// The bill.
    pub bill: Bill,
}

/// A revision that is to be kept, and all that is written with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevision {
    /// The number and the bill.
    pub revision: Revision,
    /// When it was made.
    pub billed_at: Timestamp,
    /// The day it is listed under, such as "2026-11-26".
    pub day: String,
    /// What it owes the driver.
    pub top_up: Option<TopUp>,
    /// What has to be done again.
    pub due: Option<Due>,
}

/// Something that has to be done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Why.
    pub reason: String,
    /// From when on.
    pub at: Timestamp,
}

/// What became of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is kept.
    Created,
    /// It is not the next one. This is the head, and nothing was written.
    Exists(Revision),
}

/// A trip that was billed on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The trip.
    pub trip: String,
    /// The newest of the revisions that are listed under the day.
    pub revision: u32,
}

/// A trip of which something has to be done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueTrip {
    /// The trip.
    pub trip: String,
    /// What was the head when it came due.
    pub revision: u32,
    /// What, and when.
    pub due: Due,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is in it; perhaps nothing, even when it is not the last.
    pub entries: Vec<T>,
    /// Where the next part begins. `None` at the end.
    pub next: Option<String>,
}

/// Bills, with their revisions.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Bills {
    /// Keeps a revision if it is the next one, and in the same step enters its top-up, lists it, and says what is due.
    async fn post(&self, city: &str, trip: &str, new: &NewRevision) -> Result<Posted, Fault>;

    /// The newest revision.
    async fn head(&self, city: &str, trip: &str) -> Result<Option<Revision>, Fault>;

    /// The revision of a number.
    async fn revision(&self, city: &str, trip: &str, number: u32) -> Result<Option<Revision>, Fault>;

    /// The trips that were billed on a day, from a cursor on.
    async fn list(&self, city: &str, day: &str, cursor: Option<&str>, limit: u32) -> Result<Page<Listed>, Fault>;

    /// The trips of which something is due, from a cursor on.
    async fn due(&self, city: &str, cursor: Option<&str>, limit: u32) -> Result<Page<DueTrip>, Fault>;
}
