//! How long to wait before trying again.

/// Waits that double with each failure in a row, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first_ms: u64,
    last_ms: u64,
    next_ms: u64,
}

impl Backoff {
    /// Waits from `first_ms` to `last_ms` milliseconds.
    pub const fn new(first_ms: u64, last_ms: u64) -> Self {
        Self { first_ms, last_ms, next_ms: first_ms }
    }

    /// It failed again: how long to wait now, in milliseconds.
    pub fn failed(&mut self) -> u64 {
        let wait_ms = self.next_ms.min(self.last_ms);
        self.next_ms = wait_ms.saturating_mul(2).min(self.last_ms);
        wait_ms
    }

    /// It worked.
    pub const fn worked(&mut self) {
        self.next_ms = self.first_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice as long each time, to a limit; and from the beginning once it worked.
    #[test]
    fn doubles() {
        let mut backoff = Backoff::new(50, 500);
        assert_eq!([(); 6].map(|()| backoff.failed()), [50, 100, 200, 400, 500, 500]);
        backoff.worked();
        assert_eq!(backoff.failed(), 50);
    }
}
