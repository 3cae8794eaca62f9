//! The head of a request: what it says in the host's name, and what hyper lets pass and nobody should.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::request::{Builder, Parts};
use http::uri::Authority;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use hyper::body::Body as _;
use wasmtime_wasi_http::WasiBody;

use super::lane::whole;
use crate::unanswered::Unanswered;

/// The header that tells a component the peer's address, as Spin does.
const PEER: HeaderName = HeaderName::from_static("spin-client-addr");

/// Whether a request can be passed on: it says once which host is asked, and its body is framed in the one way there is.
///
/// # Errors
///
/// Why it cannot.
pub(super) fn check(head: &Parts) -> Result<(), Unanswered> {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if head.version == Version::HTTP_11 => {
            return Err(Unanswered::Malformed("a request of HTTP/1.1 has a header Host"));
        }
        (_, Some(_)) => return Err(Unanswered::Malformed("it has more than one header Host")),
        (Some(host), None) if !is_host(host) => {
            return Err(Unanswered::Malformed("its header Host is not a name or an address, perhaps with a port"));
        }
        _ => {}
    }
    let mut encodings = head.headers.get_all(TRANSFER_ENCODING).iter();
    if encodings.next().is_some_and(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"))
        || encodings.next().is_some()
    {
        return Err(Unanswered::Malformed("Transfer-Encoding may be chunked, and nothing beside it"));
    }
    Ok(())
}

/// Tells a component which host is asked as HTTP/1.1 does: over HTTP/2 a client says it elsewhere, and may say it here as well.
pub(super) fn name_host(head: &mut Parts) {
    let Some(authority) = head.uri.authority().filter(|_| head.version == Version::HTTP_2) else { return };
    let Ok(host) = HeaderValue::try_from(authority.as_str()) else { return };
    // One that says something else beside it makes two, and is refused for that.
    if head.headers.get(HOST) != Some(&host) {
        head.headers.append(HOST, host);
    }
}

/// What HTTP/2 has no words for, and what its server would send to whoever asks for the head alone.
pub(super) fn over_streams(mut response: Response<WasiBody>, has_body: bool) -> Response<WasiBody> {
    response.headers_mut().remove(CONNECTION);
    if has_body {
        return response;
    }
    if let Some(length) = response.body().size_hint().exact()
        && !response.headers().contains_key(CONTENT_LENGTH)
        && !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response.map(|_| whole(Bytes::new()))
}

/// It may be empty: whoever has no name for what is asked says so.
fn is_host(host: &HeaderValue) -> bool {
    host.is_empty() || Authority::try_from(host.as_bytes()).is_ok_and(|host| !host.as_str().contains('@'))
}

/// The head of a request that the host makes: its peer is the machine itself.
pub(super) fn by_itself(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header(PEER, HeaderValue::from_static("127.0.0.1:0"))
}

/// A peer's address, as components are told it.
pub(super) fn address(peer: SocketAddr) -> HeaderValue {
    // Digits, dots and colons.
    HeaderValue::try_from(peer.to_string()).unwrap_or(HeaderValue::from_static("unknown"))
}

/// Tells a component the peer's address, and nothing that a client says in the host's name: all headers that Spin adds begin
/// alike.
pub(super) fn vouch(headers: &mut HeaderMap, address: HeaderValue) {
    let forged: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("spin-")).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    headers.insert(PEER, address);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What two servers could understand in two ways is understood by none.
    #[test]
    fn heads() {
        for (headers, is_good) in [
            (&[("host", "localhost:3000")][..], true),
            (&[("host", "[::1]:80")], true),
            (&[("host", "")], true),
            (&[], false),
            (&[("host", "a"), ("host", "a")], false),
            (&[("host", "a b")], false),
            (&[("host", "a/b")], false),
            (&[("host", "user@a")], false),
            (&[("host", "a"), ("transfer-encoding", "Chunked")], true),
            (&[("host", "a"), ("transfer-encoding", "gzip, chunked")], false),
            (&[("host", "a"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], false),
            (&[("host", "a"), ("transfer-encoding", "identity")], false),
        ] {
            let mut request = Request::builder();
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(check(&head).is_ok(), is_good, "{headers:?}");
        }
        let old = Request::builder().version(Version::HTTP_10).body(()).unwrap();
        assert!(check(&old.into_parts().0).is_ok(), "HTTP/1.0 does without");
    }

    /// A component is told which host is asked, however the client says it; a client that says it in two ways says one thing.
    #[test]
    fn hosts_over_streams() {
        for (version, uri, host, expected) in [
            (Version::HTTP_2, "https://a.example/", None, Some("a.example")),
            (Version::HTTP_2, "http://a.example:8080/", Some("a.example:8080"), Some("a.example:8080")),
            (Version::HTTP_2, "http://a.example/", Some("b.example"), None),
            (Version::HTTP_2, "http://user@a.example/", None, None),
            (Version::HTTP_2, "/", Some("a.example"), Some("a.example")),
            (Version::HTTP_11, "http://a.example/", Some("b.example"), Some("b.example")),
        ] {
            let mut request = Request::builder().version(version).uri(uri);
            if let Some(host) = host {
                request = request.header("host", host);
            }
            let (mut head, ()) = request.body(()).unwrap().into_parts();
            name_host(&mut head);
            let named = check(&head).is_ok().then(|| head.headers[HOST].to_str().unwrap());
            assert_eq!(named, expected, "{uri} {host:?}");
        }
    }

    /// Whoever asks for the head alone is told of the body and sent none; and what only HTTP/1.1 has words for is not said.
    #[test]
    fn answers_over_streams() {
        for (has_body, length) in [(true, None), (false, Some("5"))] {
            let response = Response::builder().header("connection", "close").body(whole(Bytes::from("hello"))).unwrap();
            let response = over_streams(response, has_body);
            assert!(!response.headers().contains_key(CONNECTION));
            assert_eq!(response.headers().get(CONTENT_LENGTH).map(|length| length.to_str().unwrap()), length);
            assert_eq!(response.body().is_end_stream(), !has_body);
        }
    }

    /// A component is told the address that the host sees, whatever a client says of it, and of all else that hosts say.
    #[test]
    fn clients_do_not_speak_for_the_host() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("spin-client-addr", "127.0.0.1:1"),
            ("host", "test"),
            ("Spin-Client-Addr", "127.0.0.1:2"),
            ("spin-full-url", "http://elsewhere/"),
            ("spin-path-match-trip", "t"),
            ("x-spin-client-addr", "mine"),
        ] {
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_static(value));
        }
        vouch(&mut headers, address("10.0.0.7:50000".parse().unwrap()));
        let mut left: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        left.sort_unstable();
        let expected = [("host", "test"), ("spin-client-addr", "10.0.0.7:50000"), ("x-spin-client-addr", "mine")];
        assert_eq!(left, expected);
    }
}
