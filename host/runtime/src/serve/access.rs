//! The access log: one line for each request.

use std::net::SocketAddr;
use std::time::Instant;

use http::{Method, Request, Response, Uri};
use hyper::body::{Body as _, Incoming};
use wasmtime_wasi_http::WasiBody;

use crate::logs::ACCESS;

/// A request that is logged when it has its answer.
pub(super) struct Access {
    begun: Instant,
    peer: SocketAddr,
    method: Method,
    uri: Uri,
}

impl Access {
    /// None when requests are not logged.
    pub(super) fn begin(request: &Request<Incoming>, peer: SocketAddr) -> Option<Self> {
        tracing::enabled!(target: ACCESS, tracing::Level::DEBUG).then(|| Self {
            begun: Instant::now(),
            peer,
            method: request.method().clone(),
            uri: request.uri().clone(),
        })
    }

    /// Logs it. `bytes` is the length of the answer's body, where it is known before it is sent.
    pub(super) fn end(self, response: &Response<WasiBody>) {
        let Self { begun, peer, method, uri } = self;
        let (path, query) = (uri.path(), uri.query().map(shown).unwrap_or_default());
        let status = response.status().as_u16();
        let bytes = response.body().size_hint().exact();
        let trace_id = response.headers().get("traceparent").and_then(|header| header.to_str().ok()?.split('-').nth(1));
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(target: ACCESS, %peer, %method, path, query, status, bytes, micros, trace_id);
    }
}

/// What the names of parameters have in them whose values nobody is to read in a log.
const SECRET: [&str; 7] = ["token", "key", "secret", "signature", "password", "auth", "code"];

/// A query, without its secrets.
fn shown(query: &str) -> String {
    let shown = |parameter: &str| match parameter.split_once('=') {
        Some((name, _)) if SECRET.iter().any(|secret| name.to_ascii_lowercase().contains(secret)) => {
            format!("{name}=***")
        }
        _ => parameter.to_owned(),
    };
    query.split('&').map(shown).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever reads the log learns what was asked, and can do nothing with it.
    #[test]
    fn queries() {
        for (query, expected) in [
            ("", ""),
            ("city=110000&scene=receipt", "city=110000&scene=receipt"),
            ("access_token=abc&city=1", "access_token=***&city=1"),
            ("Api-Key=abc", "Api-Key=***"),
            ("signature=a=b", "signature=***"),
            ("flag&x=", "flag&x="),
        ] {
            assert_eq!(shown(query), expected);
        }
    }
}
