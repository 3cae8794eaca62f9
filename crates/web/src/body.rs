//! Bodies that are JSON.

use crate::problem::{self, ProblemDetails};
use farebox_document::parse_json;
use serde_json::Value;

/// The longest body of a request, in bytes: 1 MiB.
pub const BODY_BYTES: usize = 1 << 20;

/// Reads a body as one JSON document; [`parse_json`] says what is refused.
///
/// # Errors
///
/// `invalid-json`, with line and column.
pub fn parse(bytes: &[u8]) -> Result<Value, ProblemDetails> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ProblemDetails::new(problem::INVALID_JSON, "the body is empty; send a JSON object"));
    }
    parse_json(bytes)
        .map_err(|error| ProblemDetails::new(problem::INVALID_JSON, format!("the body is not valid JSON: {error}")))
}

/// Whether a `Content-Type` says that a body is JSON.
pub fn is_json(content_type: Option<&str>) -> bool {
    let media_type = content_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(text: &str, expected: &str) {
        let problem = parse(text.as_bytes()).unwrap_err();
        assert_eq!(problem.kind.code, "invalid-json", "{text}");
        assert!(problem.detail.contains(expected), "{text}: {}", problem.detail);
    }

    /// Whatever is not one unambiguous JSON document is refused, and the reader is told where.
    #[test]
    fn refusals() {
        check("", "empty");
        check(" \n", "empty");
        check("{", "line 1 column 1");
        check("{}{}", "trailing characters");
        check("{\"a\":1,\n\"a\":2}", "\"a\" occurs twice in one object at line 2");
    }

    /// Parameters and case of a media type do not matter; its absence does, since browsers send other sites' forms so.
    #[test]
    fn media_types() {
        for good in ["application/json", "Application/JSON", "application/json; charset=utf-8"] {
            assert!(is_json(Some(good)), "{good}");
        }
        for bad in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded", ";application/json"] {
            assert!(!is_json(Some(bad)), "{bad}");
        }
        assert!(!is_json(None));
    }
}
