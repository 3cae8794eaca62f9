//! What is done when SQLite is busy: another connection writes.
//!
//! Each instance has connections of its own on Spin. SQLite lets one of them write at a time; the others ask again and again, at
//! longer and longer intervals, and Spin blocks the whole connection meanwhile. So SQLite waits for a moment only, and whoever asked asks
//! again, soon, until its caller gives up.

/// How long SQLite itself waits, in milliseconds.
pub const BUSY_MS: u32 = 100;

/// How often it is tried. A caller has given up long before.
const TRIES: u32 = 50;

/// The longest wait in between, in milliseconds.
const LONGEST_MS: u64 = 6;

/// How long to wait before a statement is tried again that failed with this text, in milliseconds; `None` when that is no use. `chance`
/// is any number: those who wait are not to ask at the same moment.
pub fn again_after_ms(text: &str, tried: u32, chance: u64) -> Option<u64> {
    let is_busy = text.contains("database is locked") || text.contains("table is locked");
    (is_busy && tried < TRIES).then(|| 1 + chance % LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What passes is tried again, for a while; what does not is told at once.
    #[test]
    fn what_is_tried_again() {
        for (text, tried, chance, expected) in [
            ("database is locked", 1, 0, Some(1)),
            ("database is locked", 1, 5, Some(6)),
            ("database table is locked: bill", 1, 6, Some(1)),
            ("database is locked", TRIES, 0, None),
            ("database or disk is full", 1, 0, None),
            ("interrupted", 1, 0, None),
        ] {
            assert_eq!(again_after_ms(text, tried, chance), expected, "{text} after {tried}");
        }
    }
}
