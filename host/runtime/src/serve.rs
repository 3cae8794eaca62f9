//! Serves the application over HTTP/1.1 and HTTP/2, with TLS or without; and messages that are published go to it.

mod access;
mod body;
mod compress;
mod connection;
mod connections;
mod crowd;
mod head;
mod inbox;
mod instances;
mod lane;
mod life;
mod memory;
mod messages;
mod on_time;
mod queue;
mod shed;
mod socket;
mod subscription;
mod takers;
mod timers;
mod underway;
mod untaken;
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
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use wasmtime_wasi_http::WasiBody;

use self::access::Access;
use self::body::RequestBody;
use self::compress::{Codings, compressed};
pub use self::connection::Patience;
use self::connections::{Connections, Open};
pub use self::crowd::Crowd;
use self::instances::Places;
pub use self::instances::{Instances, Reuse};
use self::lane::{Answer, Secure, whole};
pub use self::memory::least_budget;
use self::memory::{Memory, Portions, Taken};
use self::shed::Shed;
use self::socket::{Socket, Watched};
use self::takers::Messages;
pub use self::takers::Subscription;
pub use self::timers::Timers;
use self::underway::Underway;
use self::workers::Workers;
pub use self::workers::processors;
use crate::budget::Budget;
use crate::routes::Routes;
use crate::tls::Tls;
use crate::unanswered::Unanswered;

/// A response that says it is no longer than this is read to its end before it is sent. It then leaves in one packet,
/// and a component that fails half-way is a clean error.
const BUFFERED_RESPONSE: u64 = 256 * 1024;

/// How long connections that are dropped at the end may take to be gone.
const DROPPING: Duration = Duration::from_secs(1);

/// The largest head of a request, in bytes.
const MAX_HEAD: u32 = 64 * 1024;

/// The most requests at once of one connection of HTTP/2: as many as clients begin with that have not been told yet.
const STREAMS: u32 = 100;

/// What a client of HTTP/2 may send of a body before it is asked for more; and of all bodies of its connection.
const WINDOW: u32 = 64 * 1024;
const WINDOW_OF_ALL: u32 = 256 * 1024;

/// What is held of an answer over HTTP/2 between the application and the socket.
const HELD: usize = 16 * 1024;

/// Requests over HTTP/2 that were called off before anybody saw them. One more ends the connection.
const CALLED_OFF: usize = 20;

/// How much a server takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    pub body: usize,
    /// The most memory for the bodies of requests, while they come and while they are worked on, for instances that there are when
    /// requests wait, and for answers over HTTP/2 that clients have yet to take, in bytes.
    pub memory: usize,
    /// How long a request may take: its body to arrive, and then its answer.
    pub request: Duration,
    /// The most requests under way at once. One more is told to come back later.
    pub in_flight: usize,
    /// The most instances at once.
    pub instances: usize,
    /// The most requests under way at once to each probe. They are apart from all others, and so are the instances that answer
    /// them: whatever takes all places of the others, a probe is answered.
    pub probes: usize,
    /// The most connections at once. One more ends another that waits for its client.
    pub connections: Crowd,
    /// How long they may wait for their clients.
    pub patience: Patience,
    /// How long requests under way may take when it stops.
    pub shutdown: Duration,
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
    /// For requests that are there, until their answers are.
    in_flight: Arc<Semaphore>,
    memory: Memory,
    /// By path.
    probes: BTreeMap<String, Probe>,
    /// Requests that were told to come back.
    shed: Shed,
    timers: Timers,
    /// For instances that there are when something waits.
    places: Places,
    messages: Messages,
}

/// A place among the requests under way, and what memory it takes. Both are free again when the answer is in memory, or, when it
/// is not made at once, when it has been sent.
struct Place {
    _permit: OwnedSemaphorePermit,
    _memory: Taken,
}

/// Whoever is at the other end of a connection.
struct Client {
    peer: SocketAddr,
    /// The same, as components are told it.
    address: HeaderValue,
    is_secure: bool,
    watched: Watched,
}

/// What an orchestrator asks an application, to know how it is.
struct Probe {
    component: Workers,
    places: Arc<Semaphore>,
}

