//! How much looking there may be: what conditions leave out can take longer to find than anybody waits.

/// There are more ways in which conditions can meet than can be looked at in reasonable time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooComplex;

/// How many comparisons of a condition with a fact are left.
#[derive(Debug)]
pub struct Budget(usize);

impl Budget {
    /// So many comparisons; a million take a few hundredths of a second.
    pub fn new(comparisons: usize) -> Self {
        Self(comparisons)
    }

    /// # Errors
    ///
    /// There are not as many left.
    pub(crate) fn spend(&mut self, comparisons: usize) -> Result<(), TooComplex> {
        self.0 = self.0.checked_sub(comparisons).ok_or(TooComplex)?;
        Ok(())
    }
}
