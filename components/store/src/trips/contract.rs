//! What a backend does with trips.

use super::batch::Batch;
use crate::Fault;
use farebox_fare::Segment;
use farebox_records::stored::{Accumulated, Once};

/// Why segments were not added. Nothing was written, except as [`Fault`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddError {
    /// The request that they came with was carried out before, in another attempt.
    Replayed,
    /// The segment with this sequence number is there already, and says something else.
    Conflict(u64),
    /// The trip would hold more than [`MAX_SEGMENTS`](crate::MAX_SEGMENTS).
    TooManySegments,
    /// The backend failed.
    Fault(Fault),
}

impl From<Fault> for AddError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What trips have accumulated.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Trips {
    /// Adds all segments of a batch, or none, and gives the trip its time to live again. New ones make a trip due that has
    /// a bill, in the same step. Returns the totals some time after.
    ///
    /// With `once`, only if no other attempt was carried out, which is entered in the same step unless nothing is written.
    async fn add_segments(
        &self,
        city: &str,
        trip: &str,
        batch: &Batch,
        once: Option<&Once>,
    ) -> Result<Accumulated, AddError>;

    /// The segments of a trip, ascending by sequence number; empty when there are none.
    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault>;
}
