//! What became of each trip of a batch.

use crate::refusals;
use farebox_billing::Billing;
use farebox_billing::answers::{KeptSegments, TotalsDocument};
use farebox_billing::event::Event;
use farebox_billing::meter::{Metered, OfTrip};
use farebox_billing::ports::Ports;
use farebox_web::problem::FieldError;
use farebox_web::trace::Trace;
use http::StatusCode;
use serde::Serialize;

/// The answer to `POST /v1/segments`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Batch"))]
#[derive(Debug, Serialize)]
pub struct BatchDocument {
    /// What became of each trip, in the order of the request.
    pub trips: Vec<BatchAnswer>,
}

/// What became of the segments of a trip: what would have been answered if they had come alone.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct BatchAnswer {
    /// The trip.
    #[cfg_attr(test, schemars(with = "farebox_billing::schema::Name"))]
    pub trip_id: String,
    /// The status that they would have been answered with: 200 and 202 when they are kept. Of any other nothing was taken; what is 503
    /// can be sent again as it is.
    pub status: u16,
    /// The sums over all pieces of the trip, when the shared store has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<TotalsDocument>,
    /// What is kept on the node that answers, when the shared store does not take them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptSegments>,
    /// Why they were not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<BatchProblem>,
}

/// Why the segments of a trip were not taken.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct BatchProblem {
    /// A stable word for programs.
    pub code: &'static str,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// What is wrong with which segment: pointers are into the trip.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(schema_with = "errors"))]
    pub errors: Vec<FieldError>,
}

#[cfg(test)]
fn errors(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "array", "items": {"$ref": "#/components/schemas/ProblemError"}})
}

/// What is answered; what the log is to be told of a trip it is told.
pub fn answer<P: Ports>(billing: &Billing<P>, trace: &Trace, trips: Vec<OfTrip>) -> BatchDocument {
    let trip = |OfTrip { trip_id, answer }: OfTrip| {
        let nothing = BatchAnswer { trip_id, status: 0, totals: None, kept: None, problem: None };
        match answer {
            Ok(Metered::Shared(totals)) => {
                BatchAnswer { status: StatusCode::OK.as_u16(), totals: Some(totals), ..nothing }
            }
            Ok(Metered::Here(kept)) => {
                BatchAnswer { status: StatusCode::ACCEPTED.as_u16(), kept: Some(kept), ..nothing }
            }
            Err(refusal) => {
                let details = refusals::details(refusal);
                if let Some(event) = Event::of_refusal(details.kind.code, details.log.as_deref()) {
                    billing.tell(trace.id(), &event);
                }
                let problem = BatchProblem { code: details.kind.code, detail: details.detail, errors: details.errors };
                BatchAnswer { status: details.kind.status.as_u16(), problem: Some(problem), ..nothing }
            }
        }
    };
    BatchDocument { trips: trips.into_iter().map(trip).collect() }
}
