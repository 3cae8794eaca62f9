//! Runs tasks one step at a time, in an order that a seed decides, on a clock that only this moves.

use fastrand::Rng;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Who a task belongs to, and with whom it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A host: its tasks end when it crashes.
    Host(usize),
    /// A client.
    Client,
    /// The store: what it was asked to do is done, whoever asked.
    Store,
}

type Work = Pin<Box<dyn Future<Output = ()>>>;

/// The tasks there are, and the time it is.
#[derive(Default)]
pub struct Executor {
    now: Cell<Duration>,
    number: Cell<u64>,
    tasks: RefCell<BTreeMap<u64, (Owner, Work)>>,
    timers: RefCell<BTreeMap<(Duration, u64), Waker>>,
    ready: Arc<Mutex<Vec<u64>>>,
}

impl Executor {
    /// How long it is since the beginning.
    pub fn now(&self) -> Duration {
        self.now.get()
    }

    /// Begins a task. It takes its first step when it is chosen.
    pub fn spawn(&self, owner: Owner, work: impl Future<Output = ()> + 'static) {
        let number = self.next_number();
        self.tasks.borrow_mut().insert(number, (owner, Box::pin(work)));
        ready(&self.ready).push(number);
    }

    /// Ends all tasks of an owner, wherever they are.
    pub fn end(&self, owner: Owner) {
        let ended = |(_, (of, _)): &(u64, (Owner, Work))| *of == owner;
        let (ended, rest) = std::mem::take(&mut *self.tasks.borrow_mut()).into_iter().partition::<Vec<_>, _>(ended);
        self.tasks.borrow_mut().extend(rest);
        // What they held is dropped when no task is borrowed any more: dropping may wake others.
        drop(ended);
    }

    /// Whether any client has something left to do.
    pub fn has_clients(&self) -> bool {
        self.tasks.borrow().values().any(|(owner, _)| *owner == Owner::Client)
    }

    /// Takes one step: of a task that can take one, or of time. False when nothing is left that could happen.
    pub fn step(&self, rng: &mut Rng) -> bool {
        let number = {
            let mut ready = ready(&self.ready);
            if ready.is_empty() { None } else { Some(rng.usize(0..ready.len())).map(|index| ready.swap_remove(index)) }
        };
        let Some(number) = number else {
            let Some(((time, _), waker)) = self.timers.borrow_mut().pop_first() else { return false };
            self.now.set(time.max(self.now.get()));
            waker.wake();
            return true;
        };
        // A task that ended was woken once more.
        let Some((owner, mut work)) = self.tasks.borrow_mut().remove(&number) else { return true };
        let waker = Waker::from(Arc::new(Wakes { number, ready: Arc::clone(&self.ready) }));
        if work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            self.tasks.borrow_mut().insert(number, (owner, work));
        }
        true
    }

    /// Waits until a moment.
    pub fn until(self: &Rc<Self>, moment: Duration) -> Sleep {
        Sleep { executor: Rc::clone(self), moment, timer: None }
    }

    fn next_number(&self) -> u64 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }
}

fn ready(ready: &Mutex<Vec<u64>>) -> std::sync::MutexGuard<'_, Vec<u64>> {
    ready.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Wakes {
    number: u64,
    ready: Arc<Mutex<Vec<u64>>>,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        let mut ready = ready(&self.ready);
        if !ready.contains(&self.number) {
            ready.push(self.number);
        }
    }
}

/// A wait.
pub struct Sleep {
    executor: Rc<Executor>,
    moment: Duration,
    timer: Option<(Duration, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.executor.now() >= self.moment {
            return Poll::Ready(());
        }
        let timer = self.timer.unwrap_or_else(|| (self.moment, self.executor.next_number()));
        self.executor.timers.borrow_mut().insert(timer, cx.waker().clone());
        self.timer = Some(timer);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.executor.timers.borrow_mut().remove(&timer);
        }
    }
}

/// What one task tells another, once.
pub struct Slot<T>(RefCell<SlotState<T>>);

enum SlotState<T> {
    Empty(Option<Waker>),
    Full(T),
    /// Nobody will fill it any more.
    Lost,
    Taken,
}

impl<T> Slot<T> {
    /// An empty one: where to fill it, and where to wait for it.
    pub fn new() -> (Filler<T>, Rc<Self>) {
        let slot = Rc::new(Self(RefCell::new(SlotState::Empty(None))));
        (Filler(Some(Rc::clone(&slot))), slot)
    }

    fn set(&self, state: SlotState<T>) {
        if let SlotState::Empty(Some(waker)) = self.0.replace(state) {
            waker.wake();
        }
    }

    /// Waits for what it is filled with; `None` when nobody will fill it.
    pub async fn take(self: Rc<Self>) -> Option<T> {
        std::future::poll_fn(|cx| {
            let mut state = self.0.borrow_mut();
            match &mut *state {
                SlotState::Empty(waker) => {
                    *waker = Some(cx.waker().clone());
                    Poll::Pending
                }
                _ => match std::mem::replace(&mut *state, SlotState::Taken) {
                    SlotState::Full(value) => Poll::Ready(Some(value)),
                    _ => Poll::Ready(None),
                },
            }
        })
        .await
    }
}

/// Fills a slot; dropped without, the slot is lost.
pub struct Filler<T>(Option<Rc<Slot<T>>>);

impl<T> Filler<T> {
    /// Fills it.
    pub fn fill(mut self, value: T) {
        if let Some(slot) = self.0.take() {
            slot.set(SlotState::Full(value));
        }
    }
}

impl<T> Drop for Filler<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            slot.set(SlotState::Lost);
        }
    }
}
