//! What is kept of a ride, each kind of record in a format with a version.
//!
//! Numbers stay numbers in here; they become text when a record is written, and nowhere else.

mod bill;
mod quote;
mod settlement;

pub use bill::{BillFacts, BillRecord, CardChoice, NotQuoted, Pinned, ReadError, Versions};
pub use quote::{CardVersions, Quote};
pub use settlement::Settlement;
