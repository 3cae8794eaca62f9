//! Outgoing HTTP and sockets: denied to everybody. No part of Farebox calls out, and no grant makes this host do it.

use std::sync::Arc;

use wasmtime_wasi_http::{Error as HttpError, RequestOptions, WasiBody, WasiHttpHooks};

/// Whether a dependency needs no denial of its own to be kept from what it imports here: the host's implementation
/// refuses every call, whoever makes it. A context of WASI allows no socket unless it is told to.
#[must_use]
pub fn is_denied_to_everybody(import: &str) -> bool {
    ["wasi:http/", "wasi:sockets/"].iter().any(|package| import.starts_with(package))
}

/// Refuses the requests of one component's instances.
pub struct Outgoing {
    pub component: Arc<str>,
}

type Sending = dyn Future<Output = Result<(http::Response<WasiBody>, Box<Receiving>), HttpError>> + Send;
type Receiving = dyn Future<Output = Result<(), HttpError>> + Send;

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<Receiving>,
    ) -> Box<Sending> {
        tracing::warn!(
            component = &*self.component,
            host = request.uri().host(),
            "an outgoing HTTP request was denied: the local host makes none"
        );
        Box::new(std::future::ready(Err(HttpError::HttpRequestDenied)))
    }
}
