//! Answers with a JSON document.

use crate::problem::ProblemDetails;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// An answer with a JSON document. Money is never cached on the way.
///
/// # Errors
///
/// `internal` when the document cannot be written, which is a defect.
pub fn json(status: StatusCode, document: &impl Serialize) -> Result<Response<Vec<u8>>, ProblemDetails> {
    let body = serde_json::to_vec(document)
        .map_err(|error| ProblemDetails::internal(format!("an answer cannot be written: {error}")))?;
    Ok(json_text(status, body))
}

/// An answer with a JSON document that is text already.
pub fn json_text(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
