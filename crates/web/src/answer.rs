//! Answers with a JSON document.

use crate::problem::ProblemDetails;
use crate::response::Response;
use http::StatusCode;
use serde::Serialize;

/// Writes a document down.
///
/// # Errors
///
/// `internal` when it cannot be written, which is a defect.
pub fn json(status: StatusCode, document: &impl Serialize) -> Result<Response, ProblemDetails> {
    let body = serde_json::to_vec(document)
        .map_err(|error| ProblemDetails::internal(format!("an answer cannot be written: {error}")))?;
    Ok(Response::json_text(status, body))
}
