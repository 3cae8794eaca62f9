//! What an instance knows of where buckets are, and has noted. The database is of use here, and nobody waits for it.

use crate::Fault;
use farebox_records::proof::{Bucket, Position, Positions};
use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// How long a step waits for the database of its node, in milliseconds.
pub const PATIENCE_MS: u64 = 50;

/// What a node has noted.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// What the shared store knows the node by: hexadecimal digits.
    pub node: String,
    /// Where buckets are.
    pub positions: Vec<(Bucket, Position)>,
}

/// Where positions are noted.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Notes {
    /// All that the node has noted.
    async fn noted(&self) -> Result<Noted, Fault>;

    /// Notes where buckets are. What is behind what is noted already changes nothing.
    async fn note(&self, positions: &[(Bucket, Position)]) -> Result<(), Fault>;

    /// Is over when nobody waits for it any longer, after [`PATIENCE_MS`].
    async fn patience(&self);
}

/// What it means where a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It has gone on, if anything.
    Nothing,
    /// Nothing was known of it.
    Found,
    /// It has lost something that was known of.
    Lost,
}

/// What an instance knows of where buckets are.
pub struct Known<N> {
    positions: RefCell<Positions>,
    /// Empty while the database does not say: what is nameless is counted as one node, which then notices less.
    node: RefCell<String>,
    notes: N,
}

impl<N: Notes> Known<N> {
    /// Nothing yet.
    pub fn new(notes: N) -> Self {
        Self { positions: RefCell::default(), node: RefCell::default(), notes }
    }

    /// What is known of a bucket before a step on it, and what the shared store knows the node by.
    pub async fn of(&self, city: &str, bucket: u32, now_ms: u64) -> (Vec<Position>, String) {
        let is_stale = self.positions.borrow().is_stale(city, bucket, now_ms);
        if is_stale {
            // A database that does not answer is asked again later, and not by each step.
            let Noted { node, positions } = self.in_time(self.notes.noted()).await.unwrap_or_default();
            self.positions.borrow_mut().read(positions, now_ms);
            if !node.is_empty() {
                self.node.replace(node);
            }
        }
        let mut known = self.positions.borrow().of(city, bucket);
        if self.node.borrow().is_empty() {
            // What the node has counted is of no use to the nameless.
            known.iter_mut().for_each(|known| known.steps = 0);
        }
        (known, self.node.borrow().clone())
    }

    /// Hears where a bucket is after a step; what that means is to be [noted](Self::note).
    pub fn heard(&self, city: &str, bucket: u32, position: Position) -> News {
        let mut positions = self.positions.borrow_mut();
        let is_new = positions.of(city, bucket).is_empty();
        if positions.heard(city, bucket, position) {
            News::Lost
        } else if is_new {
            News::Found
        } else {
            News::Nothing
        }
    }

    /// Notes what was heard: at once what matters, and the rest now and then.
    pub async fn note(&self, news: News, now_ms: u64) {
        let unsaved = self.positions.borrow_mut().to_save(news != News::Nothing, now_ms);
        if unsaved.is_empty() {
            return;
        }
        let mut noting = Noting { positions: &self.positions, unsaved };
        if self.in_time(self.notes.note(&noting.unsaved)).await.is_some() {
            noting.unsaved.clear();
        }
    }

    /// What came of it; `None` when it failed, or took too long.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Option<T> {
        let (mut work, mut patience) = (pin!(work), pin!(self.notes.patience()));
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(result.ok()),
            Poll::Pending => patience.as_mut().poll(context).map(|()| None),
        })
        .await
    }
}

/// What is being noted. Whatever is left when that ends, and be it because nobody waits for the step any more, is noted the next time.
struct Noting<'a> {
    positions: &'a RefCell<Positions>,
    unsaved: Vec<(Bucket, Position)>,
}

