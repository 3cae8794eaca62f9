//! The life of one instance: it takes requests from the queue, several at once, until it is worn out, stuck or not needed.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::channel::oneshot;
use futures::stream::{FuturesUnordered, Stream as _};
use http::Method;
use tokio::time::{Sleep, sleep, sleep_until, timeout};
use wasmtime::component::Accessor;

use super::head;
use super::instances::Made;
use super::lane::Instance;
use super::life::{Life, Verdict};
use super::queue::{Job, Queue};
use crate::state::Guest;

/// How long one that is started ahead of time may take to get ready.
const WARMING: Duration = Duration::from_secs(1);

/// How long a failed instance has to have lived to be replaced at once. One that cannot even get ready would fail again and again,
/// and leave no time for anything else.
const LIVED: Duration = Duration::from_millis(100);

/// What there always is to be another one after.
pub(super) struct Standing {
    /// What makes it ready before it takes requests, if anything does.
    pub(super) warm_up: Option<Arc<str>>,
    /// Starts the one that comes after it.
    pub(super) next: Next,
}

/// Starts an instance, and is told whether the one before it got ready.
type Next = Box<dyn FnOnce(bool) + Send>;

/// Has an instance answer requests to its end. One that is not `standing` ends when it has had nothing to do for long.
pub(super) async fn live(queue: &Queue, made: Made, standing: Option<Standing>) {
    let Made { mut store, instance, reuse, component, _place } = made;
    let made = Instant::now();
    let life = Mutex::new(Life::new(reuse, made));
    let (warm_path, next) = standing.map_or((None, None), |standing| (standing.warm_up, Some(standing.next)));
    let worker = Worker {
        queue,
        life: &life,
        renewals: queue.renewals(),
        next: Mutex::new(next),
        is_ready: AtomicBool::new(false),
        // Of what it is asked at once it computes one at a time, so that others take the rest.
        has_computed: AtomicBool::new(true),
    };
    let instance = &instance;
    let function = async |accessor: &Accessor<Guest>| {
        if let Some(path) = warm_path {
            let began = Instant::now();
            worker.life().gets_ready(began);
            warm_up(accessor, instance, &path).await?;
            worker.life().ended(began, false, Instant::now());
        }
        worker.is_ready.store(true, Ordering::Relaxed);
        worker.work(accessor, instance).await
    };
    let ended = {
        let mut run = pin!(store.run_concurrent(function));
        let mut alarm = pin!(sleep_until(tokio::time::Instant::now()));
        poll_fn(|cx| {
            let mut poll = run.as_mut().poll(cx);
            if poll.is_pending() && !worker.has_computed.swap(true, Ordering::Relaxed) {
                poll = run.as_mut().poll(cx);
            }
            // From outside, so that a guest in an endless loop cannot put it off.
            match poll {
                Poll::Ready(ended) => Poll::Ready(ended.flatten()),
                Poll::Pending => worker.look(alarm.as_mut(), cx),
            }
        })
        .await
    };
    if let Err(error) = ended
        && !queue.is_stopping()
    {
        tracing::error!(component = &*component, "an instance failed: {error:?}");
        sleep(LIVED.saturating_sub(made.elapsed())).await;
    }
    // Before it is cleared away, which takes a while.
    worker.be_succeeded();
}

/// Has an instance do once what its first request would otherwise wait for.
///
/// # Errors
///
/// It failed, or took too long: what it has begun and not ended would keep its requests waiting.
async fn warm_up(accessor: &Accessor<Guest>, instance: &Instance, path: &str) -> wasmtime::Result<()> {
    let Ok(request) = head::by_itself(Method::GET, path).body(Bytes::new()) else { return Ok(()) };
    let (reply, answer) = oneshot::channel();
    let asked = timeout(WARMING, futures::future::join(instance.ask(accessor, request, reply), answer)).await;
    let (asked, _) = asked.map_err(|_| wasmtime::format_err!("it was not ready after {WARMING:?}"))?;
    asked
}

