//! How an instance is asked: with whole requests, when its component exports `farebox:http/exchange`, and otherwise as
//! `wasi:http` has it. What is answered is the same. And how one is told of messages, which is as Spin does it.

use bytes::Bytes;
use futures::channel::oneshot;
use http::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use wasmtime::component::{Accessor, Component, Func, Linker};
use wasmtime::{AsContextMut as _, Store};
use wasmtime_wasi_http::handler::{Prepared, Proxy, ProxyPre};
use wasmtime_wasi_http::{WasiBody, WasiHttpView as _, p2, p3};

use crate::state::Guest;

mod bindings {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: "../../wit/http",
        inline: "
            package farebox:host;
            world exchanges {
                export farebox:http/exchange@0.1.0;
            }
        ",
        world: "farebox:host/exchanges",
        exports: { default: async | store },
    });
}

mod messages {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: "wit/spin-redis@3.0.0",
        inline: "
            package farebox:host;
            world subscribers {
                export spin:redis/inbound-redis@3.0.0;
            }
        ",
        world: "farebox:host/subscribers",
        exports: { default: async | store },
        with: { "spin:redis/redis": crate::capabilities::redis::interface },
    });
}

use self::bindings::exports::farebox::http::exchange;
use self::bindings::{Exchanges, ExchangesPre};
use self::messages::{Subscribers, SubscribersPre};

/// What was answered.
pub(super) enum Answer {
    /// All of it.
    Whole(Response<Bytes>),
    /// Its head; the instance goes on to make the body.
    Begun(Response<WasiBody>),
    /// It was told of a message, and perhaps says why that was not carried out.
    Told(Result<(), String>),
}

/// Where an answer is sent, or why there is none.
pub(super) type Reply = oneshot::Sender<wasmtime::Result<Answer>>;

/// A component that can be asked.
#[derive(Clone)]
pub(super) enum Lane {
    Exchange(ExchangesPre<Guest>),
    Wasi3(p3::bindings::ServicePre<Guest>),
    Wasi2(p2::bindings::ProxyPre<Guest>),
    /// It is told of messages, which are requests that have nothing but a body.
    Messages(SubscribersPre<Guest>),
}

/// Of a request that came over TLS, in its extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Secure;

/// An instance that can be asked.
pub(super) enum Instance {
    Exchange(Exchanges),
    Wasi(Proxy),
    Messages(Subscribers),
}

impl Lane {
    /// The quickest that a component has, or the quickest of `wasi:http`.
    ///
    /// # Errors
    ///
    /// It imports what the host does not have, or does not answer HTTP requests.
    pub(super) fn of(linker: &Linker<Guest>, component: &Component, wasi_http_only: bool) -> wasmtime::Result<Self> {
        let linked = linker.instantiate_pre(component)?;
        if !wasi_http_only && let Ok(lane) = ExchangesPre::new(linked.clone()) {
            return Ok(Self::Exchange(lane));
        }
        match p3::bindings::ServicePre::new(linked.clone()) {
            Ok(lane) => Ok(Self::Wasi3(lane)),
            Err(_) => Ok(Self::Wasi2(p2::bindings::ProxyPre::new(linked)?)),
        }
    }

    /// The one for messages.
    ///
    /// # Errors
    ///
    /// It imports what the host does not have, or takes no messages.
    pub(super) fn of_messages(linker: &Linker<Guest>, component: &Component) -> wasmtime::Result<Self> {
        Ok(Self::Messages(SubscribersPre::new(linker.instantiate_pre(component)?)?))
    }

    /// Whether an instance can be asked again before it has answered. One that is told of messages could be; but whoever asks is told
    /// that an instance failed, and asks again, and of messages each may be there once only: one that fails is to take no other with it.
    pub(super) fn takes_many_at_once(&self) -> bool {
        !matches!(self, Self::Wasi2(_) | Self::Messages(_))
    }

    pub(super) async fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        Ok(match self {
            Self::Exchange(lane) => Instance::Exchange(lane.instantiate_async(store).await?),
            Self::Wasi3(lane) => Instance::Wasi(ProxyPre::P3(lane.clone()).instantiate_async(store).await?),
            Self::Wasi2(lane) => Instance::Wasi(ProxyPre::P2(lane.clone()).instantiate_async(store).await?),
            Self::Messages(lane) => Instance::Messages(lane.instantiate_async(store).await?),
        })
    }
}

