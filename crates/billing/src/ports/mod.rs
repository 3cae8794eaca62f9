//! What billing needs of the world around it. Whoever runs it brings these: a component, a test, a simulator.
//!
//! No port needs to wake one request from another, and nothing here is shared between threads: an instance of a
//! component is one thread, and what can be done there can be done anywhere.

mod archive;
mod breakers;
mod fault;
mod generations;
mod journal;
mod store;

pub use archive::Archive;
pub use breakers::Breakers;
pub use farebox_limits::{Limit, Taken, Window};
pub use farebox_records::stored::{
    Accumulated, DocumentKind, Driven, Due, DueTrip, Entered, Generation, JournalStanding, Journaled, JournaledBill,
    JournaledTrip, Known, Listed, Loss, LostDocument, Named, NewRevision, Once, Page, Posted, Proposal, Revision,
    StoredBill, TopUp, Waiting, WaitingWhat,
};
pub use farebox_resilience::breaker::{Change, Kind, Row};
pub use fault::{CallError, SegmentsError, StoreError, advice};
pub use generations::Generations;
pub use journal::Journal;
pub use store::Store;

use crate::engines::Engines;
use crate::event::Event;
use farebox_fare::Timestamp;
use farebox_resilience::shedding;
use futures::future::{Either, select};
use std::pin::{Pin, pin};
use std::time::Duration;

/// How long what is already there may take to be heard of, through all that hand it on.
const LAST_LOOK: Duration = Duration::from_millis(2);

/// Milliseconds.
pub(crate) fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How often a wait is made good that was over late.
const MADE_GOOD: u32 = 3;

/// There was no answer in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// How late this node was with its time, at the worst.
    pub late: Duration,
}

/// All of them.
pub trait Ports:
    Store + Journal + Archive + Generations + Breakers + Files + Variables + Clock + Ids + Events + Spawn + 'static
{
    /// What prices, settles and renders.
    type Engines: Engines;
}

/// The documents of the configuration.
pub trait Files {
    /// The names of what is in a folder, in any order. Folders and files alike. The folder of the configuration itself is
    /// `""`.
    ///
    /// # Errors
    ///
    /// Why it cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<String>, String>;

    /// What can be told of a file, or a folder, without reading it.
    ///
    /// # Errors
    ///
    /// Why it cannot be looked at.
    fn stamp(&self, path: &str) -> Result<Stamp, String>;

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<String, String>;
}

/// What can be told of a file without reading it. Another stamp is another content; the same is the same unless the file was
/// changed twice within a tick of its file system's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Whether it is a folder.
    pub is_folder: bool,
    /// How large it is.
    pub bytes: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub modified_ns: u64,
}

/// The variables that operators set.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Variables {
    /// The value of a variable.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    async fn variable(&self, name: &str) -> Result<String, String>;
}

/// Time.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Clock {
    /// What the calendar says, in milliseconds since 1970.
    fn now_ms(&self) -> u64;

    /// The same in seconds, as rides are dated.
    fn now(&self) -> Timestamp {
        i64::try_from(self.now_ms() / 1000).unwrap_or(i64::MAX)
    }

    /// How long it is since some moment that stays the same. Never goes back.
    fn elapsed(&self) -> Duration;

    /// The same in milliseconds.
    fn elapsed_ms(&self) -> u64 {
        ms(self.elapsed())
    }

    /// Waits.
    async fn sleep(&self, time: Duration);

    /// Waits for a call of the store, and no longer than this. It is then abandoned; it may still take effect later.
    ///
    /// # Errors
    ///
    /// [`StoreError::TimedOut`] when there is no answer in time.
    async fn within<T>(&self, allowed: Duration, call: impl Future<Output = T>) -> Result<T, StoreError> {
        self.timed(allowed, call).await.map_err(|Overdue { .. }| StoreError::TimedOut)
    }

    /// The same, and how late this node was.
    ///
    /// A node that is busy is late with the answer and with the time alike, and the time may come first. What the node was late it
    /// did not wait: it waits for as long again, as long as it is late, three times at most. Then there is a last look: an answer that
    /// was there by then is heard.
    ///
    /// # Errors
    ///
    /// [`Overdue`] when there is no answer in time.
    async fn timed<T>(&self, allowed: Duration, call: impl Future<Output = T>) -> Result<T, Overdue> {
        let mut call = pin!(call);
        let (mut left, mut worst) = (allowed, Duration::ZERO);
        for _ in 0..=MADE_GOOD {
            let began = self.elapsed();
            if let Either::Left((answer, _)) = select(call.as_mut(), pin!(self.sleep(left))).await {
                return Ok(answer);
            }
            let late = self.elapsed().saturating_sub(began).saturating_sub(left);
            worst = worst.max(late);
            if shedding::is_on_time(ms(late)) {
                break;
            }
            left = late.min(allowed);
        }
        match select(call.as_mut(), pin!(self.sleep(LAST_LOOK))).await {
            Either::Left((answer, _)) => Ok(answer),
            Either::Right(_) => Err(Overdue { late: worst }),
        }
    }
}

/// Chance.
pub trait Ids {
    /// A number that no other instance has, and this one never again.
    fn unique(&self) -> u64;
}

/// Where it is told what happened.
pub trait Events {
    /// Tells an event, under the trace of the request that it happened to.
    fn tell(&self, trace: &str, event: &Event);
}

/// Work that goes on after the answer.
pub trait Spawn {
    /// Sees to it that this is finished some time, unless the instance ends.
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    /// A node that was busy for long: everything has happened meanwhile, and what it is told of are events, one by one.
    #[derive(Clone, Default)]
    struct Busy(Rc<Cell<u32>>);

    impl Busy {
        async fn until_told(&self, event: u32) {
            std::future::poll_fn(|_| if self.0.get() >= event { Poll::Ready(()) } else { Poll::Pending }).await;
        }
    }

    impl Clock for Busy {
        fn now_ms(&self) -> u64 {
            0
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        /// What is asked for now is told of after what is there already: the time that is over, and the answer.
        async fn sleep(&self, _: Duration) {
            self.until_told(if self.0.get() == 0 { 1 } else { 3 }).await;
        }
    }

    /// An answer that was there when the time was over is heard, in whatever order the node is told; a later one is not.
    #[test]
    fn a_busy_node_is_not_a_broken_store() {
        for (answer, expected) in [(1, Ok(())), (2, Ok(())), (4, Err(StoreError::TimedOut))] {
            let node = Busy::default();
            let mut work = pin!(node.within(Duration::from_millis(60), node.until_told(answer)));
            let mut context = Context::from_waker(Waker::noop());
            let heard = loop {
                match work.as_mut().poll(&mut context) {
                    Poll::Ready(heard) => break heard,
                    Poll::Pending => node.0.set(node.0.get() + 1),
                }
            };
            assert_eq!(heard, expected, "the answer is event {answer}, the end of the time is event 1");
        }
    }
}
