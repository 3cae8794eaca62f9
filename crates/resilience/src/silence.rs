//! Calls in a row that nobody waited for to the end.

/// So many calls given up on in a row, none answered in between, are no coincidence. More than one bill asks for at once, so that
/// one slow moment is not taken for an outage by the one request that met it.
///
/// Everybody who decides that something is dead decides by this: the breaker, the link of the host to Redis, and the store's
/// connection.
pub const GIVEN_UP: u32 = 4;

/// How many calls were given up on since the last answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    given_up: u32,
    /// When the first of them began, in milliseconds.
    since_ms: Option<u64>,
}

impl Silence {
    /// There was an answer.
    pub const fn answered(&mut self) {
        *self = Self { given_up: 0, since_ms: None };
    }

    /// A call that began at `began_ms` was given up on. Whether that is enough: [`GIVEN_UP`] in a row, and `least_ms` since the
    /// first of them began.
    pub fn given_up(&mut self, began_ms: u64, now_ms: u64, least_ms: u64) -> bool {
        self.given_up = self.given_up.saturating_add(1);
        let since_ms = self.since_ms.map_or(began_ms, |since_ms| since_ms.min(began_ms));
        self.since_ms = Some(since_ms);
        self.given_up >= GIVEN_UP && now_ms.saturating_sub(since_ms) >= least_ms
    }

    /// How many were given up on since the last answer.
    pub const fn count(self) -> u32 {
        self.given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer in between starts the count anew; few, or many within a moment, are not enough.
    #[test]
    fn in_a_row_and_for_a_while() {
        let mut silence = Silence::default();
        for at in [10, 20, 30] {
            assert!(!silence.given_up(at, at + 60, 0));
        }
        silence.answered();
        assert_eq!(silence, Silence::default());
        for (began, now, expected) in
            [(100, 160, false), (110, 170, false), (120, 180, false), (130, 190, false), (900, 1_100, true)]
        {
            assert_eq!(silence.given_up(began, now, 1_000), expected, "began at {began}");
        }
        assert_eq!(silence.count(), 5);
        // The first to begin counts, not the first to be given up on.
        let mut silence = Silence::default();
        for began in [500, 500, 0] {
            assert!(!silence.given_up(began, 1_000, 1_000));
        }
        assert!(silence.given_up(500, 1_000, 1_000));
    }
}