impl Server {
    /// An application of these components, by identifier. Every component of `routes` has to be there. `probes` are the paths
    /// that are answered however busy it is. The last one that a component answers makes each of its instances ready, before
    /// requests come to it.
    #[must_use]
    pub fn new(routes: Routes, components: BTreeMap<String, Instances>, limits: Limits, probes: &[String]) -> Self {
        let memory = Budget::new(Portions::of(limits.memory).work);
        let places = Places::new(limits.instances, memory.clone());
        let start = |(id, instances): (String, Instances)| {
            let is_its = |path: &&String| routes.component(path) == Some(&*id);
            let warm_up = probes.iter().rev().find(is_its).map(|path| Arc::from(path.as_str()));
            (id, Workers::start(instances, places.clone(), warm_up))
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
        let shed = Shed::new("requests were told to come back: as many are under way, or as large, as may be");
        let in_flight = Arc::new(Semaphore::new(limits.in_flight));
        Self {
            routes,
            components,
            limits,
            in_flight,
            memory: Memory::new(memory),
            probes,
            shed,
            timers: Timers::default(),
            places,
            messages: Messages::default(),
        }
    }

    /// What renews the instances of all components.
    #[must_use]
    pub fn renewal(&self) -> Renewal {
        Renewal(self.workers().cloned().collect())
    }

    fn workers(&self) -> impl Iterator<Item = &Workers> {
        self.components
            .values()
            .chain(self.probes.values().map(|probe| &probe.component))
            .chain(self.messages.workers())
    }

    /// Serves until `stop` is done, then finishes the requests under way and the messages that have come, for as long as it may.
    pub async fn run(mut self, listener: TcpListener, tls: Option<Tls>, stop: impl Future<Output = ()>) {
        let subscriptions = self.messages.take_subscriptions();
        let server = Arc::new(self);
        let follows = tls.clone().map(|tls| tokio::spawn(tls.follow()));
        let untaken = Portions::of(server.limits.memory).answers;
        let connections = Arc::new(Connections::new(server.limits.connections, server.limits.patience, untaken));
        let relieves = tokio::spawn(Arc::clone(&connections).relieve());
        let timers = server.timers.timers.iter().cloned();
        let timers: Vec<_> =
            timers.map(|(path, every)| tokio::spawn(Arc::clone(&server).on_time(path, every))).collect();
        // Connections, and those who carry out messages, have the other end until they are gone.
        let (stopping, _) = watch::channel(());
        let takes_messages = server.take_messages(subscriptions, &stopping);
        let not_accepted = Shed::new("connections were not accepted at once: there may be too few file descriptors");
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let open = connections.open(peer);
                    let tls = tls.as_ref().map(Tls::acceptor);
                    tokio::spawn(Arc::clone(&server).connection(stream, tls, peer, open, stopping.subscribe()));
                }
                Err(error) => {
                    // It passes when connections end.
                    not_accepted.add_for(Some(&error));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(listener);
        // What a job has begun it ends; it is not asked for any more.
        timers.iter().for_each(JoinHandle::abort);
        if let Some(follows) = follows {
            follows.abort();
        }
        connections.stop();
        _ = stopping.send(());
        let mut finished = std::pin::pin!(stopping.closed());
        if timeout(server.limits.shutdown, &mut finished).await.is_err() {
            let (count, some) = connections.left();
            let patience = server.limits.shutdown.as_secs_f32();
            if count > 0 {
                tracing::warn!(count, "{count} connections are dropped after {patience} s: {}", some.join("; "));
            }
            let waiting = server.messages.waiting();
            if waiting > 0 {
                tracing::warn!(waiting, "{waiting} messages are lost: they were not begun after {patience} s");
            }
            takes_messages.iter().for_each(JoinHandle::abort);
            connections.end();
            _ = timeout(DROPPING, finished).await;
        }
        relieves.abort();
        server.workers().for_each(Workers::stop);
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        peer: SocketAddr,
        open: Open,
        stopping: watch::Receiver<()>,
    ) {
        // Without it a response whose body follows its head in a second write waits for the client's delayed
        // acknowledgement: 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("cannot set TCP_NODELAY: {error}");
        }
        let address = head::address(peer);
        let client = Client { peer, address, is_secure: tls.is_some(), watched: open.watched.clone() };
        let socket = Socket::new(stream, open.watched.clone());
        let Some(tls) = tls else { return self.serve(socket, client, &open, stopping).await };
        // It may take as long as the head of the first request, which comes after it.
        let accepted = tokio::select! {
            accepted = tls.accept(socket) => accepted,
            () = open.has_to_end() => return tell_end(peer, &open),
        };
        match accepted {
            Ok(stream) => self.serve(stream, client, &open, stopping).await,
            Err(error) => tracing::debug!(%peer, "a client could not agree on TLS: {error}"),
        }
    }

