//! Large answers are compressed for clients that take them so.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY,
};
use http::{Response, StatusCode};

/// Shorter answers are sent as they are. Estimates, pages and the bills of most rides are: they fit a few packets, and to compress
/// one takes longer than to send the rest of it.
const LEAST: usize = 8 * 1024;

/// What takes longer than others should wait for is compressed elsewhere.
const MOST_IN_PASSING: usize = 64 * 1024;

/// What codings a client says it takes. Few answers depend on it, so it is read when one does.
pub(super) struct Codings {
    first: Option<HeaderValue>,
    others: Vec<HeaderValue>,
}

impl Codings {
    /// As the head of a request says.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut said = headers.get_all(ACCEPT_ENCODING).iter().cloned();
        Self { first: said.next(), others: said.collect() }
    }

    /// Whether gzip is one of them. A client that does not say what it takes is sent nothing of the kind.
    fn have_gzip(&self) -> bool {
        let mut any = false;
        let said = self.first.iter().chain(&self.others).filter_map(|said| said.to_str().ok());
        for choice in said.flat_map(|said| said.split(',')) {
            let (coding, weight) = choice.split_once(';').unwrap_or((choice, "q=1"));
            let coding = coding.trim();
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                return is_wanted(weight);
            }
            any |= coding == "*" && is_wanted(weight);
        }
        any
    }
}

/// Whether a weight, such as `q=0.5`, is one, and more than none.
fn is_wanted(weight: &str) -> bool {
    let weight = weight.trim().strip_prefix(['q', 'Q']).and_then(|weight| weight.trim_start().strip_prefix('='));
    weight.and_then(|weight| weight.trim().parse::<f32>().ok()).is_some_and(|weight| weight > 0.0)
}

/// The answer, compressed where that is worth it and the client takes it. It says in any case that it depends on the client.
pub(super) async fn compressed(response: Response<Bytes>, codings: &Codings) -> Response<Bytes> {
    let (mut head, body) = response.into_parts();
    if head.status == StatusCode::NOT_MODIFIED {
        // As it would be said of what the client has.
        head.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if !is_worth_it(head.status, &head.headers, body.len()) {
        return Response::from_parts(head, body);
    }
    head.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    if !codings.have_gzip() {
        return Response::from_parts(head, body);
    }
    let gzipped = if body.len() > MOST_IN_PASSING {
        let body = body.clone();
        tokio::task::spawn_blocking(move || gzip(&body)).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    } else {
        gzip(&body)
    };
    // It is good as it was, should memory not do for both.
    let Ok(gzipped) = gzipped else { return Response::from_parts(head, body) };
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    head.headers.insert(CONTENT_LENGTH, gzipped.len().into());
    // Other bytes than those that the tag stands for; the same document.
    if let Some(weak) = head.headers.get(ETAG).and_then(weakened) {
        head.headers.insert(ETAG, weak);
    }
    Response::from_parts(head, gzipped.into())
}

fn is_worth_it(status: StatusCode, headers: &HeaderMap, length: usize) -> bool {
    let has = |name, what: &str| {
        headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).is_some_and(|value| value.contains(what))
    };
    let is_text = has(CONTENT_TYPE, "json") || has(CONTENT_TYPE, "text/");
    length >= LEAST
        && is_text
        && status != StatusCode::PARTIAL_CONTENT
        && !headers.contains_key(CONTENT_ENCODING)
        && !has(CACHE_CONTROL, "no-transform")
}

