//! HTTP as every host speaks it: `wasi:http`, used directly.
//!
//! The SDK's conversions would cost more than most answers do: they copy every header, and wait for the trailers of
//! every body.

use crate::body::BODY_BYTES;
use crate::problem::{self, ProblemDetails};
use crate::request::Request;
use crate::response::Response;
use http::Method;
use spin_sdk::wasip3::http::types::{self, ErrorCode, Fields};
use spin_sdk::wasip3::wit_bindgen::{StreamResult, spawn};
use spin_sdk::wasip3::{wit_future, wit_stream};
use std::borrow::Cow;

/// Takes a request from the host, with its whole body; no route looks at the body of a GET. Should the body not be had, the
/// request comes without, and why.
pub async fn receive(request: types::Request) -> (Request, Result<(), ProblemDetails>) {
    let received = Request {
        // What is not a token is the method of no route either.
        method: request.get_method().try_into().unwrap_or(Method::TRACE),
        path_and_query: request.get_path_with_query().unwrap_or_default(),
        headers: request.get_headers().copy_all(),
        body: Vec::new(),
    };
    if received.method == Method::GET {
        return (received, Ok(()));
    }
    let announced = received.header("content-length").and_then(|length| length.parse().ok());
    match read(request, announced).await {
        Ok(body) => (Request { body, ..received }, Ok(())),
        Err(problem) => (received, Err(problem)),
    }
}

/// Reads the body of a request.
///
/// # Errors
///
/// `body-too-large` as soon as it is known to be, `body-unreadable` when it ends early.
async fn read(request: types::Request, announced: Option<usize>) -> Result<Vec<u8>, ProblemDetails> {
    let too_large = || {
        let detail = format!("at most {BODY_BYTES} bytes are allowed");
        ProblemDetails::new(problem::BODY_TOO_LARGE, detail)
    };
    if announced.is_some_and(|length| length > BODY_BYTES) {
        return Err(too_large());
    }
    let (_handled, handled) = wit_future::new(|| Ok(()));
    let (mut stream, trailers) = types::Request::consume_body(request, handled);
    let mut body = Vec::with_capacity(announced.unwrap_or(0));
    // What was announced is all there is, and the host sees to that: no need to wait for the end.
    while Some(body.len()) != announced {
        body.reserve(1);
        let (status, read) = stream.read(body).await;
        body = read;
        if body.len() > BODY_BYTES {
            return Err(too_large());
        }
        if status == StreamResult::Dropped {
            let unreadable =
                |_| ProblemDetails::new(problem::BODY_UNREADABLE, "the connection ended before the body did");
            trailers.await.map_err(unreadable)?;
            break;
        }
    }
    Ok(body)
}

/// Hands an answer to the host. The body follows its head at once.
pub fn respond(response: Response) -> Result<types::Response, ErrorCode> {
    let length = response.length();
    let Response { status, headers, body: document } = response;
    let bytes = |(name, value): (&str, Cow<'_, str>)| (name.to_owned(), value.into_owned().into_bytes());
    // Without a length the body would be sent in chunks.
    let length = length.map(|length| ("content-length", Cow::Owned(length.to_string())));
    let headers: Vec<_> = headers.into_iter().chain(length).map(bytes).collect();
    let headers = Fields::from_list(&headers).map_err(|error| ErrorCode::InternalError(Some(error.to_string())))?;
    let (mut body, contents) = wit_stream::new();
    let (trailers, no_trailers) = wit_future::new(|| Ok(None));
    let (answer, _sent) = types::Response::new(headers, Some(contents), no_trailers);
    answer.set_status_code(status.as_u16()).map_err(|()| ErrorCode::InternalError(Some(format!("status {status}"))))?;
    spawn(async move {
        // A client that went away is not our concern.
        let _ = body.write_all(document).await;
        drop(body);
        let _ = trailers.write(Ok(None)).await;
    });
    Ok(answer)
}
