//! Where messages come from, and which component takes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;

use super::inbox::{Inbox, News};
use super::shed::Shed;
use super::workers::Workers;
use crate::capabilities::redis::Channels;

/// Where messages come from: a server, and the component for each of its channels. A channel may be there for several.
pub struct Subscription {
    pub(super) channels: Channels,
    /// Channels, each with the identifier of a component.
    pub(super) components: Vec<(String, String)>,
}

impl Subscription {
    /// The channels of the server at this address, each with the identifier of a component.
    ///
    /// # Errors
    ///
    /// The address is none. It is not repeated: there may be a password in it.
    pub fn new(address: &str, components: Vec<(String, String)>) -> anyhow::Result<Self> {
        let mut names: Vec<String> = components.iter().map(|(channel, _)| channel.clone()).collect();
        names.sort();
        names.dedup();
        let channels = Channels::new(address, names).context(
            "the address of a [[trigger.redis]] is not that of a Redis; write redis://[user:password@]host[:port]",
        )?;
        Ok(Self { channels, components })
    }
}

/// A component that takes messages.
pub(super) struct Taker {
    pub(super) id: String,
    pub(super) workers: Workers,
    pub(super) inbox: Inbox,
    /// Messages that were not carried out.
    pub(super) failed: Shed,
    /// Messages that are larger than a request may be.
    pub(super) too_large: Shed,
}

/// All that takes messages.
#[derive(Default)]
pub(super) struct Messages {
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) takers: BTreeMap<String, Arc<Taker>>,
}

impl Messages {
    pub(super) fn workers(&self) -> impl Iterator<Item = &Workers> {
        self.takers.values().map(|taker| &taker.workers)
    }

    /// Where messages come from, for whoever listens there.
    pub(super) fn take_subscriptions(&mut self) -> Vec<Subscription> {
        std::mem::take(&mut self.subscriptions)
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.takers.values().map(|taker| taker.inbox.count()).sum()
    }
}

impl Taker {
    /// Tells an operator what is news of its inbox.
    pub(super) fn tell(&self, news: Option<News>) {
        match news {
            None => {}
            Some(News::Full) => tracing::warn!(
                component = self.id,
                "messages come faster than they are carried out: those that come now are lost"
            ),
            Some(News::HasRoom(lost)) => tracing::info!(
                component = self.id,
                lost,
                "messages are carried out as they come again: {lost} were lost"
            ),
        }
    }
}
