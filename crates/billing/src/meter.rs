//! The meter: segments come in, totals go out.

use crate::answers::{KeptSegments, TotalsDocument};
use crate::context::Context;
use crate::event::Event;
use crate::journal;
use crate::planted::{Bug, planted};
use crate::ports::{Accumulated, Kind, Once, Ports, SegmentsError, StoreError};
use crate::refusal::Refusal;
use crate::replay;
use crate::requests::{BatchRequest, SegmentsRequest};
use farebox_fare::Segment;
use farebox_limits::RouteClass;
use farebox_records::Kept;
use farebox_resilience::shedding::Priority;
use futures::future::join_all;
use serde_json::Value;

/// How many trips of a batch are written at once: the store is there for others as well.
const AT_ONCE: usize = 8;

/// What is answered when segments are taken.
#[derive(Debug)]
pub enum Metered {
    /// The shared store has them.
    Shared(TotalsDocument),
    /// The journal of this node has them, until the shared store takes them. What the trip adds up to is not known.
    Here(KeptSegments),
}

/// Adds all segments or none. What the shared store does not take is kept in the journal of this node; where there is none, the caller
/// is asked to send it again, which is harmless.
///
/// # Errors
///
/// What is wrong with the request; `segment-conflict`, `too-many-segments`; `signature-replayed`; or that neither the store nor the
/// journal took them.
pub async fn add_segments<P: Ports>(context: &Context<P>, trip_id: &str, document: &Value) -> Result<Metered, Refusal> {
    context.unless_shed(Priority::Segments)?;
    context.may_in_city_of(document, RouteClass::Meter).await?;
    let SegmentsRequest { city, segments } = SegmentsRequest::decode(document, &*context.config)?;
    let once = replay::once(context);
    take(context, &city, trip_id, &segments, once.as_ref()).await
}

/// Adds the segments of several trips of a city, those of each trip all or none, and says what became of each. It is good or bad as a
/// whole: of one that is not valid nothing is taken.
///
/// # Errors
///
/// What is wrong with the request; `signature-replayed`.
pub async fn add_batch<P: Ports>(context: &Context<P>, document: &Value) -> Result<Vec<OfTrip>, Refusal> {
    context.unless_shed(Priority::Segments)?;
    context.may_in_city_of(document, RouteClass::Meter).await?;
    let BatchRequest { city, trips } = BatchRequest::decode(document, &*context.config)?;
    // Sent again it does no harm, since no segment counts twice; that it is is told all the same.
    if let Some((trip_id, _)) = trips.first() {
        replay::enter(context, &city, trip_id).await?;
    }
    let mut all = Vec::with_capacity(trips.len());
    for some in trips.chunks(AT_ONCE) {
        all.extend(join_all(some.iter().map(|(trip_id, segments)| one(context, &city, trip_id, segments))).await);
    }
    Ok(all)
}

/// What became of the segments of a trip.
#[derive(Debug)]
pub struct OfTrip {
    /// The trip.
    pub trip_id: String,
    /// What would be answered if they had come alone.
    pub answer: Result<Metered, Refusal>,
}

async fn one<P: Ports>(context: &Context<P>, city: &str, trip_id: &str, segments: &[Segment]) -> OfTrip {
    // Each has the time of a request.
    let answer = match Context::new(&context.billing, context.trace()).await {
        Ok(context) => take(&context, city, trip_id, segments, None).await,
        Err(refusal) => Err(refusal),
    };
    OfTrip { trip_id: trip_id.to_owned(), answer }
}

async fn take<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    segments: &[Segment],
    once: Option<&Once>,
) -> Result<Metered, Refusal> {
    let added = context.ports().add_segments(city, trip_id, segments, once);
    let added = context.write(Kind::MeterWrites, added).await;
    let trip_id = trip_id.to_owned();
    let error = match added {
        Ok(Accumulated { distance_m, duration_s, segments, billed }) => {
            let kept = Kept::Shared;
            return Ok(Metered::Shared(TotalsDocument { trip_id, distance_m, duration_s, segments, billed, kept }));
        }
        Err(SegmentsError::Store(error)) if !matches!(error, StoreError::Fenced { .. }) => error,
        Err(error) => return Err(error.into_refusal(segments)),
    };
    let why = error.line();
    let is_kept = if planted(Bug::LateIsAcknowledged) && error == StoreError::TimedOut {
        true
    } else {
        match journal::enter_segments(context, city, &trip_id, segments).await {
            Ok(is_kept) => is_kept,
            Err(SegmentsError::Store(_)) => false,
            Err(conflict) => return Err(conflict.into_refusal(segments)),
        }
    };
    if !is_kept {
        return Err(SegmentsError::Store(error).into_refusal(segments));
    }
    context.tell(&Event::SegmentsKeptHere { city: city.to_owned(), trip: trip_id.clone(), why });
    let received = u32::try_from(segments.len()).unwrap_or(u32::MAX);
    Ok(Metered::Here(KeptSegments { trip_id, received, kept: Kept::Node }))
}
