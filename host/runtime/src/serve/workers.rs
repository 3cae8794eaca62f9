//! Who answers the requests for one component: a queue, and instances that take from it.
//!
//! There are always as many instances as processors, and the next one is ready before one has taken all that it takes: no
//! request waits for an instance to start. When requests wait all the same, because those that there are wait for something
//! or compute without end, there are more for as long as that lasts.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::oneshot;
use http::Request;
use tokio::time::sleep;

use super::instances::{Instances, NoPlace, Places};
use super::lane::Answer;
use super::queue::{Job, Queue};
use super::worker;
use crate::budget::Exhausted;
use crate::unanswered::Unanswered;

/// How long a request waits before there is another instance for it. Those that are new at once are as many as there are
/// processors: a new one reads its configuration first, which takes a hundred times as long as a request, and if a burst
/// started one for each of its requests, they would all be late together.
const WAITING: Duration = Duration::from_millis(50);

/// How long it is before an instance that could not be made is tried again.
const AGAIN: Duration = Duration::from_millis(100);

/// The workers of a component.
#[derive(Clone)]
pub(super) struct Workers(Arc<Shared>);

struct Shared {
    instances: Instances,
    queue: Arc<Queue>,
    /// For those that there always are.
    standing: Places,
    /// For those that there are when requests wait.
    extra: Places,
    /// What makes a new instance ready, if anything does.
    warm_up: Option<Arc<str>>,
    /// Whether it is being looked after that nothing waits for long.
    is_watched: AtomicBool,
}

impl Workers {
    /// Starts as many as there are processors. More may be started in the places there are for those that are extra.
    pub(super) fn start(instances: Instances, extra: Places, warm_up: Option<Arc<str>>) -> Self {
        Self::begin(instances, extra, warm_up, processors())
    }

    /// Workers of the same component that share nothing with these: none of them waits for what becomes of these. There is one,
    /// and others when it is not enough.
    pub(super) fn apart(&self) -> Self {
        Self::begin(self.0.instances.clone(), Places::unlimited(), None, 1)
    }

    fn begin(instances: Instances, extra: Places, warm_up: Option<Arc<str>>, count: usize) -> Self {
        let shared = Arc::new(Shared {
            instances,
            queue: Arc::default(),
            standing: Places::unlimited(),
            extra,
            warm_up,
            is_watched: AtomicBool::new(false),
        });
        for _ in 0..count {
            shared.start_standing(true);
        }
        Self(shared)
    }

    /// Has a request answered by the next instance that has room.
    ///
    /// # Errors
    ///
    /// `Overloaded` when it waits, and there are as many instances as there may be; `Internal` when its instance failed.
    pub(super) async fn ask(&self, request: Request<Bytes>) -> Result<Answer, Unanswered> {
        let (reply, answer) = oneshot::channel();
        self.0.queue.push(Job::new(request, reply));
        if !self.0.is_watched.swap(true, Ordering::Relaxed) {
            tokio::spawn(Arc::clone(&self.0).watch());
        }
        match answer.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(unanswered(&error)),
            // Its instance is gone, or it was turned away.
            Err(_) => Err(Unanswered::Internal),
        }
    }

    /// Has all that there are be replaced.
    pub(super) fn renew(&self) {
        self.0.queue.renew();
    }

    /// Says that there will be no more requests, so that an instance that ends from now on is no failure.
    pub(super) fn stop(&self) {
        self.0.queue.stop();
    }
}

impl Shared {
    /// Starts one that is replaced when it ends, and waits for no request before it gets ready. Where the one before it failed
    /// in that, nothing is made ready before there is a request for it: it would fail again and again, for nobody.
    fn start_standing(self: &Arc<Self>, gets_ready: bool) {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            while !shared.queue.is_stopping() {
                match shared.instances.make(&shared.standing).await {
                    Ok(made) => {
                        let next = Arc::clone(&shared);
                        let warm_up = shared.warm_up.clone().filter(|_| gets_ready);
                        let next = Box::new(move |was_ready| next.start_standing(was_ready));
                        let standing = worker::Standing { warm_up, next };
                        return worker::live(&shared.queue, made, Some(standing)).await;
                    }
                    Err(error) => shared.cannot_be_made(&error),
                }
                sleep(AGAIN).await;
            }
        });
    }

    /// Starts one for requests that wait. It is gone when it has had nothing to do for long.
    fn start_extra(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            match shared.instances.make(&shared.extra).await {
                Ok(made) => worker::live(&shared.queue, made, None).await,
                Err(error) => shared.cannot_be_made(&error),
            }
        });
    }

    /// Turns away what waits, if there will be no instance for it soon.
    fn cannot_be_made(&self, error: &wasmtime::Error) {
        let why = match hope(error) {
            Hope::Wait => return tracing::debug!("no other instance is started: {error}"),
            Hope::None(why) => why,
        };
        if why == Unanswered::Internal {
            tracing::error!(component = self.instances.component(), "an instance cannot be made: {error:?}");
        }
        for job in self.queue.late(WAITING) {
            _ = job.reply.send(Err(TurnedAway(why).into()));
        }
    }

    /// Starts instances for what waits for too long, until nothing waits.
    async fn watch(self: Arc<Self>) {
        loop {
            sleep(WAITING).await;
            let late = self.queue.count_late(WAITING);
            for _ in 0..late.div_ceil(self.instances.reuse().at_once.max(1)).min(processors()) {
                self.start_extra();
            }
            if self.queue.is_empty() {
                self.is_watched.store(false, Ordering::Relaxed);
                // Something may have come in between, and have seen that it was watched.
                if self.queue.is_empty() || self.is_watched.swap(true, Ordering::Relaxed) {
                    return;
                }
            }
        }
    }
}

/// What those may hope for who wait for an instance that cannot be made.
#[derive(Debug, PartialEq, Eq)]
enum Hope {
    /// Those that there are take what waits.
    Wait,
    /// None.
    None(Unanswered),
}

/// Memory is given back with every answer, and a machine that has none to spare is busy, not broken: its instances get to
/// whatever waits. Where there is no place, as many instances as there may be are at work on something that does not end.
fn hope(error: &wasmtime::Error) -> Hope {
    if error.is::<Exhausted>() {
        Hope::Wait
    } else if error.is::<NoPlace>() || error.is::<wasmtime::PoolConcurrencyLimitError>() {
        Hope::None(Unanswered::Overloaded)
    } else {
        Hope::None(Unanswered::Internal)
    }
}

/// A request that no instance was found for.
#[derive(Debug)]
struct TurnedAway(Unanswered);

impl fmt::Display for TurnedAway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind().title)
    }
}

impl Error for TurnedAway {}

fn unanswered(error: &wasmtime::Error) -> Unanswered {
    tracing::debug!("a component did not answer: {error:?}");
    error.downcast_ref::<TurnedAway>().map_or(Unanswered::Internal, |TurnedAway(why)| *why)
}

/// The processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody is turned away because memory is short: that is over with the next answer.
    #[test]
    fn hopes() {
        let error = |error: wasmtime::Error| hope(&error.context("it was tried"));
        assert_eq!(error(wasmtime::Error::new(Exhausted)), Hope::Wait);
        assert_eq!(error(wasmtime::Error::new(NoPlace)), Hope::None(Unanswered::Overloaded));
        assert_eq!(error(wasmtime::format_err!("it traps")), Hope::None(Unanswered::Internal));
    }
}
