//! HTTP as the host speaks it: `wasi:http`, used directly.
//!
//! The SDK's conversions would cost more than most answers do: they copy every header, and wait for the trailers of
//! every body.

use crate::body::BODY_BYTES;
use crate::problem::{self, ProblemDetails};
use crate::response::Response;
use http::Method;
use spin_sdk::wasip3::http::types::{self, ErrorCode, Fields};
use spin_sdk::wasip3::wit_bindgen::{StreamResult, spawn};
use spin_sdk::wasip3::{wit_future, wit_stream};
use std::borrow::Cow;

/// The head of a request.
pub struct Head {
    method: Method,
    path_and_query: String,
    headers: Fields,
}

/// The body of a request, not yet read.
pub struct Body(types::Request);

/// Takes a request from the host.
pub fn receive(request: types::Request) -> (Head, Body) {
    let head = Head {
        // What is not a token is the method of no route either.
        method: request.get_method().try_into().unwrap_or(Method::TRACE),
        path_and_query: request.get_path_with_query().unwrap_or_default(),
        headers: request.get_headers(),
    };
    (head, Body(request))
}

impl Head {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path, as it came.
    pub fn path(&self) -> &str {
        self.path_and_query.split_once('?').map_or(&self.path_and_query, |(path, _)| path)
    }

    /// The query, as it came.
    pub fn query(&self) -> Option<&str> {
        self.path_and_query.split_once('?').map(|(_, query)| query)
    }

    /// The first header of a name, if it is text.
    pub fn header(&self, name: &str) -> Option<String> {
        String::from_utf8(self.headers.get(name).into_iter().next()?).ok()
    }

    /// Every header of a name, as it came.
    pub fn headers(&self, name: &str) -> Vec<Vec<u8>> {
        self.headers.get(name)
    }
}

impl Body {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// `body-too-large` as soon as it is known to be, `body-unreadable` when it ends early.
    pub async fn read(self, head: &Head) -> Result<Vec<u8>, ProblemDetails> {
        let too_large = || {
            let detail = format!("at most {} bytes are allowed", BODY_BYTES);
            ProblemDetails::new(problem::BODY_TOO_LARGE, detail)
        };
        let announced = head.header("content-length").and_then(|length| length.parse::<usize>().ok());
        if announced.is_some_and(|length| length > BODY_BYTES) {
            return Err(too_large());
        }
        let (_handled, handled) = wit_future::new(|| Ok(()));
        let (mut stream, trailers) = types::Request::consume_body(self.0, handled);
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
}

/// Hands an answer to the host. The body follows its head at once.
pub fn respond(response: Response) -> Result<types::Response, ErrorCode> {
    let Response { status, headers, body: document } = response;
    let bytes = |(name, value): (&str, Cow<'_, str>)| (name.to_owned(), value.into_owned().into_bytes());
    // Without a length the body would be sent in chunks.
    let length = ("content-length", Cow::Owned(document.len().to_string()));
    let headers: Vec<_> = headers.into_iter().chain([length]).map(bytes).collect();
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