    async fn serve<S>(self: Arc<Self>, stream: S, client: Client, open: &Open, mut stopping: watch::Receiver<()>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (peer, client) = (client.peer, Arc::new(client));
        let answer = service_fn(move |request| {
            let (server, client) = (Arc::clone(&self), Arc::clone(&client));
            async move { Ok::<_, Infallible>(server.answer(request, &client).await) }
        });
        let protocols = protocols();
        let mut connection = std::pin::pin!(protocols.serve_connection(TokioIo::new(stream), answer));
        let served = async {
            tokio::select! {
                ended = connection.as_mut() => return ended,
                _ = stopping.changed() => {}
            }
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        };
        let ended = tokio::select! {
            ended = served => ended,
            () = open.has_to_end() => {
                tell_end(peer, open);
                // The client is told as well.
                let farewell = open.watched.lock().farewell();
                connection.as_mut().graceful_shutdown();
                timeout(farewell, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, "a connection ended badly: {error}");
        }
    }

    async fn answer(&self, request: Request<Incoming>, client: &Client) -> Response<WasiBody> {
        let has_streams = request.version() == Version::HTTP_2;
        let has_body = request.method() != Method::HEAD;
        let mut underway = Underway::begin(&client.watched, has_streams);
        let access = Access::begin(&request, client.peer);
        let traceparent = request.headers().get("traceparent").cloned();
        let (mut head, mut body) = RequestBody::split(request);
        head::name_host(&mut head);
        head::vouch(&mut head.headers, client.address.clone());
        if client.is_secure {
            head.extensions.insert(Secure);
        }
        let answered = self.dispatch(head, &mut body, &mut underway).await;
        body.discard();
        let mut response = answered.unwrap_or_else(|why| {
            if why == Unanswered::Overloaded {
                self.shed.add();
            }
            refuse(why, traceparent.as_ref())
        });
        if let Some(access) = access {
            access.end(&response);
        }
        if has_streams {
            response = head::over_streams(response, has_body);
        }
        underway.answers(response)
    }

    async fn dispatch(
        &self,
        mut head: Parts,
        body: &mut RequestBody,
        underway: &mut Underway,
    ) -> Result<Response<WasiBody>, Unanswered> {
        head::check(&head)?;
        let probe = self.probes.get(head.uri.path());
        let (component, places) = match probe {
            Some(probe) => (&probe.component, &probe.places),
            None => (self.component(head.uri.path())?, &self.in_flight),
        };
        let mut memory = self.memory.none();
        let body = match probe {
            // It needs none, and whoever sends one slowly does not take its place from others.
            Some(_) => {
                head.headers.remove(CONTENT_LENGTH);
                Bytes::new()
            }
            // Waits for the whole body, so that a slow client holds up no instance, and has no place before it is there.
            None => body.read(self.limits.body, self.limits.request, &mut memory).await?,
        };
        memory.works(body.len())?;
        let permit = Arc::clone(places).try_acquire_owned().map_err(|_| Unanswered::Overloaded)?;
        underway.works();
        let request = Request::from_parts(head, body);
        self.ask(component, request, Place { _permit: permit, _memory: memory }).await
    }

    fn component(&self, path: &str) -> Result<&Workers, Unanswered> {
        self.routes.component(path).and_then(|id| self.components.get(id)).ok_or(Unanswered::NoRoute)
    }

    async fn ask(
        &self,
        component: &Workers,
        request: Request<Bytes>,
        place: Place,
    ) -> Result<Response<WasiBody>, Unanswered> {
        let start = Instant::now();
        let codings = Codings::of(request.headers());
        let answered = async {
            match component.ask(request).await? {
                Answer::Whole(response) => Ok(compressed(response, &codings).await.map(whole)),
                Answer::Begun(response) => prepare(response, place, &codings).await,
                // No instance that answers requests does.
                Answer::Told(_) => Err(Unanswered::Internal),
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

fn tell_end(peer: SocketAddr, open: &Open) {
    tracing::debug!(%peer, "a connection was ended: it {}", open.watched.lock());
}

/// HTTP/1.1 and HTTP/2: a client's first bytes say which it speaks.
pub(crate) fn protocols() -> auto::Builder<TokioExecutor> {
    let mut protocols = auto::Builder::new(TokioExecutor::new());
    let head = usize::try_from(MAX_HEAD).unwrap_or(usize::MAX);
    // How long a head may take is watched here: hyper would have idle connections be as quick.
    // A little more, so that a path that is too long is told as that, and not as too large a head.
    protocols.http1().header_read_timeout(None).max_buf_size(head + 8 * 1024);
    protocols
        .http2()
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(MAX_HEAD)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW_OF_ALL)
        .max_send_buf_size(HELD)
        .max_pending_accept_reset_streams(CALLED_OFF);
    protocols
}

/// How many connections may wait to be accepted, or as many as the system allows. One more asks again after a second.
const BACKLOG: u32 = 4096;

/// Listens on an address.
///
/// # Errors
///
/// The address is in use, or not one of this machine.
pub fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restart does not wait for connections of the last run to be forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().with_context(|| {
        format!("cannot listen on {address}; choose another address with --listen, port 0 for any that is free")
    })
}

/// The host's own answer, under the caller's trace or a new one. What the host is to blame for is logged under it too.
pub(crate) fn refuse(why: Unanswered, traceparent: Option<&HeaderValue>) -> Response<WasiBody> {
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

/// Makes a response ready to send. Its place among the requests under way is free again when its body has been sent.
async fn prepare(
    response: Response<WasiBody>,
    place: Place,
    codings: &Codings,
) -> Result<Response<WasiBody>, Unanswered> {
    let (head, body) = response.into_parts();
    let length = match head.status {
        StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => Some(0),
        _ => head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok()),
    };
    if length.is_some_and(|length| length <= BUFFERED_RESPONSE) {
        let body = body.collect().await.map_err(|error| {
            tracing::error!("a component did not finish its response: {error:?}");
            Unanswered::Internal
        })?;
        return Ok(compressed(Response::from_parts(head, body.to_bytes()), codings).await.map(whole));
    }
    let body = body.map_frame(move |frame| {
        _ = &place;
        frame
    });
    Ok(Response::from_parts(head, body.boxed_unsync()))
}

#[cfg(test)]
pub(crate) mod tests;
