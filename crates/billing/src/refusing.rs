//! How often it is told that the store refuses.

use std::cell::RefCell;
use std::time::Duration;

/// How long the same is not told again.
const QUIET: Duration = Duration::from_secs(10);

/// What was told last, and when.
#[derive(Debug, Default)]
pub(crate) struct Refusing(RefCell<Option<(String, Duration)>>);

impl Refusing {
    /// Whether to tell what the store says now.
    pub(crate) fn is_news(&self, why: &str, now: Duration) -> bool {
        let mut told = self.0.borrow_mut();
        if told.as_ref().is_some_and(|(last, at)| last == why && now.saturating_sub(*at) < QUIET) {
            return false;
        }
        *told = Some((why.to_owned(), now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same is told now and then, anything else at once.
    #[test]
    fn now_and_then() {
        let refusing = Refusing::default();
        for (why, at, expected) in [
            ("full", 0, true),
            ("full", 9, false),
            ("full", 10, true),
            ("read-only", 11, true),
            ("read-only", 12, false),
            ("full", 12, true),
        ] {
            assert_eq!(refusing.is_news(why, Duration::from_secs(at)), expected, "{why} at {at}");
        }
    }
}
