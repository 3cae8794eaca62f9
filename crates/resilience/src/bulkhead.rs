//! How many calls are under way at once, and who waits for a place.

use std::collections::VecDeque;

/// Places for calls, and a queue before them. Whoever comes is let in, waits for a short while, or is refused.
///
/// Those who wait are known by numbers. Whoever acts for them wakes who is named, and reports who has waited for too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulkhead {
    places: usize,
    most_waiting: usize,
    taken: usize,
    waiting: VecDeque<u64>,
    next: u64,
}

/// What becomes of somebody who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// There was a place, and it is taken.
    In,
    /// To be woken under this number, or to [give up](Bulkhead::gave_up).
    Waits(u64),
    /// Too many wait already.
    Refused,
}

impl Bulkhead {
    /// So many places, and so many who may wait for one.
    pub const fn new(places: usize, most_waiting: usize) -> Self {
        Self { places, most_waiting, taken: 0, waiting: VecDeque::new(), next: 0 }
    }

    /// Somebody comes. Nobody overtakes who waits: while they do there is no place.
    pub fn enter(&mut self) -> Entry {
        if self.taken < self.places {
            self.taken += 1;
            Entry::In
        } else if self.waiting.len() < self.most_waiting {
            let number = self.next;
            self.next = self.next.wrapping_add(1);
            self.waiting.push_back(number);
            Entry::Waits(number)
        } else {
            Entry::Refused
        }
    }

    /// Somebody who was let in leaves. Who has the place now, to be woken.
    pub fn leave(&mut self) -> Option<u64> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.taken = self.taken.saturating_sub(1);
        }
        next
    }

    /// Somebody has waited for too long, or does not want to any more. Whether they waited still: otherwise they have a place, and
    /// [leave](Self::leave) it.
    pub fn gave_up(&mut self, number: u64) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| *waiting != number);
        self.waiting.len() < before
    }

    /// How many places are taken.
    pub const fn taken(&self) -> usize {
        self.taken
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
