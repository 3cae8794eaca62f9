//! What comes back when a request is not carried out, by status; see [`farebox_web::problem`].

use super::schemas::{described, text};
use crate::keeping::Keeping;
use crate::refusals;
use farebox_access::WWW_AUTHENTICATE;
use farebox_document::MOST_PROBLEMS;
use farebox_signatures::ACCEPT_SIGNATURE;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What the local host's HTTP server answers by itself, before there is a request: without a body, and without a trace.
pub(super) const OF_THE_SERVER: [(u16, &str, &str); 2] = [
    (414, "UriTooLong", "The path with its query is longer than 65,534 bytes."),
    (431, "HeadTooLarge", "The head of the request has more than 100 lines, or is larger than some 64 KiB."),
];

/// What every route can be answered with: the server finds no HTTP, or too much of it; the host fails, is busy, or waits too long.
pub(super) const OF_EVERY_ROUTE: [u16; 6] = [400, 414, 431, 500, 503, 504];

/// What every route can be answered with whose body is waited for: all but probes.
pub(super) const OF_EVERY_BODY: [u16; 2] = [408, 413];

/// What a status is called among the components.
pub(super) fn name(status: u16) -> String {
    let of_the_server = OF_THE_SERVER.iter().find(|(of, ..)| *of == status);
    of_the_server.map_or_else(|| format!("Problem{status}"), |(_, name, _)| (*name).to_owned())
}

/// One answer for each status, by name.
pub(super) fn refusals() -> Map<String, Value> {
    // No operation is refused for its method: whoever uses another asks for no operation.
    let statuses: BTreeSet<u16> = statuses().filter(|status| *status != 405).collect();
    let problems = statuses.into_iter().map(|status| (name(status), refusal(status)));
    let of_the_server = OF_THE_SERVER.iter().map(|(_, name, why)| {
        let description = format!("{why} The server says so alone: there is no body, and no trace.");
        ((*name).to_owned(), json!({"description": description}))
    });
    problems.chain(of_the_server).collect()
}

fn statuses() -> impl Iterator<Item = u16> {
    refusals::kinds().into_iter().map(|kind| kind.status.as_u16())
}

/// What a problem of this status looks like.
pub(super) fn refusal(status: u16) -> Value {
    let codes: Vec<String> = codes(status).iter().map(|code| format!("`{code}`")).collect();
    let more = match status {
        400 => " What is not HTTP at all is answered by the server alone: without a body, and without a trace.",
        503 => " Nothing is lost: the same request can be sent again.",
        429 => " Nothing was done; `detail` says which limit it is, and what would be right.",
        504 => " What was asked for may have happened, or still happen; sending the same request again is safe.",
        _ => "",
    };
    let mut headers = traced();
    if status == 503 {
        headers["retry-after"] = required("After how many seconds it makes sense to ask again.", retry_after());
    }
    if status == 429 {
        headers["retry-after"] = required("After how many seconds the next request is let.", retry_after());
        for (name, mut header) in limited() {
            header["required"] = true.into();
            headers[name] = header;
        }
    }
    if status == 401 {
        let fixed = |value: &str| json!({"type": "string", "const": value});
        headers["www-authenticate"] = required("How to say who asks.", fixed(WWW_AUTHENTICATE));
        headers["accept-signature"] = required("What is to be signed.", fixed(ACCEPT_SIGNATURE));
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

/// What an answer of a route brings where the caller is limited: draft-ietf-httpapi-ratelimit-headers-10.
pub(super) fn limited() -> [(&'static str, Value); 2] {
    let list = |pattern: &str| json!({"type": "string", "pattern": pattern});
    let header =
        |description: &str, schema: Value| json!({"description": description, "required": false, "schema": schema});
    [
        (
            "ratelimit-policy",
            header(
                "The limits of the caller, in this city and class of routes: `q` requests in `w` seconds.",
                list("^\"[a-z-]+\";q=[0-9]+;w=[0-9]+(, \"[a-z-]+\";q=[0-9]+;w=[0-9]+)?$"),
            ),
        ),
        (
            "ratelimit",
            header(
                "How much is left of them: `r` requests, or none for `t` seconds.",
                list("^\"[a-z-]+\";r=[0-9]+(;t=[0-9]+)?(, \"[a-z-]+\";r=[0-9]+)?$"),
            ),
        ),
    ]
}

/// What an answer brings that clients may keep.
pub(super) fn kept(keeping: Keeping) -> Value {
    let mut headers = traced();
    headers["etag"] =
        required("What stands for this very text.", json!({"type": "string", "pattern": "^(W/)?\"[0-9a-f]{32}\"$"}));
    headers["cache-control"] =
        required("How long it may be kept without asking.", json!({"type": "string", "const": keeping.directives()}));
    headers
}

/// What whoever has it already is answered.
pub(super) fn not_modified(keeping: Keeping) -> Value {
    let description = "What `If-None-Match` names is what there is. There is no body.";
    json!({"description": description, "headers": kept(keeping)})
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
    let statuses: BTreeSet<u16> = statuses().collect();
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
