//! Serves the application over HTTP/1.1.

mod body;
mod instances;
mod lane;
mod life;
mod queue;
mod warm_up;
mod worker;
mod workers;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use farebox_web::trace::Trace;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use wasmtime_wasi_http::WasiBody;

use self::body::RequestBody;
pub use self::instances::{Instances, Reuse};
use self::lane::{Answer, whole};
use self::workers::Workers;
pub use self::workers::processors;
use crate::logs::ACCESS;
use crate::routes::Routes;
use crate::unanswered::Unanswered;

/// A response that says it is no longer than this is read to its end before it is sent. It then leaves in one packet,
/// and a component that fails half-way is a clean error.
const BUFFERED_RESPONSE: u64 = 64 * 1024;

/// How long a connection may be silent between requests, or within the head of one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// What is asked to know whether an application is ready, and so makes it ready.
const READINESS: &str = "/readyz";

/// The header that tells a component the peer's address, as Spin does.
const PEER: HeaderName = HeaderName::from_static("spin-client-addr");

/// How much a server takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    pub body: usize,
    /// How long a request may take: its body to arrive, and then its answer.
    pub request: Duration,
    /// The most requests under way at once. One more is told to come back later.
    pub in_flight: usize,
    /// The most instances at once.
    pub instances: usize,
    /// The most requests under way at once to each probe. They are apart from all others, and so are the instances that answer
    /// them: whatever takes all places of the others, a probe is answered.
    pub probes: usize,
    /// The most connections at once. One more waits to be accepted.
    pub connections: usize,
}

/// Has every component start anew: requests from now on are answered by new instances, those under way to their end by the
/// ones they are in. A guest cannot be told anything, but a new one knows nothing that is old.
#[derive(Clone)]
pub struct Renewal(Vec<Workers>);

impl Renewal {
    /// Does it.
    pub fn renew(&self) {
        self.0.iter().for_each(Workers::renew);
    }
}

/// An application that answers requests.
pub struct Server {
    routes: Routes,
    components: BTreeMap<String, Workers>,
    limits: Limits,
    in_flight: Arc<Semaphore>,
    /// By path.
    probes: BTreeMap<String, Probe>,
}

/// What an orchestrator asks an application, to know how it is.
struct Probe {
    component: Workers,
    places: Arc<Semaphore>,
}

impl Server {
    /// An application of these components, by identifier. Every component of `routes` has to be there. `probes` are the paths
    /// that are answered however busy it is.
    #[must_use]
    pub fn new(routes: Routes, components: BTreeMap<String, Instances>, limits: Limits, probes: &[String]) -> Self {
        let places = Arc::new(Semaphore::new(limits.instances));
        let start = |(id, instances): (String, Instances)| {
            let warm_up = (routes.component(READINESS) == Some(&*id)).then_some(READINESS);
            (id, Workers::start(instances, Arc::clone(&places), warm_up))
        };
        let components: BTreeMap<String, Workers> = components.into_iter().map(start).collect();
        let mut apart = BTreeMap::new();
        let mut probe = |path: &String| {
            let id = routes.component(path)?;
            let of_requests = components.get(id)?;
            let component = apart.entry(id.to_owned()).or_insert_with(|| of_requests.apart()).clone();
            Some((path.clone(), Probe { component, places: Arc::new(Semaphore::new(limits.probes)) }))
        };
        let probes = probes.iter().filter_map(&mut probe).collect();
        Self { routes, components, limits, in_flight: Arc::new(Semaphore::new(limits.in_flight)), probes }
    }

    /// What renews the instances of all components.
    #[must_use]
    pub fn renewal(&self) -> Renewal {
        Renewal(self.workers().cloned().collect())
    }

    fn workers(&self) -> impl Iterator<Item = &Workers> {
        self.components.values().chain(self.probes.values().map(|probe| &probe.component))
    }

    /// Serves until `stop` is done, then finishes the requests under way.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let server = Arc::new(self);
        let connections = Arc::new(Semaphore::new(server.limits.connections));
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = async {
                let permit = Arc::clone(&connections).acquire_owned().await;
                (permit, listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                () = &mut stop => break,
                accepted = accepted => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = Arc::clone(&server).connection(stream, peer, &graceful);
                    tokio::spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: it passes when connections end.
                    tracing::error!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(listener);
        graceful.shutdown().await;
        server.workers().for_each(Workers::stop);
    }

    fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        graceful: &GracefulShutdown,
    ) -> impl Future<Output = ()> + use<> {
        // Without it a response whose body follows its head in a second write waits for the client's delayed
        // acknowledgement: 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("cannot set TCP_NODELAY: {error}");
        }
        // Digits, dots and colons.
        let address = HeaderValue::try_from(peer.to_string()).unwrap_or(HeaderValue::from_static("unknown"));
        let answer = service_fn(move |request| {
            let (server, address) = (Arc::clone(&self), address.clone());
            async move { Ok::<_, Infallible>(server.answer(request, address).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), answer);
        let connection = graceful.watch(connection);
        async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, "a connection ended badly: {error}");
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>, peer: HeaderValue) -> Response<WasiBody> {
        let start = Instant::now();
        let logged = tracing::enabled!(target: ACCESS, tracing::Level::DEBUG)
            .then(|| (request.method().clone(), request.uri().path().to_owned()));
        let traceparent = request.headers().get("traceparent").cloned();

        let (mut head, mut body) = RequestBody::split(request);
        vouch(&mut head.headers, peer);
        let answered = self.dispatch(head, &mut body).await;
        body.discard();
        let response = answered.unwrap_or_else(|why| refuse(why, traceparent.as_ref()));
        if let Some((method, path)) = logged {
            let status = response.status().as_u16();
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            tracing::debug!(target: ACCESS, %method, path, status, micros);
        }
        response
    }

