//! The journal of this node: what it has accepted, and the store that it shares may not have. It is in the embedded database whatever
//! else is in Redis.

pub mod codec;
mod contract;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Journal;

/// The statements, in SQL.
pub mod statement {
    /// Enters a bill.
    pub const ENTER_BILL: &str = include_str!("enter_bill.sql");
    /// Enters what the shared store has.
    pub const LEARN: &str = include_str!("learn.sql");
    /// A bill that waits was in the shared store as it is: it was answered, and waits on.
    pub const IS_THERE: &str = include_str!("is_there.sql");
    /// A bill gives way to what the shared store has.
    pub const GIVE_WAY: &str = include_str!("give_way.sql");
    /// Enters segments.
    pub const ENTER_SEGMENTS: &str = include_str!("enter_segments.sql");
    /// Keeps a document.
    pub const ENTER_DOCUMENT: &str = include_str!("enter_document.sql");
    /// A document.
    pub const DOCUMENT: &str = include_str!("document.sql");
    /// The documents that may be lost.
    pub const LOST_DOCUMENTS: &str = include_str!("lost_documents.sql");
    /// A document was given again.
    pub const DOCUMENT_IS_BACK: &str = include_str!("document_is_back.sql");
    /// What there is of a trip.
    pub const OF_TRIP: &str = include_str!("of_trip.sql");
    /// Makes an entry safe.
    pub const SECURE: &str = include_str!("secure.sql");
    /// Whether anything that was lost may have to wait again.
    pub const TO_RECALL: &str = include_str!("to_recall.sql");
    /// Has entries wait again that were sent to what was lost.
    pub const RECALL: &str = include_str!("recall.sql");
    /// Takes entries that wait.
    pub const LEASE: &str = include_str!("lease.sql");
    /// Entries by number.
    pub const ENTRIES: &str = include_str!("entries.sql");
    /// An entry does not wait any more.
    pub const POSTED: &str = include_str!("posted.sql");
    /// Takes an entry back.
    pub const WITHDRAW: &str = include_str!("withdraw.sql");
    /// What became of an entry that the shared store does not have as it is.
    pub const OUTCOME: &str = include_str!("outcome.sql");
    /// The bills of a trip that say who rode.
    pub const NAMING: &str = include_str!("naming.sql");
    /// Puts another document in the place of a bill's.
    pub const REDACT: &str = include_str!("redact.sql");
    /// Puts another document in the place of the one that counts instead of a bill.
    pub const REDACT_OUTCOME: &str = include_str!("redact_outcome.sql");
    /// How the journal stands.
    pub const STANDING: &str = include_str!("standing.sql");
}
