//! The meter: segments come in, totals go out.

use crate::answers::TotalsDocument;
use crate::context::Context;
use crate::planted::{Bug, planted};
use crate::ports::{Accumulated, Ports, SegmentsError, StoreError};
use crate::refusal::Refusal;
use crate::replay;
use crate::requests::SegmentsRequest;
use farebox_limits::RouteClass;
use serde_json::Value;

/// Adds all segments or none. There is nothing to fall back to: without the store the caller is asked to send them again,
/// which is harmless.
///
/// # Errors
///
/// What is wrong with the request; `segment-conflict`, `too-many-segments`; `signature-replayed`; or that the store did not take them.
pub async fn add_segments<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    document: &Value,
) -> Result<TotalsDocument, Refusal> {
    context.may_in_city_of(document, RouteClass::Meter).await?;
    let SegmentsRequest { city, segments } = SegmentsRequest::decode(document, &*context.config)?;
    let once = replay::once(context);
    let added = context.write(context.ports().add_segments(&city, trip_id, &segments, once.as_ref())).await;
    let Accumulated { distance_m, duration_s, segments, billed } = match added {
        Err(SegmentsError::Store(StoreError::TimedOut)) if planted(Bug::LateIsAcknowledged) => Accumulated::default(),
        added => added.map_err(|error| error.into_refusal(&segments))?,
    };
    Ok(TotalsDocument { trip_id: trip_id.to_owned(), distance_m, duration_s, segments, billed })
}