struct Worker<'a> {
    queue: &'a Queue,
    life: &'a Mutex<Life>,
    /// How often instances had been renewed when this one was made.
    renewals: u64,
    /// Starts the one that comes after it, if there is to be one and there is none yet.
    next: Mutex<Option<Next>>,
    /// Whether it takes requests.
    is_ready: AtomicBool,
    has_computed: AtomicBool,
}

impl Worker<'_> {
    /// Takes requests as long as it may, and finishes what they began.
    async fn work(&self, accessor: &Accessor<Guest>, instance: &Instance) -> wasmtime::Result<()> {
        let function = instance.function();
        let mut requests = pin!(FuturesUnordered::new());
        let mut pushed = pin!(self.queue.pushed().notified());
        let mut is_listening = false;
        poll_fn(|cx| {
            loop {
                match requests.as_mut().poll_next(cx) {
                    Poll::Ready(Some(Ok(began))) => {
                        let is_grown = accessor.with(|mut store| store.get().is_grown());
                        self.life().ended(began, is_grown, Instant::now());
                        continue;
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                    Poll::Ready(None) | Poll::Pending => {}
                }
                let (goes_on, has_room, is_succeeded) = {
                    let life = self.life();
                    (life.goes_on(), life.has_room(), life.is_succeeded())
                };
                let goes_on = goes_on && !self.queue.is_stopping() && self.renewals == self.queue.renewals();
                if is_succeeded || !goes_on {
                    self.be_succeeded();
                }
                let takes = goes_on
                    && has_room
                    && (requests.is_empty() || self.has_computed.load(Ordering::Relaxed))
                    && accessor.poll_ready_for_concurrent_call(function, cx).is_ready();
                if takes {
                    pushed.as_mut().enable();
                    is_listening = true;
                    if let Some(Job { request, reply, .. }) = self.queue.pop() {
                        let began = Instant::now();
                        self.life().began(began);
                        self.has_computed.store(false, Ordering::Relaxed);
                        requests.push(async move {
                            instance.ask(accessor, request, reply).await?;
                            wasmtime::error::Ok(began)
                        });
                        continue;
                    }
                    if pushed.as_mut().poll(cx).is_ready() {
                        pushed.set(self.queue.pushed().notified());
                        continue;
                    }
                } else if is_listening && goes_on {
                    // Whoever has room is to hear of the next request instead.
                    pushed.set(self.queue.pushed().notified());
                    is_listening = false;
                }
                if !requests.is_empty() || accessor.poll_no_interesting_tasks(cx).is_pending() {
                    return Poll::Pending;
                }
                self.life().is_done();
                if goes_on {
                    return Poll::Pending;
                }
                return Poll::Ready(Ok(()));
            }
        })
        .await
    }

    /// Ends it when its time is over.
    fn look(&self, mut alarm: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<wasmtime::Result<()>> {
        while alarm.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let mut life = self.life();
            let until = match life.verdict(now) {
                Verdict::Wait(until) => until,
                Verdict::Condemned => {
                    drop(life);
                    self.be_succeeded();
                    continue;
                }
                Verdict::Stuck => return Poll::Ready(Err(wasmtime::format_err!("guest timed out"))),
                // One of those that there always are stays.
                Verdict::Idle if self.next().is_some() => now + life.soonest(),
                Verdict::Idle => return Poll::Ready(Ok(())),
            };
            // Nothing that begins from now on has to be looked at sooner, so that no request resets the alarm.
            alarm.as_mut().reset(until.min(now + life.soonest()).into());
        }
        Poll::Pending
    }

    fn be_succeeded(&self) {
        let next = self.next().take();
        if let Some(next) = next.filter(|_| !self.queue.is_stopping()) {
            next(self.is_ready.load(Ordering::Relaxed));
        }
    }

    fn next(&self) -> MutexGuard<'_, Option<Next>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
