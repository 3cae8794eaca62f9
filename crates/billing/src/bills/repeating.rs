//! Answering with a bill that was made before.

use super::records::of_this_release;
use crate::context::Context;
use crate::planted::{Bug, planted};
use crate::ports::{Ports, StoredBill};
use crate::refusal::{Code, Refusal};
use farebox_records::lineage;

/// What is answered when a trip is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Whether it was made now, and not found.
    pub new: bool,
    /// The record, as it is kept.
    pub document: String,
}

/// Answers with the bill that was made before, if it was made from an equal request.
pub(super) fn repeat<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    earlier: StoredBill,
    fingerprint: &str,
) -> Result<Billed, Refusal> {
    if lineage::request(&earlier.fingerprint) != lineage::request(fingerprint) && !planted(Bug::RepeatsAreNotCompared) {
        let detail = "a trip is billed once; GET the bill to see it, or send the request it was made from";
        return Err(Refusal::new(Code::BillConflict, detail));
    }
    of_this_release(context, city, trip_id, &earlier.document)?;
    Ok(Billed { new: false, document: earlier.document })
}
