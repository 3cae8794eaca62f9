//! How long calls of the store are waited for.

use crate::planted::{Bug, planted};
use std::time::Duration;

/// How long a read is worth waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It can be answered without, and nobody pays another amount: a page shows the total.
    Short,
    /// A bill is made from it, or it is what was asked for: late is not lost.
    Long,
}

/// How long the store may be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// A read that can be done without; and a read that cannot, at least.
    pub read: Duration,
    /// A write.
    pub write: Duration,
    /// A request in all, from its first call on.
    pub request: Duration,
}

/// How many writes keep a bill, one after the other: those of the documents that it names, at once, and its own.
const WRITES_OF_A_BILL: u32 = 2;

impl Deadlines {
    /// How long a read may take that begins at this time after the first call of its request. What a bill is made from may take
    /// all that is not needed to keep the bill.
    pub(crate) fn of_a_read(self, patience: Patience, elapsed: Duration) -> Duration {
        match patience {
            Patience::Long if !planted(Bug::LateIsLost) => {
                let writes = self.write.saturating_mul(WRITES_OF_A_BILL);
                let reads = self.request.saturating_sub(writes).max(self.read.min(self.request));
                reads.saturating_sub(elapsed)
            }
            _ => self.read.min(self.request.saturating_sub(elapsed)),
        }
    }

    /// How long a write may take that begins at this time after the first call of its request.
    pub(crate) fn of_a_write(self, elapsed: Duration) -> Duration {
        self.write.min(self.request.saturating_sub(elapsed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads of a bill leave two writes their time, and nothing takes more than its request has left.
    #[test]
    fn deadlines() {
        let ms = Duration::from_millis;
        // The variables: budget, read, write. How long after the first call. What a short read may take, a long one, a write.
        for (budget, read, write, elapsed, expected) in [
            (1000, 60, 250, 0, [60, 500, 250]),
            (1000, 60, 250, 5, [60, 495, 250]),
            (1000, 60, 250, 200, [60, 300, 250]),
            (1000, 60, 250, 490, [60, 10, 250]),
            // What is left is for the writes: the documents', and the bill's.
            (1000, 60, 250, 500, [60, 0, 250]),
            (1000, 60, 250, 750, [60, 0, 250]),
            (1000, 60, 250, 980, [20, 0, 20]),
            (1000, 60, 250, 1200, [0, 0, 0]),
            // A first read has the read deadline whatever the others are.
            (500, 60, 250, 0, [60, 60, 250]),
            (500, 60, 250, 40, [60, 20, 250]),
            (500, 700, 250, 0, [500, 500, 250]),
            (40, 60, 250, 0, [40, 40, 40]),
            (3000, 500, 1000, 0, [500, 1000, 1000]),
            (60_000, 10_000, 10_000, 0, [10_000, 40_000, 10_000]),
        ] {
            let deadlines = Deadlines { read: ms(read), write: ms(write), request: ms(budget) };
            let elapsed = ms(elapsed);
            let allowed = [
                deadlines.of_a_read(Patience::Short, elapsed),
                deadlines.of_a_read(Patience::Long, elapsed),
                deadlines.of_a_write(elapsed),
            ];
            assert_eq!(allowed, expected.map(ms), "{deadlines:?} after {elapsed:?}");
        }
    }
}
