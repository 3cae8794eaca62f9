//! Memory that requests and instances share: each takes what it needs, as long as there is any.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is taken is counted in these, so that a count fits a semaphore.
const UNIT: usize = 1024;

/// So much memory, of which a quarter is for those who need little: whoever takes much shuts none of them out.
#[derive(Clone, Debug)]
pub struct Budget {
    all: Arc<Semaphore>,
    /// What those may take of it that need much.
    large: Arc<Semaphore>,
}

/// What one has taken of it. It is given back when this is dropped.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    all: Option<OwnedSemaphorePermit>,
    large: Option<OwnedSemaphorePermit>,
}

/// There is no more of it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no more memory now")
    }
}

impl Error for Exhausted {}

impl Budget {
    /// One of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let units = (bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self { all: Arc::new(Semaphore::new(units)), large: Arc::new(Semaphore::new(units / 4 * 3)) }
    }

    /// A share that has nothing yet.
    #[must_use]
    pub fn share(&self) -> Share {
        Share { budget: self.clone(), all: None, large: None }
    }
}

impl Share {
    /// Takes what it is short of so many bytes.
    ///
    /// # Errors
    ///
    /// There are not so many.
    pub fn grow(&mut self, bytes: usize, is_small: bool) -> Result<(), Exhausted> {
        let units = bytes.div_ceil(UNIT);
        if !is_small {
            take(&self.budget.large, &mut self.large, units)?;
        }
        take(&self.budget.all, &mut self.all, units)
    }
}

/// Takes what is missing to so many units.
fn take(from: &Arc<Semaphore>, taken: &mut Option<OwnedSemaphorePermit>, units: usize) -> Result<(), Exhausted> {
    let more = units.saturating_sub(taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
    if more == 0 {
        return Ok(());
    }
    let more = u32::try_from(more).map_err(|_| Exhausted)?;
    let more = Arc::clone(from).try_acquire_many_owned(more).map_err(|_| Exhausted)?;
    match taken {
        Some(taken) => taken.merge(more),
        None => *taken = Some(more),
    }
    Ok(())
}
