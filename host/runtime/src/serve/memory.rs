//! How `--memory-budget` is shared: a few that take much, or many that do not, must not take all that the machine has.

use crate::budget::{Budget, Share};
use crate::unanswered::Unanswered;

/// What a request takes while it is worked on, for each byte of its body: the guest's copy, and what it reads from it. A JSON
/// document of small objects is ninety times its length when it has been read, others ten times.
const BODY_WEIGHT: usize = 64;

/// Bodies up to this have a quarter of the memory for themselves, so that those that are larger shut none of them out.
const SMALL: usize = 16 * 1024;

/// Who may take how much of a budget, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portions {
    /// The bodies of requests, what is read from them, and instances that there are when requests wait.
    pub(super) work: usize,
    /// Answers over HTTP/2 that their clients have yet to take. They are apart: clients that take nothing are no reason to refuse
    /// the requests of others.
    pub(super) answers: usize,
}

impl Portions {
    /// Of a budget.
    pub(super) fn of(budget: usize) -> Self {
        let answers = budget / 4;
        Self { work: budget - answers, answers }
    }
}

/// The least budget in which a body of so many bytes finds room, in bytes.
#[must_use]
pub fn least_budget(body: usize) -> usize {
    // A quarter is for answers, and a quarter of the rest for small bodies.
    body.saturating_mul(BODY_WEIGHT).div_ceil(9).saturating_mul(16)
}

/// The memory that requests take.
#[derive(Clone)]
pub(super) struct Memory(Budget);

/// What one request has taken of it.
pub(super) struct Taken(Share);

impl Memory {
    pub(super) fn new(budget: Budget) -> Self {
        Self(budget)
    }

    pub(super) fn none(&self) -> Taken {
        Taken(self.0.share())
    }
}

impl Taken {
    /// So much of a body has come.
    ///
    /// # Errors
    ///
    /// `Overloaded`: there is no memory for it now.
    pub(super) fn comes(&mut self, length: usize) -> Result<(), Unanswered> {
        self.grow(length, length)
    }

    /// All of it has come, and is worked on.
    ///
    /// # Errors
    ///
    /// `Overloaded`, as above.
    pub(super) fn works(&mut self, length: usize) -> Result<(), Unanswered> {
        self.grow(length, length.saturating_mul(BODY_WEIGHT))
    }

    fn grow(&mut self, length: usize, bytes: usize) -> Result<(), Unanswered> {
        self.0.grow(bytes, length <= SMALL).map_err(|_| Unanswered::Overloaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Large bodies take three quarters of the memory at most, whether they come or are worked on; small ones find the last
    /// quarter; and all is free again when they are gone.
    #[test]
    fn memory_is_shared() {
        const LARGE: usize = 1 << 20;
        let memory = Memory::new(Budget::new(4 * BODY_WEIGHT * LARGE));
        let mut large: Vec<Taken> = (0..4).map(|_| memory.none()).collect();
        for taken in &mut large {
            for length in [1, SMALL, LARGE / 2, LARGE] {
                assert_eq!(taken.comes(length), Ok(()));
            }
        }
        let works: Vec<bool> = large.iter_mut().map(|taken| taken.works(LARGE).is_ok()).collect();
        // The fourth still holds what has come of it.
        assert_eq!(works, [true, true, false, false]);
        large.truncate(3);
        large.pop();
        assert_eq!(memory.none().works(LARGE), Ok(()));

        let mut more = memory.none();
        assert_eq!(more.works(LARGE), Ok(()));
        assert_eq!(memory.none().comes(LARGE), Err(Unanswered::Overloaded));
        let mut small: Vec<Taken> = (0..64).map(|_| memory.none()).collect();
        assert!(small.iter_mut().all(|taken| taken.works(SMALL) == Ok(())));
        assert_eq!(memory.none().works(1), Err(Unanswered::Overloaded));

        drop((large, small, more));
        assert_eq!(memory.none().works(3 * LARGE), Ok(()));
    }

    /// Nobody gets more than there is, and the least budget there may be has room for the largest body.
    #[test]
    fn budgets() {
        for budget in [0, 1, 1023, 64 << 20, 512 << 20] {
            let Portions { work, answers } = Portions::of(budget);
            assert_eq!((work + answers, answers), (budget, budget / 4));
        }
        for body in [1, 1000, SMALL, SMALL + 1, 1 << 20, 8 << 20] {
            let least = least_budget(body).next_multiple_of(1 << 20);
            let fits = |budget| Memory::new(Budget::new(Portions::of(budget).work)).none().works(body).is_ok();
            assert!(fits(least), "{body} bytes in {least}");
            assert!(body < SMALL || !fits(least - (2 << 20)), "{body} bytes in less than {least}");
        }
    }
}
