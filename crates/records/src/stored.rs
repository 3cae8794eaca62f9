//! What the store is given and gives back: records and what it keeps beside them, so that it need not read them; and the
//! configurations of a node. The store and whoever asks it have the same.

use farebox_document::words;
use farebox_fare::{Degradation, Segment, Timestamp};
use farebox_money::{Currency, MinorUnits};

words! {
    /// What a document is that something was made with.
    #[derive(PartialOrd, Ord)]
    pub enum DocumentKind {
        /// A rate card.
        RateCard = "rate-card",
        /// A commission policy.
        Policy = "policy",
        /// Copy for a locale.
        Catalogue = "catalogue",
        /// The rules of a city.
        City = "city",
    }
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
    /// The newest revision of the trip's bill, if it was billed.
    pub billed: Option<u32>,
}

/// A bill, as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBill {
    /// The fingerprint of the request that it was made from.
    pub fingerprint: String,
    /// The record.
    pub document: String,
}

/// A bill, as it was at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 1 for the first, and one more for each that supersedes it.
    pub number: u32,
    /// The bill.
    pub bill: StoredBill,
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
    /// How many segments the trip had when this was made of them; `None` when it does not matter how many it has now.
    pub seen: Option<u32>,
    /// When the ride began, if this says that it was made of all that the trip had: then it is not kept where the store may have lost some
    /// of it. `None` when it does not say so.
    pub whole_since: Option<Timestamp>,
}

impl NewRevision {
    /// Holds it to what no step of a store could put right any more.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), &'static str> {
        let Self { revision: Revision { number, .. }, top_up, .. } = self;
        match (number, top_up.as_ref().map(|top_up| top_up.amount)) {
            (0, _) => Err("a revision 0; the first must be 1"),
            (_, Some(0)) => Err("a top-up of nothing; a bill without one must have none"),
            (1, Some(..0)) => Err("a top-up below zero, and there is no earlier one to take back from"),
            _ => Ok(()),
        }
    }
}

/// What became of a revision that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is kept.
    Created,
    /// It is not the next one. This is the newest, and nothing was written but the nonce of the request.
    Exists(Revision),
    /// The trip has not as many segments as when it was made. Nothing was written.
    Moved,
    /// The store has lost something since the trip began, and it says that it was made of all. Nothing was written.
    Unproven,
    /// The request was carried out before, in another attempt. Nothing was written.
    Replayed,
}

/// A request that may be carried out once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The key that it was signed with.
    pub key: String,
    /// What no other request of this key about the same trip has.
    pub nonce: String,
    /// Another number for each time that the request came in.
    pub attempt: u64,
    /// For how long the nonce is kept, in seconds, by the store's clock.
    pub ttl_s: u32,
}

/// What became of a nonce that was to be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It is entered now, or was in the same attempt.
    Fresh,
    /// It was entered in another attempt. Nothing was written.
    Replayed,
}

/// What the platform owes a driver for a ride.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// The currency of the amount.
    pub currency: Currency,
    /// In minor units; not zero. Below zero takes back what an earlier revision owed too much.
    pub amount: MinorUnits,
    /// The record.
    pub document: String,
}

/// Something that has to be done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Why.
    pub reason: Degradation,
    /// From when on.
    pub at: Timestamp,
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
    /// What was the newest revision when it came due.
    pub revision: u32,
    /// Why. `None` for what only a later release has a word for.
    pub reason: Option<Degradation>,
    /// From when on.
    pub at: Timestamp,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is in it; perhaps nothing, even when it is not the last.
    pub entries: Vec<T>,
    /// Where the next part begins. `None` at the end.
    pub next: Option<String>,
}

/// A configuration, and from when it is in force, as the node's database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Counts up by one from 1.
    pub number: u64,
    /// From when on, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it consists of, as JSON: an object of paths, each with the version of its text.
    pub manifest: String,
}

/// What there was when the store looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// When that was, in milliseconds since 1970, by the clock that leads are counted by. The answer may be late.
    pub now_ms: u64,
    /// The newest two generations, ascending.
    pub newest: Vec<Generation>,
}

