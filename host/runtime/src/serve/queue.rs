//! What waits to be answered for one component, and what its workers have to know of each other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use tokio::sync::Notify;

use super::lane::Reply;

/// A request, and where its answer goes.
pub(super) struct Job {
    pub(super) request: Request<Bytes>,
    pub(super) reply: Reply,
    asked: Instant,
}

impl Job {
    pub(super) fn new(request: Request<Bytes>, reply: Reply) -> Self {
        Self { request, reply, asked: Instant::now() }
    }
}

#[derive(Default)]
pub(super) struct Queue {
    jobs: Mutex<VecDeque<Job>>,
    pushed: Notify,
    is_stopping: AtomicBool,
    renewals: AtomicU64,
}

impl Queue {
    pub(super) fn push(&self, job: Job) {
        self.jobs().push_back(job);
        self.pushed.notify_one();
    }

    /// The one that has waited longest, if anybody still waits for its answer: what nobody has begun is not done when
    /// nobody will hear of it.
    pub(super) fn pop(&self) -> Option<Job> {
        let mut jobs = self.jobs();
        loop {
            let job = jobs.pop_front()?;
            if !job.reply.is_canceled() {
                return Some(job);
            }
        }
    }

    /// Tells of a push, or of a renewal or the end.
    pub(super) fn pushed(&self) -> &Notify {
        &self.pushed
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs().is_empty()
    }

    /// How many have waited for so long.
    pub(super) fn count_late(&self, patience: Duration) -> usize {
        count_late(&self.jobs(), patience)
    }

    /// Takes away those that have waited for so long.
    pub(super) fn late(&self, patience: Duration) -> VecDeque<Job> {
        let mut jobs = self.jobs();
        let late = count_late(&jobs, patience);
        let rest = jobs.split_off(late);
        std::mem::replace(&mut *jobs, rest)
    }

    /// Has all instances that there are be replaced.
    pub(super) fn renew(&self) {
        self.renewals.fetch_add(1, Ordering::Relaxed);
        self.pushed.notify_waiters();
    }

    /// How often instances were renewed.
    pub(super) fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::Relaxed)
    }

    /// There will be no more requests, so that an instance that ends from now on is no failure.
    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        self.pushed.notify_waiters();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    fn jobs(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first have waited longest.
fn count_late(jobs: &VecDeque<Job>, patience: Duration) -> usize {
    let now = Instant::now();
    jobs.partition_point(|job| now.saturating_duration_since(job.asked) >= patience)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::channel::oneshot;

    /// Requests are begun in the order in which they came, and none that nobody waits for any more. "a-" is one whose client has
    /// left; each letter of what is expected is one that is begun.
    #[test]
    fn what_nobody_waits_for_is_not_begun() {
        for (pushed, expected) in
            [("", ""), ("a b", "ab"), ("a- b", "b"), ("a b-", "a"), ("a- b- c d-", "c"), ("a-", "")]
        {
            let (queue, mut clients) = (Queue::default(), Vec::new());
            for name in pushed.split_whitespace() {
                let (reply, client) = oneshot::channel();
                queue.push(Job::new(Request::get(format!("/{}", &name[..1])).body(Bytes::new()).unwrap(), reply));
                if !name.ends_with('-') {
                    clients.push(client);
                }
            }
            let begun: String =
                std::iter::from_fn(|| queue.pop()).map(|job| job.request.uri().path()[1..].to_owned()).collect();
            assert_eq!((&*begun, queue.is_empty()), (expected, true), "{pushed}");
        }
    }
}
