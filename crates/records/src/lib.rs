//! What is kept of a ride, each kind of record in a format with a version.
//!
//! Readers are strict for pricing: what is not known could be what a price depends on. They are tolerant for showing: a later
//! release may run beside this one, and its bills are shown as far as they are understood. `corpus` has a record of every
//! kind that was ever written; each later build reads all of them.
//!
//! [`archive`] is how bills look that left the store, [`checksum`] how damage to a journal is found out, [`lineage`] which revision of
//! a bill follows which, [`proof`] how a store that lost something is found out, and [`stored`] what stands beside records where they are kept.
//!
//! Numbers stay numbers in here; they become text when a record is written, and nowhere else.

pub mod archive;
mod bill;
pub mod checksum;
mod erase;
mod finding;
mod guess;
pub mod lineage;
mod metering;
mod order;
pub mod proof;
mod quote;
mod read;
mod repair;
mod settlement;
mod shown;
pub mod stored;
mod top_up;

pub use bill::{BillFacts, BillFormat, BillRecord, CardChoice, Kept, NotQuoted, Pinned, Versions};
pub use erase::{is_without_passenger, without_passenger};
pub use finding::{Finding, FindingKind, FindingUnit, Response};
pub use guess::{Datum, DistanceFrom, DurationFrom, Guess};
pub use metering::Metering;
pub use order::OrderRecord;
pub use quote::{CardVersions, Quote, QuoteFormat};
pub use read::ReadError;
pub use repair::{Difference, LineDifference, Repair, RewardChange};
pub use settlement::{Counted, Settlement};
pub use shown::ShownBill;
pub use top_up::{TopUpFormat, TopUpRecord};