impl Instance {
    /// What is called, to know whether it can be.
    pub(super) fn function(&self) -> Func {
        match self {
            Self::Exchange(instance) => *instance.farebox_http_exchange().func_exchange().func(),
            Self::Wasi(Proxy::P3(instance)) => *instance.wasi_http_handler().func_handle().func(),
            Self::Wasi(Proxy::P2(instance)) => *instance.wasi_http_incoming_handler().func_handle().func(),
            Self::Messages(instance) => *instance.spin_redis_inbound_redis().func_handle_message().func(),
        }
    }

    /// Asks, and sends the answer.
    ///
    /// # Errors
    ///
    /// The instance trapped: nobody that it has not answered will be answered.
    pub(super) async fn ask(
        &self,
        accessor: &Accessor<Guest>,
        request: Request<Bytes>,
        reply: Reply,
    ) -> wasmtime::Result<()> {
        match self {
            Self::Exchange(instance) => {
                let request = question(request);
                let response = instance.farebox_http_exchange().call_exchange(accessor, request).await?;
                // Perhaps nobody waits any more.
                _ = reply.send(answer(response).map(Answer::Whole));
            }
            Self::Messages(instance) => {
                let message = request.into_body().to_vec();
                let told = instance.spin_redis_inbound_redis().call_handle_message(accessor, message).await?;
                _ = reply.send(Ok(Answer::Told(told.map_err(|error| error.to_string()))));
            }
            Self::Wasi(proxy) => {
                let (mut head, body) = request.into_parts();
                head.uri = absolute(&head);
                let request = Request::from_parts(head, whole(body));
                let (sender, response) = oneshot::channel();
                let handled = async {
                    let prepared = accessor
                        .with(|mut store| Prepared::new(store.as_context_mut(), proxy, request, Guest::http, sender))?;
                    // How long it may take is for the worker to say.
                    prepared.run(accessor, std::future::pending()).await
                };
                let forwarded = async {
                    if let Ok(response) = response.await {
                        _ = reply.send(response.map(Answer::Begun));
                    }
                };
                let (handled, ()) = futures::join!(handled, forwarded);
                handled?;
            }
        }
        Ok(())
    }
}

fn question(request: Request<Bytes>) -> exchange::Request {
    let (head, body) = request.into_parts();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    exchange::Request {
        method: head.method.as_str().to_owned(),
        path_with_query: head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    }
}

/// # Errors
///
/// What HTTP has no words for.
fn answer(response: exchange::Response) -> wasmtime::Result<Response<Bytes>> {
    let exchange::Response { status, headers, body } = response;
    let length = body.len();
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = StatusCode::from_u16(status)?;
    answer.headers_mut().reserve(headers.len() + 2);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes())?;
        answer.headers_mut().append(name, HeaderValue::from_maybe_shared(Bytes::from(value))?);
    }
    if !matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    Ok(answer)
}

/// The URI with scheme and authority: components are shown both, and a request to an origin server has neither.
fn absolute(head: &Parts) -> Uri {
    let authority = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let scheme = if head.extensions.get::<Secure>().is_some() { "https" } else { "http" };
    let uri = |authority| Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build();
    uri(authority).or_else(|_| uri("localhost")).unwrap_or_else(|_| head.uri.clone())
}

/// A body that is all there.
pub(super) fn whole(body: Bytes) -> WasiBody {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A component is told the whole address that was asked for, and how: with TLS or without, whatever the client says.
    #[test]
    fn addresses() {
        for (uri, host, is_secure, expected) in [
            ("/a?b=c", Some("test:3000"), false, "http://test:3000/a?b=c"),
            ("/a?b=c", Some("test"), true, "https://test/a?b=c"),
            ("https://test/a", Some("test"), false, "http://test/a"),
            ("http://test/a", Some("test"), true, "https://test/a"),
            ("/", None, true, "https://localhost/"),
            ("/", Some("no host"), false, "http://localhost/"),
        ] {
            let mut request = Request::builder().uri(uri);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            let (mut head, ()) = request.body(()).unwrap().into_parts();
            if is_secure {
                head.extensions.insert(Secure);
            }
            assert_eq!(absolute(&head).to_string(), expected, "{uri} {host:?}");
        }
    }
}