    async fn dispatch(&self, mut head: Parts, body: &mut RequestBody) -> Result<Response<WasiBody>, Unanswered> {
        let probe = self.probes.get(head.uri.path());
        let (component, places) = match probe {
            Some(probe) => (&probe.component, &probe.places),
            None => (self.component(head.uri.path())?, &self.in_flight),
        };
        let permit = Arc::clone(places).try_acquire_owned().map_err(|_| Unanswered::Overloaded)?;
        let body = match probe {
            // It needs none, and whoever sends one slowly does not take its place from others.
            Some(_) => {
                head.headers.remove(CONTENT_LENGTH);
                Bytes::new()
            }
            // Waits for the whole body, so that a slow client holds up no instance.
            None => body.read(self.limits.body, self.limits.request).await?,
        };
        let request = Request::from_parts(head, body);
        self.ask(component, request, permit).await
    }

    fn component(&self, path: &str) -> Result<&Workers, Unanswered> {
        self.routes.component(path).and_then(|id| self.components.get(id)).ok_or(Unanswered::NoRoute)
    }

    async fn ask(
        &self,
        component: &Workers,
        request: Request<Bytes>,
        permit: OwnedSemaphorePermit,
    ) -> Result<Response<WasiBody>, Unanswered> {
        let start = Instant::now();
        let answered = async {
            match component.ask(request).await? {
                Answer::Whole(response) => Ok(response.map(whole)),
                Answer::Begun(response) => prepare(response, permit).await,
            }
        };
        match timeout(self.limits.request, answered).await {
            // An instance that is stuck is killed at the same moment, which may be noticed first.
            Ok(Err(Unanswered::Internal)) if start.elapsed() >= self.limits.request => Err(Unanswered::TimedOut),
            Ok(answered) => answered,
            Err(_) => Err(Unanswered::TimedOut),
        }
    }
}

/// Listens on an address.
///
/// # Errors
///
/// The address is in use, or not one of this machine.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with --listen, port 0 for any that is free")
    })
}

/// The host's own answer, under the caller's trace or a new one. What the host is to blame for is logged under it too.
fn refuse(why: Unanswered, traceparent: Option<&HeaderValue>) -> Response<WasiBody> {
    // Should the system have no random numbers, the trace is not unique; the answer matters more.
    let mut random = [1; 24];
    _ = getrandom::fill(&mut random);
    let trace = Trace::continue_or_new(traceparent.and_then(|header| header.to_str().ok()), random);
    let kind = why.kind();
    match why {
        Unanswered::Internal | Unanswered::TimedOut => {
            tracing::error!(trace_id = trace.id(), "answered {} {} in a component's place", kind.status, kind.code);
        }
        _ => tracing::debug!(trace_id = trace.id(), "answered {} {}", kind.status, kind.code),
    }
    why.response(&trace)
}

/// Tells a component the peer's address, and nothing that a client says in the host's name: all headers that Spin adds begin
/// alike.
fn vouch(headers: &mut HeaderMap, peer: HeaderValue) {
    let forged: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("spin-")).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    headers.insert(PEER, peer);
}

/// Makes a response ready to send. Its place among the requests under way is free again when its body has been sent.
async fn prepare(response: Response<WasiBody>, permit: OwnedSemaphorePermit) -> Result<Response<WasiBody>, Unanswered> {
    let (head, body) = response.into_parts();
    let length = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length <= BUFFERED_RESPONSE) {
        let body = body.collect().await.map_err(|error| {
            tracing::error!("a component did not finish its response: {error:?}");
            Unanswered::Internal
        })?;
        return Ok(Response::from_parts(head, whole(body.to_bytes())));
    }
    let body = body.map_frame(move |frame| {
        _ = &permit;
        frame
    });
    Ok(Response::from_parts(head, body.boxed_unsync()))
}

#[cfg(test)]
mod tests;
