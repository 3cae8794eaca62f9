//! What became of segments that were sent to SQLite. One statement adds them, and a second one looks; in between, the trip may
//! reach the end of its time and be swept out by whoever else writes.

use crate::MAX_SEGMENTS;

/// What the second statement sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The first that is there and says something else.
    pub conflict: Option<u64>,
    /// How many are not there.
    pub missing: u64,
    /// How many the trip has. `None` when there is no trip.
    pub held: Option<u64>,
}

/// What is to be told of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// All are there.
    All,
    /// One is in conflict with what is there.
    Conflict(u64),
    /// There is no room for them.
    TooMany,
    /// The trip they were added to, or in conflict with, has been forgotten since: they are to be sent again.
    Forgotten,
}

impl Seen {
    /// What became of them; `sent` is how many there are.
    pub fn tell(self, sent: usize) -> Added {
        let room = u64::from(MAX_SEGMENTS).saturating_sub(self.held.unwrap_or_default());
        match self {
            Self { conflict: Some(sequence), .. } => Added::Conflict(sequence),
            // A trip without segments is not there.
            Self { held: None, .. } => {
                if sent == 0 {
                    Added::All
                } else {
                    Added::Forgotten
                }
            }
            Self { missing: 0, .. } => Added::All,
            Self { missing, .. } if missing > room => Added::TooMany,
            Self { .. } => Added::Forgotten,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(conflict: Option<u64>, missing: u64, held: Option<u64>, sent: usize, expected: Added) {
        let seen = Seen { conflict, missing, held };
        assert_eq!(seen.tell(sent), expected, "{seen:?}, {sent} sent");
    }

    /// The fault that is told is the one there is, also when the trip was forgotten before anybody could look.
    #[test]
    fn the_right_fault_is_told() {
        check(None, 0, Some(3), 3, Added::All);
        check(None, 0, Some(3), 0, Added::All);
        check(None, 0, None, 0, Added::All);
        check(Some(2), 0, Some(3), 3, Added::Conflict(2));
        check(Some(2), 2, Some(3), 3, Added::Conflict(2));
        // Its time is over, and it was not swept out yet.
        check(Some(2), 2, None, 3, Added::Conflict(2));
        check(None, 1, Some(20_000), 1, Added::TooMany);
        check(None, 500, Some(19_501), 500, Added::TooMany);
        // There is room, so that is not why they are missing.
        check(None, 3, None, 3, Added::Forgotten);
        check(None, 3, Some(1), 3, Added::Forgotten);
        check(None, 500, Some(19_500), 500, Added::Forgotten);
        check(None, 0, None, 3, Added::Forgotten);
    }
}
