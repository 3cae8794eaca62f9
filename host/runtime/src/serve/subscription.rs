//! Listening to the channels of a server, for as long as the application is served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use farebox_resilience::{Backoff, Tally};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::capabilities::redis::{Channels, Listening, NotHeard};

/// How long to wait before subscribing again, in milliseconds: doubled with each failure in a row, from the first to the last. A
/// subscription that lives shorter than the first counts as a failure too.
const BACKOFF_MS: [u64; 2] = [100, 5_000];

/// Listens until it is time to stop. What is heard goes to `heard`: the channel and the message.
pub(super) async fn listen(channels: Channels, heard: impl Fn(&str, Bytes), mut stopping: watch::Receiver<()>) {
    let mut backoff = Backoff::new(BACKOFF_MS[0], BACKOFF_MS[1]);
    let mut news = News::new(&channels);
    loop {
        let listening = tokio::select! {
            listening = channels.listen() => listening,
            _ = stopping.changed() => return,
        };
        match listening {
            Ok(listening) => {
                let since = Instant::now();
                news.up();
                let why = tokio::select! {
                    why = hear(listening, &heard) => why,
                    _ = stopping.changed() => return,
                };
                news.lost(why);
                if since.elapsed() >= Duration::from_millis(BACKOFF_MS[0]) {
                    backoff.worked();
                }
            }
            Err(not_heard) => news.down(&not_heard),
        }
        tokio::select! {
            () = sleep(Duration::from_millis(backoff.failed())) => {}
            _ = stopping.changed() => return,
        }
    }
}

/// Hears until the connection is of no use any more, and says why that is.
async fn hear(mut listening: Listening, heard: &impl Fn(&str, Bytes)) -> &'static str {
    loop {
        match listening.next().await {
            Ok((channel, message)) => heard(&channel, message),
            Err(why) => return why,
        }
    }
}

/// What an operator is told of it: changes, and not every attempt.
struct News {
    names: Arc<str>,
    /// Without a password.
    address: Arc<str>,
    began: Instant,
    is_first: bool,
    /// Since when nothing is heard.
    down: Option<Instant>,
    /// Whether what was told of that is an operator's, if anything was.
    said: Option<bool>,
    told: Tally,
}

impl News {
    fn new(channels: &Channels) -> Self {
        Self {
            names: channels.names().into(),
            address: channels.address().into(),
            began: Instant::now(),
            is_first: true,
            down: None,
            said: None,
            told: Tally::default(),
        }
    }

    fn up(&mut self) {
        let (names, address, down) = (Arc::clone(&self.names), Arc::clone(&self.address), self.down.take());
        let is_first = std::mem::replace(&mut self.is_first, false);
        self.said = None;
        let Some(untold) = self.happened("up") else { return };
        match down {
            None => tracing::info!("what is published on {names} at Redis {address} is heard"),
            Some(since) if is_first => {
                let after = since.elapsed();
                tracing::info!(untold, "what is published on {names} at Redis {address} is heard, after {after:.1?}");
            }
            Some(since) => {
                let after = since.elapsed();
                tracing::info!(
                    untold,
                    "what is published on {names} at Redis {address} is heard again, after {after:.1?}: what was meanwhile is lost"
                );
            }
        }
    }

    fn lost(&mut self, why: &str) {
        self.down = Some(Instant::now());
        if let Some(untold) = self.happened("lost") {
            let (names, address) = (&self.names, &self.address);
            tracing::warn!(
                untold,
                "what is published on {names} at Redis {address} is not heard: the connection was lost, {why}; it is made again"
            );
            self.said = Some(false);
        }
    }

    fn down(&mut self, NotHeard { why, is_an_operators }: &NotHeard) {
        self.down.get_or_insert_with(Instant::now);
        // What goes on is not news.
        if self.said.replace(*is_an_operators) == Some(*is_an_operators) {
            return;
        }
        let Some(untold) = self.happened(if *is_an_operators { "refused" } else { "down" }) else { return };
        let (names, address) = (&self.names, &self.address);
        if *is_an_operators {
            tracing::error!(
                untold,
                "Redis at {address} refuses to have {names} heard: {why}; check the user and the password in the address of the trigger, and \
                 which channels its ACL permits that user. It is tried again until it works, and not told again until then"
            );
        } else {
            tracing::warn!(
                untold,
                "what is published on {names} at Redis {address} is not heard: {why}; it is tried again until it is"
            );
        }
    }

    fn happened(&mut self, what: &str) -> Option<u64> {
        self.told.happened(what, u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
