//! Messages that are published go to components, as requests do: to instances that are replaced, in the time of a request, within the
//! places and the memory that there are for requests. Nobody waits for an answer, so what becomes of them is told to the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::inbox::Inbox;
use super::instances::Instances;
use super::lane::Answer;
use super::shed::Shed;
use super::takers::{Messages, Subscription, Taker};
use super::workers::{Workers, processors};
use super::{Place, Server, subscription};
use crate::unanswered::Unanswered;

/// How long a message waits that finds no place among the requests under way: callers come first, since they wait for an answer.
const BUSY: Duration = Duration::from_millis(20);

impl Server {
    /// Has components take what is published, each by its identifier. Their instances take nothing else, and one message at a time: what a
    /// message does to its instance it does to no other one.
    #[must_use]
    pub fn with_messages(mut self, subscriptions: Vec<Subscription>, components: BTreeMap<String, Instances>) -> Self {
        let taker = |(id, instances): (String, Instances)| {
            let taker = Taker {
                id: id.clone(),
                workers: Workers::start(instances, self.places.clone(), None),
                inbox: Inbox::default(),
                failed: Shed::new("messages were not carried out"),
                too_large: Shed::new("messages were lost: they are larger than the body of a request may be"),
            };
            (id, Arc::new(taker))
        };
        self.messages = Messages { takers: components.into_iter().map(taker).collect(), subscriptions };
        self
    }

    /// Listens, and has what is heard carried out, until it is time to stop; what has come by then is carried out as well. `stopping` has
    /// its other end until all of it is.
    pub(super) fn take_messages(
        self: &Arc<Self>,
        subscriptions: Vec<Subscription>,
        stopping: &watch::Sender<()>,
    ) -> Vec<JoinHandle<()>> {
        let mut tasks = Vec::new();
        for Subscription { channels, components } in subscriptions {
            let (server, listens) = (Arc::clone(self), stopping.subscribe());
            let heard = move |channel: &str, message: Bytes| {
                for (_, id) in components.iter().filter(|(name, _)| name == channel) {
                    if let Some(taker) = server.messages.takers.get(id) {
                        server.heard(taker, channel, &message);
                    }
                }
            };
            tasks.push(tokio::spawn(subscription::listen(channels, heard, listens)));
        }
        for taker in self.messages.takers.values() {
            // Some wait for the store while others are worked on; there are more instances when these are not enough.
            for _ in 0..processors().saturating_mul(2) {
                let (server, taker) = (Arc::clone(self), Arc::clone(taker));
                let stopping = stopping.subscribe();
                tasks.push(tokio::spawn(async move {
                    while let Some((message, news)) = taker.inbox.next().await {
                        taker.tell(news);
                        server.carry_out(&taker, message).await;
                    }
                    drop(stopping);
                }));
            }
            let (taker, mut stopping) = (Arc::clone(taker), stopping.subscribe());
            tasks.push(tokio::spawn(async move {
                _ = stopping.changed().await;
                taker.inbox.close();
            }));
        }
        tasks
    }

    fn heard(&self, taker: &Taker, channel: &str, message: &Bytes) {
        if message.len() > self.limits.body {
            return taker.too_large.add_for(Some(&format!("{} bytes on {channel}", message.len())));
        }
        taker.tell(taker.inbox.push(message.clone()));
    }

    async fn carry_out(&self, taker: &Taker, message: Bytes) {
        match self.tell(taker, message).await {
            Ok(Ok(())) => {}
            // The component has said more.
            Ok(Err(why)) => tracing::debug!(component = taker.id, "a message: {why}"),
            Err(why) => taker.failed.add_for(Some(&format!("component {:?}: {}", taker.id, why.kind().title))),
        }
    }

    /// What the component says of a message, or why it says nothing.
    async fn tell(&self, taker: &Taker, message: Bytes) -> Result<Result<(), String>, Unanswered> {
        let _place = self.place(message.len()).await;
        let start = Instant::now();
        match timeout(self.limits.request, taker.workers.ask(Request::new(message))).await {
            Ok(Ok(Answer::Told(said))) => Ok(said),
            Ok(Ok(Answer::Whole(_) | Answer::Begun(_))) => Err(Unanswered::Internal),
            // An instance that is stuck is killed at the same moment, which may be noticed first.
            Ok(Err(Unanswered::Internal)) if start.elapsed() >= self.limits.request => Err(Unanswered::TimedOut),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(Unanswered::TimedOut),
        }
    }

    async fn place(&self, length: usize) -> Place {
        loop {
            let mut memory = self.memory.none();
            if let (Ok(permit), Ok(())) = (Arc::clone(&self.in_flight).try_acquire_owned(), memory.works(length)) {
                return Place { _permit: permit, _memory: memory };
            }
            sleep(BUSY).await;
        }
    }
}

#[cfg(test)]
mod tests;
