//! What clients may keep of an answer, and how they ask whether it is still the same.

use farebox_document::hex;
use farebox_web::request::Request;
use farebox_web::response::Response;
use http::StatusCode;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// How long an answer is good without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// For ever: what is there under this path never changes.
    ForEver,
    /// For five minutes: it changes with a release.
    Release,
    /// Not at all: whoever has it asks each time whether it is still the same, and is sent it when it is not.
    Asking,
}

impl Keeping {
    /// As `Cache-Control` says it.
    ///
    /// What needs a key is `private`: a cache that others share would give it to whoever has none.
    pub const fn directives(self) -> &'static str {
        match self {
            Self::ForEver => "private, max-age=31536000, immutable",
            Self::Release => "max-age=300",
            Self::Asking => "private, no-cache",
        }
    }
}

/// A document that is part of the release.
pub struct Document {
    text: &'static str,
    /// Made once in each instance.
    tag: LazyLock<String>,
}

impl Document {
    pub(crate) const fn new(text: &'static str, tag: fn() -> String) -> Self {
        Self { text, tag: LazyLock::new(tag) }
    }

    /// The answer to whoever asks for it.
    pub fn answer(&self, request: &Request) -> Response {
        let response = Response::json_text(StatusCode::OK, self.text.into());
        tagged(response, Keeping::Release, &self.tag, request)
    }
}

/// An answer with a document that may be kept, or that it is still the same.
pub fn kept(response: Response, keeping: Keeping, request: &Request) -> Response {
    let tag = tag(&response.body);
    tagged(response, keeping, &tag, request)
}

/// What stands for these bytes and no others.
pub(crate) fn tag(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    // Half of it is more than enough to tell two versions apart.
    let (half, _) = digest.split_at(16);
    format!("\"{}\"", hex(half))
}

fn tagged(mut response: Response, keeping: Keeping, tag: &str, request: &Request) -> Response {
    let tag = match known(request.headers("if-none-match"), tag) {
        Some(known) => {
            response = Response::without_body(StatusCode::NOT_MODIFIED);
            known
        }
        None => tag.to_owned(),
    };
    response.set("cache-control", keeping.directives());
    response.set("etag", tag);
    response
}

/// The tag as the client knows it, if it does: perhaps a weak one, which whoever compresses on the way makes of it. What is not
/// a list of tags counts as absent from where it is none.
fn known<'h>(if_none_match: impl Iterator<Item = &'h [u8]>, tag: &str) -> Option<String> {
    for header in if_none_match {
        let Ok(mut rest) = str::from_utf8(header) else { continue };
        if rest.trim() == "*" {
            return Some(tag.to_owned());
        }
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let opaque = rest.strip_prefix("W/").unwrap_or(rest);
            let Some(length) = opaque.strip_prefix('"').and_then(|opaque| opaque.find('"')) else { break };
            // Both quotation marks are one byte.
            let (this, after) = opaque.split_at(length + 2);
            if this == tag {
                let weak = if opaque.len() < rest.len() { "W/" } else { "" };
                return Some(format!("{weak}{tag}"));
            }
            rest = after;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http::Method;

    /// Whoever has the document is told so, under the tag it knows it by; whoever has another, or says nothing that can be read,
    /// is sent it.
    #[test]
    fn tags() {
        for (headers, expected) in [
            (&[][..], None),
            (&["\"a\""], Some("\"a\"")),
            (&["W/\"a\""], Some("W/\"a\"")),
            (&["*"], Some("\"a\"")),
            (&[" * "], Some("\"a\"")),
            (&["\"b\", W/\"c\" ,\"a\""], Some("\"a\"")),
            (&["\"b\",,W/\"a\",\"a\""], Some("W/\"a\"")),
            (&["\"b\"", "\"a\""], Some("\"a\"")),
            (&["\"b, \"a\""], None),
            (&["\"b\""], None),
            (&["\"a"], None),
            (&["a"], None),
            (&["w/\"a\""], None),
            (&["W/a"], None),
            (&["W/ \"a\""], None),
            (&["\"A\""], None),
            (&["", ", ,"], None),
            (&["\"\u{e9}\", \"a\""], Some("\"a\"")),
        ] {
            let known = known(headers.iter().map(|header| header.as_bytes()), "\"a\"");
            assert_eq!(known.as_deref(), expected, "{headers:?}");
        }
        assert_eq!(known([&[0xff, b'"'][..], b"\"a\""].into_iter(), "\"a\"").as_deref(), Some("\"a\""));
    }

    /// An answer says how long it is good; one that is known already has no body, and says the same.
    #[test]
    fn answers() {
        let request = |headers: &[(&str, &str)]| Request {
            method: Method::GET,
            path_and_query: "/".into(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), value.as_bytes().into())).collect(),
            body: Vec::new(),
        };
        let answer = |text: &str, headers: &[(&str, &str)]| {
            let response = Response::json_text(StatusCode::OK, text.into());
            kept(response, Keeping::Asking, &request(headers))
        };
        let first = answer("{}", &[]);
        let tag = first.header("etag").unwrap();
        assert_eq!((first.status, &*first.body), (StatusCode::OK, &b"{}"[..]));
        assert_eq!((first.header("cache-control"), tag.len()), (Some("private, no-cache"), 34));
        let again = answer("{}", &[("if-none-match", tag)]);
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!((again.header("etag"), again.header("cache-control")), (Some(tag), Some("private, no-cache")));
        assert_eq!(again.header("content-type"), None);
        let other = answer("[]", &[("if-none-match", tag)]);
        assert_eq!((other.status, &*other.body), (StatusCode::OK, &b"[]"[..]));
    }
}
