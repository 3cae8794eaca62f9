//! How many commands are under way on a connection at once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use farebox_resilience::{Bulkhead, Entry};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How many. A Redis that is well has answered most of them before the next ones come.
const PLACES: usize = 64;

/// How many wait for a place at most, and for how long.
const MOST_WAITING: usize = 1_024;
const PATIENCE: Duration = Duration::from_millis(200);

/// Lets so many commands through at once.
pub(super) struct Gate(Mutex<Inner>);

struct Inner {
    bulkhead: Bulkhead,
    /// Those who wait, to be woken.
    waiting: HashMap<u64, oneshot::Sender<()>>,
}

/// There is no place, and will be none soon.
#[derive(Debug)]
pub(super) struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis is late: {PLACES} commands wait for its answers, and more have to wait for those")
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self(Mutex::new(Inner { bulkhead: Bulkhead::new(PLACES, MOST_WAITING), waiting: HashMap::new() }))
    }
}

impl Gate {
    /// Waits for a place, for a short while.
    pub(super) async fn enter(self: &Arc<Self>) -> Result<Place, Busy> {
        let (waits, woken) = {
            let mut inner = self.inner();
            match inner.bulkhead.enter() {
                Entry::In => return Ok(Place(Arc::clone(self))),
                Entry::Refused => return Err(Busy),
                Entry::Waits(number) => {
                    let (wake, woken) = oneshot::channel();
                    inner.waiting.insert(number, wake);
                    (Waits { gate: self, number: Some(number) }, woken)
                }
            }
        };
        match timeout(PATIENCE, woken).await {
            Ok(Ok(())) => Ok(waits.arrived()),
            // Dropping `waits` gives up.
            _ => Err(Busy),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self) {
        let mut inner = self.inner();
        // Who is not there any more finds out when it gives up, and passes it on.
        if let Some(number) = inner.bulkhead.leave()
            && let Some(wake) = inner.waiting.remove(&number)
        {
            _ = wake.send(());
        }
    }
}

/// A place, until it is dropped.
pub(super) struct Place(Arc<Gate>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// One who waits, and may be dropped at any moment, also when it has just been woken.
struct Waits<'a> {
    gate: &'a Arc<Gate>,
    number: Option<u64>,
}

impl Waits<'_> {
    fn arrived(mut self) -> Place {
        self.number = None;
        Place(Arc::clone(self.gate))
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let waited = {
            let mut inner = self.gate.inner();
            inner.waiting.remove(&number);
            inner.bulkhead.gave_up(number)
        };
        if !waited {
            self.gate.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::FutureExt as _;
    use tokio::time::Instant;

    /// The places there are are taken; who comes next waits for one, whoever is dropped meanwhile passes it on, and after a
    /// while they are refused.
    #[tokio::test]
    async fn places_are_passed_on() {
        let gate = Arc::new(Gate::default());
        let mut places = Vec::new();
        for _ in 0..PLACES {
            places.push(gate.enter().now_or_never().unwrap().unwrap());
        }
        let (mut first, mut second) = (Box::pin(gate.enter()), Box::pin(gate.enter()));
        assert!(first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none());
        places.pop();
        // Woken, and gone before it knows.
        drop(first);
        let place = second.as_mut().now_or_never().unwrap().unwrap();
        let start = Instant::now();
        assert!(gate.enter().await.is_err());
        assert!(start.elapsed() >= PATIENCE);
        drop(place);
        drop(places);
        let inner = gate.inner();
        assert_eq!((inner.bulkhead.taken(), inner.bulkhead.waiting(), inner.waiting.len()), (0, 0, 0));
    }
}
