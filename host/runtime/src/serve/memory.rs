//! How much memory the bodies of requests may take, all together: a few that are large, or many that are not, must not take all
//! that the machine has.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::unanswered::Unanswered;

/// What is taken is counted in these, so that a count fits a semaphore.
const UNIT: usize = 1024;

/// What a request takes while it is worked on, for each byte of its body: the guest's copy, and what it reads from it. A JSON
/// document of small objects is ninety times its length when it has been read, others ten times.
pub const BODY_WEIGHT: usize = 64;

/// Bodies up to this have a quarter of the memory for themselves, so that those that are larger shut none of them out.
const SMALL: usize = 16 * 1024;

#[derive(Clone)]
pub(super) struct Memory {
    all: Arc<Semaphore>,
    /// What those that are not small may take of it.
    large: Arc<Semaphore>,
}

/// What one request has taken of it.
pub(super) struct Taken {
    memory: Memory,
    all: Option<OwnedSemaphorePermit>,
    large: Option<OwnedSemaphorePermit>,
}

impl Memory {
    pub(super) fn new(bytes: usize) -> Self {
        let units = (bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self { all: Arc::new(Semaphore::new(units)), large: Arc::new(Semaphore::new(units / 4 * 3)) }
    }

    pub(super) fn none(&self) -> Taken {
        Taken { memory: self.clone(), all: None, large: None }
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
        let units = bytes.div_ceil(UNIT);
        take(&self.memory.all, &mut self.all, units)?;
        if length > SMALL {
            take(&self.memory.large, &mut self.large, units)?;
        }
        Ok(())
    }
}

/// Takes what is missing to so many units.
fn take(from: &Arc<Semaphore>, taken: &mut Option<OwnedSemaphorePermit>, units: usize) -> Result<(), Unanswered> {
    let more = units.saturating_sub(taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
    if more == 0 {
        return Ok(());
    }
    let more = u32::try_from(more).map_err(|_| Unanswered::Overloaded)?;
    let more = Arc::clone(from).try_acquire_many_owned(more).map_err(|_| Unanswered::Overloaded)?;
    match taken {
        Some(taken) => taken.merge(more),
        None => *taken = Some(more),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Large bodies take three quarters of the memory at most, whether they come or are worked on; small ones find the last
    /// quarter; and all is free again when they are gone.
    #[test]
    fn memory_is_shared() {
        const LARGE: usize = 1 << 20;
        let memory = Memory::new(4 * BODY_WEIGHT * LARGE);
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
}