/// A configuration that is to be in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The number that it is to have.
    pub number: u64,
    /// How long after it was written it is in force, in milliseconds, at most a day.
    pub lead_ms: u64,
    /// What it consists of, as JSON: an object of paths, each with the version of its text.
    pub manifest: String,
}

/// A document that a bill names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// What it is.
    pub kind: DocumentKind,
    /// Its version.
    pub version: String,
}

/// A bill in the journal of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournaledBill {
    /// Counts the entries of the journal up from 1.
    pub number: u64,
    /// Whether the shared store may not have it yet.
    pub waits: bool,
    /// The bill, and what is posted with it.
    pub new: NewRevision,
    /// What it was made with. Empty when the shared store has told of it: then nothing is known but the revision.
    pub documents: Vec<Named>,
}

impl JournaledBill {
    /// Whether the shared store has told of it: this node cannot post it as it is.
    pub const fn is_copy(&self) -> bool {
        self.documents.is_empty()
    }

    /// Whether it was made after what the store has of its trip.
    pub const fn is_newer_than(&self, head: &Revision) -> bool {
        self.new.revision.number > head.number
    }
}

/// What became of a bill that was to be entered in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Journaled {
    /// There is no journal: what is shared is kept on this node alone.
    Unneeded,
    /// It is entered, under this number.
    Entered(u64),
    /// The trip has one there already, which may be of another request. Nothing was written.
    Exists(Box<JournaledBill>),
}

/// What the journal of a node has of a trip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournaledTrip {
    /// Its bill: the newest revision that was neither superseded nor refused.
    pub bill: Option<JournaledBill>,
    /// The segments that the shared store may not have yet, ascending by number.
    pub segments: Vec<Segment>,
}

/// Something that the shared store may not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number in the journal.
    pub number: u64,
    /// Of which city.
    pub city: String,
    /// Of which trip.
    pub trip: String,
    /// What it is.
    pub what: WaitingWhat,
}

/// What the shared store may not have yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingWhat {
    /// A bill, and what it was made with.
    Bill(NewRevision, Vec<Named>),
    /// Segments.
    Segments(Vec<Segment>),
}

/// What became of something that waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Driven {
    /// The shared store has it.
    Posted,
    /// The shared store has another bill of the trip, which counts.
    Superseded(Revision),
    /// The shared store will never take it. Says why.
    Refused(String),
}

/// A bucket of the shared store was behind what a node knew of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// 1 for the first on this node, and one more for each.
    pub number: u64,
    /// Of which city.
    pub city: String,
    /// The bucket.
    pub bucket: u32,
    /// When that was found out, in milliseconds since 1970.
    pub at_ms: u64,
}

/// A document that the shared store may have lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostDocument {
    /// Of which city.
    pub city: String,
    /// Which one it is.
    pub named: Named,
    /// What it says.
    pub document: String,
    /// The number of the last loss of its bucket.
    pub loss: u64,
}

/// How a journal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalStanding {
    /// How many entries the shared store may not have yet.
    pub waiting: u64,
    /// When the oldest of them was entered, in milliseconds since 1970.
    pub oldest_ms: Option<u64>,
    /// How many bills gave way to others, ever.
    pub superseded: u64,
    /// How many entries the shared store will never take, ever.
    pub refused: u64,
    /// How large it is, in bytes of what was entered.
    pub bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Revisions count from 1, and only what an earlier one owed is taken back.
    #[test]
    fn revisions_that_can_be() {
        let currency = Currency::from_code("CNY").unwrap_or_else(|| unreachable!("it is one"));
        for (number, amount, can_be) in [
            (1, None, true),
            (1, Some(1), true),
            (1, Some(0), false),
            (1, Some(-1), false),
            (2, None, true),
            (2, Some(7), true),
            (2, Some(0), false),
            (2, Some(-7), true),
            (0, None, false),
        ] {
            let bill = StoredBill { fingerprint: String::new(), document: String::new() };
            let top_up = amount.map(|amount| TopUp { currency, amount, document: String::new() });
            let new = NewRevision {
                revision: Revision { number, bill },
                billed_at: 0,
                day: String::new(),
                top_up,
                due: None,
                seen: None,
                whole_since: None,
            };
            assert_eq!(new.check().is_ok(), can_be, "{number} {amount:?}");
        }
    }
}
