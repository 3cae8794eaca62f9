//! What an instance may let one caller, in one city and one class of routes, before it asks the store again.
//!
//! No request waits for a call of the store that another one makes: nothing can wake it. So while one asks, others go on credit,
//! up to a batch, and are settled with its answer; whoever comes after them asks as well. Once the store has said that there is
//! not enough, nobody goes on credit, and nobody asks before it makes sense to: a flood is refused by the instance alone.

use crate::bucket::{State, Taken, take};
use crate::limit::{Limit, MOST_AT_ONCE};

/// After how long nobody waits for an answer any more, in milliseconds: whoever asked is gone.
const ASKING_MS: u64 = 2_000;

/// Without a request for so long, in milliseconds, what is left of a batch is given up.
const IDLE_MS: u64 = 60_000;

/// After a refusal the store is asked again once a batch may be there: within this time, in milliseconds, so that callers are let as
/// soon as they are told to come again.
const LONGEST_BATCH_MS: u64 = 1_000;

/// After this time, in milliseconds, it is asked again whatever it said: an operator may have made room.
const LONGEST_REFUSAL_MS: u64 = 60_000;

/// What is done about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is decided.
    Decided(Verdict),
    /// The store is asked for up to so many tokens, and then it is decided.
    Ask(u32),
}

/// A request is let, and how much is left then; or it is refused.
pub type Verdict = Result<Remaining, Refused>;

/// How much is left, as far as this instance knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// At once.
    pub bucket: u32,
    /// In the window, if there is one.
    pub window: Option<u32>,
}

/// Why a request is refused, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is used up.
    pub over: Over,
    /// After how many milliseconds it is worth asking again, at least 1.
    pub retry_after_ms: u64,
}

/// A part of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// What there may be at once, and in a second.
    Bucket,
    /// What there may be in the window.
    Window,
}

/// The allowance of one caller, in one city and one class of routes.
#[derive(Clone, Debug)]
pub(crate) struct Allowance {
    limit: Limit,
    /// Of the last batch.
    left: u32,
    /// What was let on credit.
    debt: u32,
    /// How many requests are asking the store, and when the last one began to.
    asking: u32,
    asked_ms: u64,
    /// What the store said last, if it granted less than it was asked for.
    refusal: Option<Refusal>,
    /// What the store had left when it was last asked.
    told: Remaining,
    /// The limit as this instance alone keeps it when the store does not answer. It is not begun anew each time.
    local: Option<State>,
    used_ms: u64,
}

/// The store has less than it was asked for.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    over: Over,
    /// When there is a token again.
    until_ms: u64,
    /// When it is asked again.
    ask_ms: u64,
}

impl Allowance {
    /// Nothing is taken yet.
    pub(crate) fn new(limit: Limit, now_ms: u64) -> Self {
        let told = Remaining { bucket: limit.burst, window: limit.window.map(|window| window.requests) };
        Self { limit, left: 0, debt: 0, asking: 0, asked_ms: now_ms, refusal: None, told, local: None, used_ms: now_ms }
    }

    pub(crate) fn is_of(&self, limit: &Limit) -> bool {
        self.limit == *limit
    }

    /// A request comes. `is_local` says that the store is not asked at present.
    pub(crate) fn request(&mut self, is_local: bool, now_ms: u64) -> Decision {
        if now_ms.saturating_sub(self.used_ms) >= IDLE_MS {
            self.left = 0;
        }
        self.used_ms = now_ms;
        if self.left > 0 {
            self.left -= 1;
            return Decision::Decided(Ok(self.remaining()));
        }
        if is_local {
            return Decision::Decided(self.alone(now_ms));
        }
        if let Some(refusal) = self.refusal.filter(|refusal| now_ms < refusal.ask_ms) {
            return Decision::Decided(Err(refusal.told(now_ms)));
        }
        if now_ms.saturating_sub(self.asked_ms) >= ASKING_MS {
            self.asking = 0;
        }
        match self.refusal {
            _ if self.asking == 0 => {}
            Some(refusal) => return Decision::Decided(Err(refusal.told(now_ms))),
            None if self.debt < self.limit.batch() => {
                self.debt += 1;
                return Decision::Decided(Ok(self.remaining()));
            }
            None => {}
        }
        // What is owed is asked for by whoever asks first.
        let owed = if self.asking == 0 { self.debt } else { 0 };
        self.asking += 1;
        self.asked_ms = now_ms;
        Decision::Ask(self.limit.batch().saturating_add(owed).min(MOST_AT_ONCE))
    }

    /// The store has answered to whoever asked for up to so many: what is done about that request.
    pub(crate) fn answered(&mut self, asked: u32, taken: &Taken, now_ms: u64) -> Verdict {
        self.asking = self.asking.saturating_sub(1);
        self.told = Remaining { bucket: taken.bucket, window: taken.window };
        let paid = self.debt.min(taken.granted);
        self.debt -= paid;
        // Whoever asked at the same time has brought a batch as well. An instance keeps one.
        self.left = self.left.saturating_add(taken.granted - paid).min(self.limit.batch());
        let is_short = taken.granted < asked;
        self.refusal = is_short.then(|| {
            let wait_ms = taken.retry_after_ms.max(1);
            let over = if taken.window == Some(0) { Over::Window } else { Over::Bucket };
            let ask_ms = wait_ms.max(self.limit.batch_ms().min(LONGEST_BATCH_MS)).min(LONGEST_REFUSAL_MS);
            Refusal { over, until_ms: now_ms.saturating_add(wait_ms), ask_ms: now_ms.saturating_add(ask_ms) }
        });
        match self.refusal {
            Some(refusal) if self.left == 0 => return Err(refusal.told(now_ms)),
            // Those who were let on credit have had all of it, and there is more.
            None if self.left == 0 => self.debt += 1,
            _ => self.left -= 1,
        }
        Ok(self.remaining())
    }

    /// The store has not answered, or cannot be asked: what is done about the request that asked.
    pub(crate) fn unanswered(&mut self, now_ms: u64) -> Verdict {
        self.asking = self.asking.saturating_sub(1);
        // Those who were let on credit count here instead.
        let debt = std::mem::take(&mut self.debt);
        self.local = Some(take(self.local, &self.limit, debt, now_ms).0);
        self.alone(now_ms)
    }

    /// Decides without the store.
    fn alone(&mut self, now_ms: u64) -> Verdict {
        let (state, granted) = take(self.local, &self.limit, 1, now_ms);
        self.local = Some(state);
        let Taken { bucket, window, retry_after_ms, .. } = state.told(&self.limit, granted);
        if granted > 0 {
            return Ok(Remaining { bucket, window });
        }
        let over = if window == Some(0) { Over::Window } else { Over::Bucket };
        Err(Refused { over, retry_after_ms: retry_after_ms.max(1) })
    }

    fn remaining(&self) -> Remaining {
        let with = |told: u32| told.saturating_add(self.left).saturating_sub(self.debt);
        Remaining { bucket: with(self.told.bucket).min(self.limit.burst), window: self.told.window.map(with) }
    }
}

impl Refusal {
    fn told(self, now_ms: u64) -> Refused {
        // Whoever comes while it is asked comes again with what it says.
        let retry_after_ms = self.until_ms.max(self.ask_ms).saturating_sub(now_ms).max(1);
        Refused { over: self.over, retry_after_ms }
    }
}
