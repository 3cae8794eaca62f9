//! The meter: segments come in, totals go out.

use super::config::Config;
use super::{Answer, settings, store};
use crate::requests::SegmentsRequest;
use crate::responses::{self, TotalsDocument};
use ::http::StatusCode;
use serde_json::Value;

/// `POST /v1/trips/{trip_id}/segments`: adds all segments or none. There is nothing to fall back to: without the store
/// the caller is asked to send them again, which is harmless.
pub async fn add_segments(trip_id: &str, document: &Value) -> Answer {
    let (config, settings) = (Config::get()?, settings().await?);
    let SegmentsRequest { city, segments } = SegmentsRequest::decode(document, config)?;
    let totals = store::add_segments(&city, trip_id, &segments, settings.write_deadline)
        .await
        .map_err(|error| error.into_problem(&segments))?;
    let document =
        TotalsDocument { trip_id, distance_m: totals.distance, duration_s: totals.duration, segments: totals.segments };
    responses::json(StatusCode::OK, &document)
}
