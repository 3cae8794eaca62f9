//! Messages that wait for a component. Whoever publishes cannot be told to come back, so there is an end to how many wait: those that come
//! then are lost, which is told when it begins and when it is over.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// The most messages that wait for a component.
const MESSAGES: usize = 1_000;

/// The most bytes of them: as many as some of the largest have.
const BYTES: usize = 16 << 20;

/// What is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// From now on messages are lost.
    Full,
    /// From now on they are not. So many were.
    HasRoom(u64),
}

/// What waits for one component.
#[derive(Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    came: Notify,
    is_closed: AtomicBool,
}

impl Inbox {
    /// A message has come.
    pub(super) fn push(&self, message: Bytes) -> Option<News> {
        let news = self.waiting().push(message);
        self.came.notify_one();
        news
    }

    /// The one that has waited longest, as soon as there is one; `None` when nothing waits and nothing comes any more.
    pub(super) async fn next(&self) -> Option<(Bytes, Option<News>)> {
        loop {
            let mut came = pin!(self.came.notified());
            came.as_mut().enable();
            if let Some(next) = self.waiting().pop() {
                return Some(next);
            }
            if self.is_closed.load(Ordering::Relaxed) {
                return None;
            }
            came.await;
        }
    }

    /// Nothing comes any more.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.came.notify_waiters();
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.waiting().messages.len()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decides what waits and what is lost.
#[derive(Default)]
struct Waiting {
    messages: VecDeque<Bytes>,
    bytes: usize,
    /// How many were lost since it was told that some are.
    lost: u64,
}

impl Waiting {
    fn push(&mut self, message: Bytes) -> Option<News> {
        let bytes = self.bytes.saturating_add(message.len());
        if self.messages.len() < MESSAGES && bytes <= BYTES {
            self.bytes = bytes;
            self.messages.push_back(message);
            return None;
        }
        let is_news = self.lost == 0;
        self.lost = self.lost.saturating_add(1);
        is_news.then_some(News::Full)
    }

    /// It is over when half of what may wait is done: at the edge it would begin and end with each message.
    fn pop(&mut self) -> Option<(Bytes, Option<News>)> {
        let message = self.messages.pop_front()?;
        self.bytes = self.bytes.saturating_sub(message.len());
        let has_room = self.lost > 0 && self.messages.len() <= MESSAGES / 2 && self.bytes <= BYTES / 2;
        let news = has_room.then(|| News::HasRoom(std::mem::take(&mut self.lost)));
        Some((message, news))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes when there is no room is lost and counted, and nothing that waited is; each is told once.
    #[test]
    fn what_comes_too_fast_is_lost() {
        let named = |number: usize| Bytes::from(number.to_string());
        let mut waiting = Waiting::default();
        for number in 0..MESSAGES {
            assert_eq!(waiting.push(named(number)), None);
        }
        assert_eq!(waiting.push(named(0)), Some(News::Full));
        assert_eq!(waiting.push(named(0)), None);
        for number in 0..MESSAGES / 2 - 1 {
            assert_eq!(waiting.pop(), Some((named(number), None)));
        }
        assert_eq!(waiting.pop(), Some((named(MESSAGES / 2 - 1), Some(News::HasRoom(2)))));
        for number in MESSAGES / 2..MESSAGES {
            assert_eq!(waiting.pop(), Some((named(number), None)));
        }
        assert_eq!(waiting.pop(), None);
    }

    /// Few that are large take as much room as many that are not.
    #[test]
    fn large_ones_take_room() {
        let large = || Bytes::from(vec![0; BYTES / 4]);
        let mut waiting = Waiting::default();
        for _ in 0..4 {
            assert_eq!(waiting.push(large()), None);
        }
        assert_eq!(waiting.push(Bytes::from_static(b"x")), Some(News::Full));
        assert_eq!(waiting.pop(), Some((large(), None)));
        // There is room for one again, and it is lost no more; but it is told later that it is over.
        assert_eq!(waiting.push(Bytes::from_static(b"x")), None);
        assert_eq!(waiting.pop(), Some((large(), None)));
        assert_eq!(waiting.pop(), Some((large(), Some(News::HasRoom(1)))));
    }

    /// Whoever waits for a message gets it, and ends when there will be none: not before all that wait are taken.
    #[tokio::test]
    async fn what_waits_is_taken_to_its_end() {
        let inbox = Inbox::default();
        assert_eq!(inbox.push(Bytes::from_static(b"a")), None);
        inbox.close();
        assert_eq!(inbox.next().await, Some((Bytes::from_static(b"a"), None)));
        assert_eq!(inbox.next().await, None);
        let inbox = Inbox::default();
        let (next, ()) = tokio::join!(inbox.next(), async { _ = inbox.push(Bytes::from_static(b"b")) });
        assert_eq!(next, Some((Bytes::from_static(b"b"), None)));
        let (next, ()) = tokio::join!(inbox.next(), async { inbox.close() });
        assert_eq!(next, None);
    }
}