impl Drop for Noting<'_> {
    fn drop(&mut self) {
        self.positions.borrow_mut().unsaved(std::mem::take(&mut self.unsaved));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use futures::executor::block_on;
    use std::cell::Cell;
    use std::future::{pending, ready};

    /// A database that can be made to fail, and to say nothing.
    #[derive(Default)]
    struct Database {
        noted: RefCell<Vec<(Bucket, Position)>>,
        fails: Cell<bool>,
        hangs: Cell<bool>,
        has_patience: Cell<bool>,
        asked: Cell<u32>,
    }

    impl Database {
        async fn answers(&self) -> Result<(), Fault> {
            self.asked.set(self.asked.get() + 1);
            if self.hangs.get() {
                pending::<()>().await;
            }
            if self.fails.get() { Err(Fault::Refused("disk I/O error".to_owned())) } else { Ok(()) }
        }
    }

    impl Notes for &Database {
        async fn noted(&self) -> Result<Noted, Fault> {
            self.answers().await.map(|()| Noted { node: "0a".to_owned(), positions: self.noted.borrow().clone() })
        }

        async fn note(&self, positions: &[(Bucket, Position)]) -> Result<(), Fault> {
            self.answers().await.map(|()| self.noted.borrow_mut().extend_from_slice(positions))
        }

        async fn patience(&self) {
            if self.has_patience.get() { pending().await } else { ready(()).await }
        }
    }

    const fn at(life: u64, steps: u64) -> Position {
        Position { life, steps, token: life, mark: 0 }
    }

    fn row(bucket: u32, position: Position) -> (Bucket, Position) {
        (("c".to_owned(), bucket), position)
    }

    fn heard(known: &Known<&Database>, bucket: u32, position: Position, now_ms: u64) -> bool {
        let news = known.heard("c", bucket, position);
        block_on(known.note(news, now_ms));
        news == News::Lost
    }

    /// What one instance has noted another one knows; what is new to an instance is noted at once, and so is a loss; the rest now and
    /// then.
    #[test]
    fn instances_tell_each_other() {
        let database = Database::default();
        let one = Known::new(&database);
        assert_eq!(block_on(one.of("c", 0, 10_000)), (vec![], "0a".to_owned()));
        assert!(!heard(&one, 0, at(1, 1), 10_000));
        assert!(!heard(&one, 0, at(1, 2), 10_001));
        assert_eq!(*database.noted.borrow(), [row(0, at(1, 1))]);
        let other = Known::new(&database);
        assert_eq!(block_on(other.of("c", 0, 10_002)).0, [at(1, 1)]);
        assert!(heard(&other, 0, at(2, 1), 10_002));
        assert_eq!(database.noted.borrow()[1..], [row(0, at(2, 1))]);
        assert!(!heard(&one, 1, at(5, 1), 10_003));
        assert_eq!(database.noted.borrow()[2..], [row(0, at(1, 2)), row(1, at(5, 1))]);
        assert_eq!(
            block_on(other.of("c", 1, 10_004)).0,
            [at(5, 1)],
            "it has looked just now, and knows nothing of this one"
        );
        assert_eq!(block_on(one.of("c", 0, 11_000)).0, [at(1, 2), at(2, 1)]);
        assert!(!heard(&one, 0, at(2, 3), 11_003));
        assert_eq!(database.noted.borrow()[4..], [row(0, at(2, 3))]);
    }

    /// A database that fails, or says nothing, holds up no step; what could not be noted is noted later.
    #[test]
    fn a_database_may_fail() {
        for break_it in [|database: &Database| database.fails.set(true), |database: &Database| database.hangs.set(true)]
        {
            let database = Database::default();
            break_it(&database);
            let known = Known::new(&database);
            assert_eq!(block_on(known.of("c", 0, 10_000)), (vec![], String::new()));
            assert!(!heard(&known, 0, at(1, 1), 10_000));
            assert_eq!(block_on(known.of("c", 0, 10_001)).0, [at(1, 0)]);
            assert!(heard(&known, 0, at(2, 1), 10_001), "what an instance knows itself it knows");
            assert_eq!(database.asked.get(), 3, "it is not asked by each step");
            database.fails.set(false);
            database.hangs.set(false);
            assert!(!heard(&known, 0, at(2, 2), 11_001));
            assert_eq!(*database.noted.borrow(), [row(0, at(2, 2))]);
        }
    }

    /// A caller who gives up while a loss is being noted does not take it along.
    #[test]
    fn what_is_given_up_on_is_noted_later() {
        let database = Database { hangs: Cell::new(true), has_patience: Cell::new(true), ..Database::default() };
        let known = Known::new(&database);
        let news = known.heard("c", 0, at(1, 1));
        assert_eq!(news, News::Found);
        assert!(known.note(news, 10_000).now_or_never().is_none());
        database.hangs.set(false);
        assert!(!heard(&known, 0, at(1, 1), 11_000));
        assert_eq!(*database.noted.borrow(), [row(0, at(1, 1))]);
    }
}
