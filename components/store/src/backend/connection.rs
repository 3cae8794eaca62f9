//! One connection for all requests of an instance.
//!
//! An instance serves several requests at once, interleaved at every `await`, and any of them may be dropped at an
//! `await` because its caller's deadline passed. So no borrow is held across one, and nothing has to be put right
//! after a drop.
//!
//! Requests do not wait for each other either: wit-bindgen 0.57 cannot wake one task from another. Requests that come
//! before there is a connection each open one; the first to be open is kept and used by all, the others are closed.

use farebox_resilience::Silence;
use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;

/// A value that is made when it is first needed, and then used by all.
pub struct Shared<T> {
    current: RefCell<Option<Rc<Held<T>>>>,
}

struct Held<T> {
    value: T,
    /// Whether it has ever worked.
    proven: Cell<bool>,
    /// The uses that were given up on since the last answer.
    silence: Cell<Silence>,
}

/// The use of a shared value for one operation.
///
/// To be ended with [`answered`](Self::answered) or [`broken`](Self::broken). A lease that is dropped without was given
/// up on: several of them in a row, and the value is forgotten, since a connection to a machine that has gone may stay
/// silent for many minutes.
pub struct Lease<'a, T> {
    shared: &'a Shared<T>,
    held: Rc<Held<T>>,
    ended: bool,
}

impl<T> Shared<T> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { current: RefCell::new(None) }
    }

    /// The value, made by `make` if there is none.
    ///
    /// # Errors
    ///
    /// Whatever `make` says; the next call tries again.
    pub async fn lease<E>(&self, make: impl AsyncFnOnce() -> Result<T, E>) -> Result<Lease<'_, T>, E> {
        if let Some(lease) = self.current() {
            return Ok(lease);
        }
        let made = Rc::new(Held { value: make().await?, proven: Cell::new(false), silence: Cell::default() });
        let held = Rc::clone(self.current.borrow_mut().get_or_insert(made));
        Ok(Lease { shared: self, held, ended: false })
    }

    fn current(&self) -> Option<Lease<'_, T>> {
        let held = Rc::clone(self.current.borrow().as_ref()?);
        Some(Lease { shared: self, held, ended: false })
    }

    /// Forgets this very value; another one that was made since stays.
    fn forget(&self, held: &Rc<Held<T>>) {
        let mut current = self.current.borrow_mut();
        if current.as_ref().is_some_and(|current| Rc::ptr_eq(current, held)) {
            *current = None;
        }
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Lease<'_, T> {
    /// The value works.
    pub fn answered(mut self) {
        self.held.proven.set(true);
        self.held.silence.take();
        self.ended = true;
    }

    /// The value is of no use any more: the next one who needs it makes a new one. Returns whether it ever worked.
    pub fn broken(mut self) -> bool {
        self.shared.forget(&self.held);
        self.ended = true;
        self.held.proven.get()
    }
}

impl<T> Deref for Lease<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held.value
    }
}

impl<T> Drop for Lease<'_, T> {
    fn drop(&mut self) {
        if !self.ended {
            let mut silence = self.held.silence.get();
            // However soon: what is opened anew costs little, and callers have waited.
            let is_dead = silence.given_up(0, 0, 0);
            self.held.silence.set(silence);
            if is_dead {
                self.shared.forget(&self.held);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_resilience::GIVEN_UP;
    use futures::channel::oneshot;
    use futures::executor::block_on;
    use futures::{FutureExt, future};

    /// Makes 1, 2, 3, ...
    struct Maker(Cell<u32>);

    impl Maker {
        async fn make(&self) -> Result<u32, String> {
            self.0.set(self.0.get() + 1);
            Ok(self.0.get())
        }
    }

    fn lease<'a>(shared: &'a Shared<u32>, maker: &Maker) -> Lease<'a, u32> {
        block_on(shared.lease(async || maker.make().await)).unwrap()
    }

    #[test]
    fn the_first_one_made_is_used_by_all() {
        let (shared, maker) = (Shared::new(), Maker(Cell::new(0)));
        let (slow, opened) = oneshot::channel::<()>();
        let slow_one = shared.lease(async || {
            opened.await.unwrap();
            maker.make().await
        });
        let others = (0..15).map(|_| shared.lease(async || maker.make().await));
        let all = future::join(slow_one, future::join_all(others));
        let (slow_one, others) = block_on(future::join(all, async { slow.send(()).unwrap() })).0;
        for lease in others.into_iter().chain([slow_one]).map(Result::unwrap) {
            assert_eq!(*lease, 1);
            lease.answered();
        }
        assert_eq!(*lease(&shared, &maker), 1);
    }

    #[test]
    fn one_who_is_dropped_while_making_it_holds_nobody_up() {
        let (shared, maker) = (Shared::new(), Maker(Cell::new(0)));
        let mut hanging = Box::pin(shared.lease(async || future::pending::<Result<u32, String>>().await));
        assert!(hanging.as_mut().now_or_never().is_none());
        assert_eq!(*lease(&shared, &maker), 1);
        drop(hanging);
        assert_eq!(*lease(&shared, &maker), 1);
    }

    #[test]
    fn a_failure_is_told_and_not_kept() {
        let (shared, maker) = (Shared::new(), Maker(Cell::new(0)));
        assert_eq!(block_on(shared.lease(async || Err("refused".to_owned()))).err().as_deref(), Some("refused"));
        assert_eq!(*block_on(shared.lease(async || maker.make().await)).unwrap(), 1);
    }

    /// Sixteen requests that fail on one connection make one new one, not sixteen.
    #[test]
    fn a_broken_value_is_replaced_once() {
        let (shared, maker) = (Shared::new(), Maker(Cell::new(0)));
        for old in [(); 3].map(|()| lease(&shared, &maker)) {
            assert!(!old.broken());
            assert_eq!(*lease(&shared, &maker), 2);
        }
    }

    #[test]
    fn a_value_that_is_given_up_on_again_and_again_is_replaced() {
        let (shared, maker) = (Shared::new(), Maker(Cell::new(0)));
        for _ in 1..GIVEN_UP {
            drop(lease(&shared, &maker));
        }
        lease(&shared, &maker).answered();
        for _ in 0..GIVEN_UP {
            assert_eq!(*lease(&shared, &maker), 1);
        }
        assert_eq!(*lease(&shared, &maker), 2);
        assert!(!lease(&shared, &maker).broken());
    }
}
