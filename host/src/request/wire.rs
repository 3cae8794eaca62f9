//! A request, as it is sent.

use anyhow::{Context as _, ensure};
use std::fmt;
use ureq::http::uri::PathAndQuery;
use ureq::http::{HeaderName, HeaderValue, Method, Uri, header};

/// A request, whole, to the byte.
#[derive(Debug)]
pub struct Wire {
    /// The method.
    pub method: Method,
    /// Where to.
    pub uri: Uri,
    /// All headers but those that say how the body is sent.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Wire {
    /// A request that is not signed.
    ///
    /// # Errors
    ///
    /// What `path` says cannot be sent as it is.
    pub fn new(
        method: Method,
        server: &Uri,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Vec<u8>,
    ) -> anyhow::Result<Self> {
        ensure!(path.starts_with('/'), "{path:?} is not a path; one begins with /, for example /v1/cities");
        let is_sent = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        ensure!(
            path.bytes().all(is_sent),
            "{path:?} cannot be sent as it is; percent-encode what is not visible ASCII, and #: %20 for a blank"
        );
        let parsed: PathAndQuery = path.parse().with_context(|| format!("{path:?} is not a path"))?;
        // What is signed is what is sent.
        ensure!(parsed.as_str() == path, "{path:?} would be sent as {:?}; write it like that", parsed.as_str());
        let mut parts = server.clone().into_parts();
        parts.path_and_query = Some(parsed);
        let uri = Uri::from_parts(parts).with_context(|| format!("{server} is not a server"))?;
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        let mut all = vec![
            (header::HOST, HeaderValue::from_str(authority)?),
            (header::USER_AGENT, HeaderValue::from_static(concat!("farebox/", env!("CARGO_PKG_VERSION")))),
            (header::ACCEPT, HeaderValue::from_static("*/*")),
        ];
        if !body.is_empty() {
            all.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        all.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        all.extend_from_slice(headers);
        Ok(Self { method, uri, headers: all, body })
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        self.uri.path_and_query().map(|path| path.as_str()).unwrap_or_default()
    }
}

/// As HTTP/1.1 writes it, but for the ends of lines.
impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} HTTP/1.1", self.method, self.path())?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        if self.body.is_empty() {
            return writeln!(f);
        }
        writeln!(f, "content-length: {}\n", self.body.len())?;
        f.write_str(&String::from_utf8_lossy(&self.body))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn wire(path: &str, headers: &[(HeaderName, HeaderValue)], body: &str) -> anyhow::Result<Wire> {
        Wire::new(Method::POST, &Uri::from_static("http://fares.example:3000"), path, headers, body.into())
    }

    /// A path is sent to the byte as it was written, or not at all.
    #[test]
    fn paths() {
        for path in ["/", "/v1/cities", "/a?", "/a?b=c&d=%E4%BA%AC", "/a//b/../c", "/a?b=/?c", "/a%2Fb"] {
            assert_eq!(wire(path, &[], "").unwrap().path(), path);
        }
        for path in ["", "v1/cities", "/a b", "/a#b", "/京", "/a\r\nhost: b", "http://other.example/"] {
            assert!(wire(path, &[], "").is_err(), "{path}");
        }
    }

    /// What is given takes the place of what would be sent.
    #[test]
    fn headers() {
        let host = (header::HOST, HeaderValue::from_static("other.example"));
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        let text = wire("/a?b", &[host, kind], "{}").unwrap().to_string();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            text,
            format!(
                "POST /a?b HTTP/1.1\nuser-agent: farebox/{version}\naccept: */*\nhost: other.example\ncontent-type: text/plain\n\
                 content-length: 2\n\n{{}}"
            )
        );
        let text = wire("/a", &[], "").unwrap().to_string();
        assert_eq!(
            text,
            format!("POST /a HTTP/1.1\nhost: fares.example:3000\nuser-agent: farebox/{version}\naccept: */*\n\n")
        );
    }
}
