//! What is turned away is counted, and said now and then: a flood is not to fill the log as well.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it is said.
const EVERY: Duration = Duration::from_secs(10);

pub(super) struct Shed {
    what: &'static str,
    since_said: AtomicU64,
    said: Mutex<Option<Instant>>,
}

impl Shed {
    /// `what` goes on after a number.
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, since_said: AtomicU64::new(0), said: Mutex::new(None) }
    }

    /// One more. The first is said at once, and those that follow together.
    pub(super) fn add(&self) {
        self.add_for(None);
    }

    /// The same, and why. Of several reasons the last one is said.
    pub(super) fn add_for(&self, why: Option<&dyn Display>) {
        self.since_said.fetch_add(1, Ordering::Relaxed);
        let now = Instant::now();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|said| now.saturating_duration_since(said) >= EVERY) {
            *said = Some(now);
            drop(said);
            self.say(why);
        }
    }

    fn say(&self, why: Option<&dyn Display>) {
        let count = self.since_said.swap(0, Ordering::Relaxed);
        let because = why.map(|why| format!(": {why}")).unwrap_or_default();
        if count > 0 {
            tracing::warn!(count, "{count} {}{because}", self.what);
        }
    }
}

impl Drop for Shed {
    fn drop(&mut self) {
        self.say(None);
    }
}
