//! What the host itself answers when no component does. It looks as if the gateway had said it: one family of problem
//! documents (RFC 9457), so that clients need not know who answers.

use farebox_web::problem::{self, Kind, ProblemDetails};
use farebox_web::trace::Trace;
use http::Response;
use http::header::{CONNECTION, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::WasiBody;

/// Why the host answers in a component's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// No trigger has a route for the path.
    NoRoute,
    /// The request's body did not arrive in time.
    BodyTimedOut,
    /// The request's body is larger than this many bytes.
    BodyTooLarge(usize),
    /// The request's body broke off or is not framed as HTTP wants it.
    BodyUnreadable,
    /// What is around the body is not what HTTP/1.1 wants, and why not.
    Malformed(&'static str),
    /// The component trapped, or answered with an error of its own.
    Internal,
    /// The application is being made ready.
    Starting,
    /// As many requests as may be are under way.
    Overloaded,
    /// The component did not answer in time.
    TimedOut,
}

impl Unanswered {
    /// The kind of problem document, as programs know it.
    #[must_use]
    pub fn kind(self) -> &'static Kind {
        match self {
            Self::NoRoute => problem::NOT_FOUND,
            Self::BodyTimedOut => problem::REQUEST_TIMEOUT,
            Self::BodyTooLarge(_) => problem::BODY_TOO_LARGE,
            Self::BodyUnreadable => problem::BODY_UNREADABLE,
            Self::Malformed(_) => problem::MALFORMED_REQUEST,
            Self::Internal => problem::INTERNAL,
            Self::Starting => problem::STARTING,
            Self::Overloaded => problem::OVERLOADED,
            Self::TimedOut => problem::TIMED_OUT,
        }
    }

    fn detail(self) -> String {
        match self {
            Self::NoRoute => "no part of the application answers this path".to_owned(),
            Self::BodyTimedOut => "send the body without long pauses".to_owned(),
            Self::BodyTooLarge(limit) => format!("the body may have {limit} bytes"),
            Self::BodyUnreadable => "the body broke off, or is not framed as HTTP wants it".to_owned(),
            Self::Malformed(why) => why.to_owned(),
            Self::Internal => "the request was not carried out; the log says more under this trace_id".to_owned(),
            Self::Starting => "the application is being made ready; try again in a moment".to_owned(),
            Self::Overloaded => "too many requests are under way; try again in a moment".to_owned(),
            Self::TimedOut => "what was asked for may still happen".to_owned(),
        }
    }

    /// What is left of the body is of no use, so neither is the connection.
    fn ends_the_connection(self) -> bool {
        matches!(self, Self::BodyTimedOut | Self::BodyTooLarge(_) | Self::BodyUnreadable | Self::Malformed(_))
    }

    /// The response. It carries the trace as a header and in the body.
    #[must_use]
    pub fn response(self, trace: &Trace) -> Response<WasiBody> {
        let mut response: Response<Vec<u8>> =
            ProblemDetails::new(self.kind(), self.detail()).into_response(trace).into();
        if self.ends_the_connection() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.map(|body| Full::new(body.into()).map_err(|never| match never {}).boxed_unsync())
    }
}
