//! Bodies that are JSON.

use crate::problem::{self, ProblemDetails};
use farebox_document::parse_json;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::borrow::Cow;
use std::io::Read as _;

/// The longest body of a request, in bytes, before and after it is unpacked: 1 MiB.
pub const BODY_BYTES: usize = 1 << 20;

/// The most values in a body: objects, lists, and what is in them. A body full of small objects takes ninety times its length
/// in memory when it has been read; a request of as many segments as fit has nine in ten of this.
pub const BODY_VALUES: usize = 1 << 16;

/// A body as it was before it was packed, by its `Content-Encoding`.
///
/// # Errors
///
/// `unsupported-media-type` for packings other than gzip, `body-unreadable` for what is no gzip, and `body-too-large`.
pub fn unpack<'a>(encoding: Option<&str>, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, ProblemDetails> {
    let encoding = encoding.unwrap_or_default().trim();
    if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") {
        return Ok(Cow::Borrowed(bytes));
    }
    if !encoding.eq_ignore_ascii_case("gzip") {
        let detail = format!("Content-Encoding may be gzip, or be left out; it is {encoding:?}");
        return Err(ProblemDetails::new(problem::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let mut unpacked = Vec::new();
    let mut packed = MultiGzDecoder::new(bytes).take(BODY_BYTES as u64 + 1);
    if let Err(error) = packed.read_to_end(&mut unpacked) {
        let detail = format!("the body is not gzip, as its Content-Encoding says: {error}");
        return Err(ProblemDetails::new(problem::BODY_UNREADABLE, detail));
    }
    if unpacked.len() > BODY_BYTES {
        let detail = format!("at most {BODY_BYTES} bytes are allowed, also after the body is unpacked");
        return Err(ProblemDetails::new(problem::BODY_TOO_LARGE, detail));
    }
    Ok(Cow::Owned(unpacked))
}

/// Reads a body as one JSON document; [`parse_json`] says what is refused.
///
/// # Errors
///
/// `invalid-json`, with line and column; `body-too-large`, before any of it is kept, when it has more than [`BODY_VALUES`].
pub fn parse(bytes: &[u8]) -> Result<Value, ProblemDetails> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ProblemDetails::new(problem::INVALID_JSON, "the body is empty; send a JSON object"));
    }
    if !has_at_most(BODY_VALUES, bytes) {
        let detail = format!("the body has more than {BODY_VALUES} values; send it in parts");
        return Err(ProblemDetails::new(problem::BODY_TOO_LARGE, detail));
    }
    parse_json(bytes)
        .map_err(|error| ProblemDetails::new(problem::INVALID_JSON, format!("the body is not valid JSON: {error}")))
}

/// Whether JSON has at most so many values. Each comma has one after it, and each bracket may have; so there are no more than bytes,
/// but for the first.
fn has_at_most(limit: usize, bytes: &[u8]) -> bool {
    if bytes.len() < limit {
        return true;
    }
    let (mut values, mut is_text, mut is_escaped) = (1_usize, false, false);
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b',' | b'[' | b'{' if !is_text => values += 1,
            _ => {}
        }
    }
    values <= limit
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

    /// Values are counted before they are kept: whatever is within text is none.
    #[test]
    fn values_are_counted() {
        for (text, values) in [
            ("1", 1),
            ("[]", 2),
            ("[1,2,3]", 4),
            (r#"{"a":0}"#, 2),
            (r#"[{"a":0},{"a":0}]"#, 5),
            (r#"{"a,[{":"\",[{","b":"\\\\"}"#, 3),
        ] {
            assert!(has_at_most(values, text.as_bytes()), "{text}");
            assert!(!has_at_most(values - 1, text.as_bytes()), "{text}");
        }
        let many = format!("[{}0]", r#"{"a":0},"#.repeat(BODY_VALUES / 2));
        assert!(many.len() < BODY_BYTES);
        let problem = parse(many.as_bytes()).unwrap_err();
        assert_eq!(problem.kind.code, "body-too-large", "{}", problem.detail);
    }

    /// A packed body is unpacked within the limit of all bodies; what cannot be unpacked is refused by name.
    #[test]
    fn packed_bodies() {
        let gzip = |bytes: &[u8]| {
            let mut packed = Vec::new();
            flate2::read::GzEncoder::new(bytes, flate2::Compression::best()).read_to_end(&mut packed).unwrap();
            packed
        };
        let code = |encoding, bytes: &[u8]| unpack(encoding, bytes).unwrap_err().kind.code;
        assert_eq!(*unpack(None, b"{}").unwrap(), *b"{}");
        assert_eq!(*unpack(Some("Identity"), b"{}").unwrap(), *b"{}");
        assert_eq!(*unpack(Some("gzip"), &gzip(b"{}")).unwrap(), *b"{}");
        let largest = vec![b' '; BODY_BYTES];
        assert_eq!(unpack(Some("GZIP"), &gzip(&largest)).unwrap().len(), BODY_BYTES);
        assert_eq!(code(Some("gzip"), &gzip(&[&largest[..], b" "].concat())), "body-too-large");
        assert_eq!(code(Some("gzip"), b"{}"), "body-unreadable");
        assert_eq!(code(Some("gzip"), &gzip(b"{}")[..12]), "body-unreadable");
        for other in ["br", "deflate", "gzip, gzip", "zstd"] {
            assert_eq!(code(Some(other), b"{}"), "unsupported-media-type");
        }
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
