//! What comes back when a request is not carried out, by status; see [`farebox_web::problem`].

use super::schemas::{described, text};
use crate::refusals;
use farebox_document::MOST_PROBLEMS;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A head that is too large, or has too many lines. The local host's HTTP server answers it by itself.
pub(super) const HEAD_TOO_LARGE: u16 = 431;

/// What every route can be answered with: the server finds no HTTP, or too large a head; the host fails, is busy, or waits too long.
pub(super) const OF_EVERY_ROUTE: [u16; 5] = [400, HEAD_TOO_LARGE, 500, 503, 504];

/// What every route can be answered with whose body is waited for: all but probes.
pub(super) const OF_EVERY_BODY: [u16; 2] = [408, 413];

/// What a status is called among the components.
pub(super) fn name(status: u16) -> String {
    if status == HEAD_TOO_LARGE { "HeadTooLarge".into() } else { format!("Problem{status}") }
}

/// One answer for each of these statuses, by name.
pub(super) fn refusals(statuses: &BTreeSet<u16>) -> Map<String, Value> {
    statuses.iter().map(|status| (name(*status), refusal(*status))).collect()
}

pub(super) fn refusal(status: u16) -> Value {
    if status == HEAD_TOO_LARGE {
        let description = "The head of the request is larger than some 64 KiB, or has more than 100 lines. The server says so alone: \
            there is no body, and no trace.";
        return json!({"description": description});
    }
    let codes: Vec<String> = codes(status).iter().map(|code| format!("`{code}`")).collect();
    let more = match status {
        400 => " What is not HTTP at all is answered by the server alone: without a body, and without a trace.",
        503 => " Nothing is lost: the same request can be sent again.",
        504 => " What was asked for may have happened, or still happen; sending the same request again is safe.",
        _ => "",
    };
    let mut headers = traced();
    if status == 503 {
        headers["retry-after"] = required("After how many seconds it makes sense to ask again.", retry_after());
    }
    json!({
        "description": format!("{}.{more}", codes.join(", ")),
        "headers": headers,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}

fn codes(status: u16) -> Vec<&'static str> {
    refusals::kinds().iter().filter(|kind| kind.status.as_u16() == status).map(|kind| kind.code).collect()
}

/// What every answer brings.
pub(super) fn traced() -> Value {
    let schema = json!({"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$"});
    json!({"traceparent": required("W3C Trace Context: the caller's trace, with a span of ours; or a new one.", schema)})
}

fn required(description: &str, schema: Value) -> Value {
    json!({"description": description, "required": true, "schema": schema})
}

fn retry_after() -> Value {
    json!({"type": "integer", "minimum": 1})
}

/// What refusals look like, by name.
pub(super) fn schemas() -> [(&'static str, Value); 2] {
    let codes: Vec<_> = refusals::kinds().iter().map(|kind| kind.code).collect();
    let statuses: BTreeSet<u16> = refusals::kinds().iter().map(|kind| kind.status.as_u16()).collect();
    let problem = json!({
        "type": "object",
        "description": "Why a request was not carried out: RFC 9457. Programs branch on `code`.",
        "properties": {
            "type": {"type": "string", "format": "uri", "pattern": "^urn:farebox:problem:[a-z-]+$"},
            "title": described("The same for every occurrence.", text()),
            "status": {"type": "integer", "enum": statuses},
            "detail": described("What is wrong this time, and what to do.", text()),
            "code": {"type": "string", "enum": codes},
            "errors": {
                "type": "array",
                "description": "Everything that is wrong with the request.",
                "maxItems": MOST_PROBLEMS,
                "items": {"$ref": "#/components/schemas/ProblemError"},
            },
            "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        },
        "required": ["type", "title", "status", "detail", "code", "trace_id"],
        "additionalProperties": false,
    });
    let error = json!({
        "type": "object",
        "description": "One thing that is wrong: in the body, at a `pointer`, or with a `parameter`.",
        "properties": {
            "pointer": described("A JSON Pointer into the body.", text()),
            "parameter": described("A path or query parameter.", text()),
            "code": described("A stable word for programs, such as `missing`.", text()),
            "message": described("What is wrong, and what would be right.", text()),
        },
        "required": ["code", "message"],
        "additionalProperties": false,
    });
    [("Problem", problem), ("ProblemError", error)]
}
