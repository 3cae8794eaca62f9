//! What the host itself answers when no component does: problem details (RFC 9457) with a stable code.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::json;
use wasmtime_wasi_http::WasiBody;

/// Why the host answers in a component's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No trigger has a route for the path.
    NoRoute,
    /// The request's body did not arrive in time.
    BodyTimedOut,
    /// The request's body is larger than this many bytes.
    BodyTooLarge(usize),
    /// The request's body broke off or is not framed as HTTP wants it.
    BodyUnreadable,
    /// The component trapped, or answered with an error of its own.
    Internal,
    /// As many requests as may be are under way.
    Overloaded,
    /// The component did not answer in time.
    TimedOut,
}

impl Problem {
    /// The word programs know it by.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoRoute => "not-found",
            Self::BodyTimedOut => "request-timeout",
            Self::BodyTooLarge(_) => "body-too-large",
            Self::BodyUnreadable => "body-unreadable",
            Self::Internal => "internal-error",
            Self::Overloaded => "overloaded",
            Self::TimedOut => "timed-out",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::BodyTimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyUnreadable => StatusCode::BAD_REQUEST,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn detail(self) -> String {
        match self {
            Self::NoRoute => "No part of the application answers this path.".to_owned(),
            Self::BodyTimedOut => "The request's body did not arrive in time.".to_owned(),
            Self::BodyTooLarge(limit) => format!("The request's body may have {limit} bytes."),
            Self::BodyUnreadable => "The request's body could not be read to its end.".to_owned(),
            Self::Internal => "The application failed to answer. The failure has been logged.".to_owned(),
            Self::Overloaded => "Too many requests are under way. Try again in a moment.".to_owned(),
            Self::TimedOut => "The application did not answer in time. What was asked for may still happen.".to_owned(),
        }
    }

    /// The response. It carries the request's `traceparent`, if it had one.
    #[must_use]
    pub fn response(self, traceparent: Option<HeaderValue>) -> Response<WasiBody> {
        let status = self.status();
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "code": self.code(),
            "detail": self.detail(),
        });
        let body = Full::new(Bytes::from(body.to_string())).map_err(|never| match never {}).boxed_unsync();
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self == Self::Overloaded {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(traceparent) = traceparent {
            headers.insert("traceparent", traceparent);
        }
        response
    }
}