/// At the quickest level: the others make it a tenth shorter, and take three times as long.
fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// The same tag, for what has the same meaning and other bytes. None when it says so already.
fn weakened(tag: &HeaderValue) -> Option<HeaderValue> {
    let strong = tag.as_bytes().starts_with(b"\"");
    strong.then(|| HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    /// Of a client that takes gzip, or says nothing.
    fn codings(gzip: bool) -> Codings {
        Codings { first: gzip.then(|| HeaderValue::from_static("gzip")), others: Vec::new() }
    }

    /// A client is sent gzip if it says that it takes it, in any of the ways there are to say so.
    #[test]
    fn clients() {
        for (said, expected) in [
            (&[][..], false),
            (&[""], false),
            (&["gzip"], true),
            (&["GZIP"], true),
            (&["x-gzip"], true),
            (&["deflate, gzip, br"], true),
            (&["deflate", "gzip"], true),
            (&["gzip;q=0.001"], true),
            (&["gzip; q = 1"], true),
            (&["gzip;Q=0.5, br;q=1"], true),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.000"], false),
            (&["gzip;q=0, *"], false),
            (&["*"], true),
            (&["*;q=0"], false),
            (&["*;q=0, gzip"], true),
            (&["identity"], false),
            (&["br, zstd"], false),
            (&["gzipped"], false),
            (&["gzip;q=much"], false),
            (&["gzip;level=1"], false),
        ] {
            let mut headers = HeaderMap::new();
            for said in said {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(said));
            }
            assert_eq!(Codings::of(&headers).have_gzip(), expected, "{said:?}");
        }
    }

    /// What is worth it is compressed, and says so; everything else stays as it is. What depends on the client says so whatever the
    /// client takes.
    #[tokio::test]
    async fn answers() {
        let (json, large) = (&[("content-type", "application/json")][..], LEAST);
        for (why, status, headers, length, takes, is_gzip, varies) in [
            ("large", 200, json, large, true, true, true),
            ("larger", 200, json, 4 * MOST_IN_PASSING, true, true, true),
            ("not taken", 200, json, large, false, false, true),
            ("short", 200, json, large - 1, true, false, false),
            ("text", 200, &[("content-type", "text/plain; charset=utf-8")], large, true, true, true),
            ("a problem", 422, &[("content-type", "application/problem+json")], large, true, true, true),
            ("no text", 200, &[("content-type", "image/png")], large, true, false, false),
            ("no type", 200, &[], large, true, false, false),
            ("compressed", 200, &[("content-type", "text/a"), ("content-encoding", "br")], large, true, false, false),
            ("known already", 304, &[], 0, true, false, true),
            ("a part", 206, json, large, true, false, false),
            (
                "forbidden",
                200,
                &[("content-type", "text/a"), ("cache-control", "no-transform")],
                large,
                true,
                false,
                false,
            ),
        ] {
            let text = Bytes::from(b"0123456789".repeat(length.div_ceil(10))[..length].to_vec());
            let mut response = Response::builder().status(status).header("content-length", length);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            let answer = compressed(response.body(text.clone()).unwrap(), &codings(takes)).await;
            let said = answer.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
            assert_eq!((said, answer.headers().contains_key(VARY)), (is_gzip, varies), "{why}");
            assert_eq!(answer.headers()[CONTENT_LENGTH], answer.body().len().to_string(), "{why}");
            let mut read = answer.body().to_vec();
            if is_gzip {
                assert!(read.len() < length / 2, "{why}");
                read.clear();
                GzDecoder::new(&answer.body()[..]).read_to_end(&mut read).unwrap();
            }
            assert!(read == text, "{why}");
        }
    }

    /// A tag stands for bytes: that of other bytes is a weak one. What it varies by is added to what it varied by before.
    #[tokio::test]
    async fn tags() {
        for (tag, expected) in [("\"a\"", "W/\"a\""), ("W/\"a\"", "W/\"a\"")] {
            let response =
                Response::builder().header("content-type", "text/a").header("etag", tag).header("vary", "origin");
            let answer = compressed(response.body(Bytes::from(vec![b'x'; LEAST])).unwrap(), &codings(true)).await;
            assert_eq!(answer.headers()[ETAG], expected);
            assert_eq!(answer.headers().get_all(VARY).iter().collect::<Vec<_>>(), ["origin", "accept-encoding"]);
        }
    }
}
