//! Refusals as the client sees them: RFC 9457 problem details with a stable code.

use crate::response::Response;
use crate::trace::Trace;
use farebox_document::Problem;
use http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;

/// A kind of problem: a stable code, its status, and what it is called.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// A stable kebab-case word for programs.
    pub code: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// A short summary for people; the same for every occurrence.
    pub title: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident $code:literal $title:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: &Kind = &Kind { code: $code, status: StatusCode::$status, title: $title };
        )*
        /// Every kind that needs no application.
        pub const KINDS: &[&Kind] = &[$($name),*];
    };
}

kinds! {
    /// Not JSON, or not one unambiguous document.
    INVALID_JSON = BAD_REQUEST "invalid-json" "The body is not valid JSON";
    /// A path or query parameter.
    INVALID_PARAMETER = BAD_REQUEST "invalid-parameter" "A parameter is not valid";
    /// The body could not be read to its end.
    BODY_UNREADABLE = BAD_REQUEST "body-unreadable" "The body did not arrive in full";
    /// What the local host says in front of the application: what stands around the body is not HTTP/1.1.
    MALFORMED_REQUEST = BAD_REQUEST "malformed-request" "The request is not what HTTP/1.1 wants it to be";
    /// What only callers on the machine itself are answered.
    LOCAL_ONLY = FORBIDDEN "local-only" "This is answered on the machine itself only";
    /// No such route.
    NOT_FOUND = NOT_FOUND "not-found" "There is nothing here";
    /// Wrong method on a route that exists.
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "method-not-allowed" "The method is not allowed here";
    /// The body is too long.
    BODY_TOO_LARGE = PAYLOAD_TOO_LARGE "body-too-large" "The body is too large";
    /// Not JSON by its own account.
    UNSUPPORTED_MEDIA_TYPE = UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" "The body has to be JSON";
    /// A defect.
    INTERNAL = INTERNAL_SERVER_ERROR "internal" "Something went wrong";
    /// What the local host says in front of the application: the body stopped arriving.
    REQUEST_TIMEOUT = REQUEST_TIMEOUT "request-timeout" "The body did not arrive in time";
    /// The same: there is no application yet.
    STARTING = SERVICE_UNAVAILABLE "starting" "The service is starting";
    /// The same: as many requests as may be are under way.
    OVERLOADED = SERVICE_UNAVAILABLE "overloaded" "Too much is being asked at once";
    /// The same: the application did not answer in time.
    TIMED_OUT = GATEWAY_TIMEOUT "timed-out" "The application did not answer in time";
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// A JSON Pointer into the body. Absent when a parameter is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The name of a path or query parameter. Absent when the body is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<Cow<'static, str>>,
    /// A stable kebab-case word for programs.
    pub code: Cow<'static, str>,
    /// One sentence for people: what is wrong and what would be right.
    pub message: String,
}

impl From<Problem> for FieldError {
    /// Something wrong in the body.
    fn from(problem: Problem) -> Self {
        let (pointer, message) = (Some(clip(problem.pointer)), clip(problem.message));
        Self { pointer, parameter: None, code: problem.code, message }
    }
}

/// Documents repeat what they were sent; this keeps a long key from coming back a hundred times.
fn clip(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(1_000) {
        text.truncate(end);
    }
    text
}

/// The headers that say how to say who asks, by name.
pub type Challenge = [(&'static str, &'static str); 2];

/// What went wrong: one part for the client, one for the log.
#[derive(Debug)]
pub struct ProblemDetails {
    /// Which kind of problem.
    pub kind: &'static Kind,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
    /// What only the log is told.
    pub log: Option<String>,
    /// For 405: the methods that are allowed.
    pub allow: Option<&'static str>,
    /// After how many seconds it is worth asking again. A second for every 503, unless somebody knows better.
    pub retry_after_s: Option<u64>,
    /// For 401: how to say who asks.
    pub challenge: Option<&'static Challenge>,
}

impl ProblemDetails {
    /// A problem without fields.
    pub fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        let retry_after_s = (kind.status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Self { kind, detail: detail.into(), errors: Vec::new(), log: None, allow: None, retry_after_s, challenge: None }
    }

    /// A parameter that is not valid, or that there is not.
    pub fn parameter(parameter: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let parameter = parameter.into();
        let detail = format!("the parameter `{parameter}` is not valid; see `errors`");
        let code = "invalid-parameter".into();
        let error = FieldError { pointer: None, parameter: Some(parameter), code, message: message.into() };
        Self { errors: vec![error], ..Self::new(INVALID_PARAMETER, detail) }
    }

    /// A defect. The client is not told more.
    pub fn internal(log: impl Into<String>) -> Self {
        let detail = "the request was not carried out; the log says more under this trace_id";
        Self { log: Some(log.into()), ..Self::new(INTERNAL, detail) }
    }

    /// The answer to send. It carries `trace` as a header and in the body.
    pub fn into_response(self, trace: &Trace) -> Response {
        #[derive(Serialize)]
        struct Document<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            detail: &'a str,
            code: &'a str,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [FieldError],
            trace_id: &'a str,
        }
        let document = Document {
            r#type: format!("urn:farebox:problem:{}", self.kind.code),
            title: self.kind.title,
            status: self.kind.status.as_u16(),
            detail: &self.detail,
            code: self.kind.code,
            errors: &self.errors,
            trace_id: trace.id(),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::of(self.kind.status, "application/problem+json", body);
        if let Some(seconds) = self.retry_after_s {
            response.add("retry-after", seconds.to_string());
        }
        if let Some(methods) = self.allow {
            response.add("allow", methods);
        }
        for (name, value) in self.challenge.into_iter().flatten() {
            response.add(name, *value);
        }
        trace.mark(&mut response);
        response
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    /// A client gets everything it needs to act, and nothing that is for the log.
    #[test]
    fn documents() {
        let mut problem = ProblemDetails::parameter("scene", "there is no scene \"x\"");
        problem.log = Some("secret".into());
        let response = problem.into_response(&Trace::new([1; 24]));
        assert_eq!(response.status, 400);
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        assert_eq!(response.header("traceparent"), Some("00-01010101010101010101010101010101-0101010101010101-00"));
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(
            body,
            json!({
                "type": "urn:farebox:problem:invalid-parameter",
                "title": "A parameter is not valid",
                "status": 400,
                "detail": "the parameter `scene` is not valid; see `errors`",
                "code": "invalid-parameter",
                "errors": [{"parameter": "scene", "code": "invalid-parameter", "message": "there is no scene \"x\""}],
                "trace_id": "01010101010101010101010101010101",
            })
        );
    }

    /// Who may ask again is told when; who used the wrong method is told the right one.
    #[test]
    fn headers() {
        let trace = Trace::new([1; 24]);
        let busy = ProblemDetails::new(OVERLOADED, "").into_response(&trace);
        assert_eq!(busy.header("retry-after"), Some("1"));
        let busier = ProblemDetails { retry_after_s: Some(90), ..ProblemDetails::new(OVERLOADED, "") };
        assert_eq!(busier.into_response(&trace).header("retry-after"), Some("90"));
        let wrong = ProblemDetails { allow: Some("POST"), ..ProblemDetails::new(METHOD_NOT_ALLOWED, "") };
        assert_eq!(wrong.into_response(&trace).header("allow"), Some("POST"));
    }

    /// Codes are unique, and say what clients branch on.
    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<_> = KINDS.iter().map(|kind| kind.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), KINDS.len());
    }
}
