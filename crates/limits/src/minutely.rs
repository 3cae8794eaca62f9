//! What is told at most once a minute, with how often it happened.

/// A minute, in milliseconds.
const MINUTE_MS: u64 = 60_000;

/// Something that happens often, and is told seldom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minutely {
    told_ms: Option<u64>,
    untold: u64,
}

impl Minutely {
    /// It has happened. Says how often since it was told last, when it is to be told now.
    pub fn happened(&mut self, now_ms: u64) -> Option<u64> {
        self.untold += 1;
        if self.told_ms.is_some_and(|told_ms| now_ms.saturating_sub(told_ms) < MINUTE_MS) {
            return None;
        }
        self.told_ms = Some(now_ms);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is told at once, and what follows once a minute, with how many they were.
    #[test]
    fn once_a_minute() {
        let mut often = Minutely::default();
        let told = [5, 6, 59_999, 60_004, 60_005, 60_006, 120_005, 500_000].map(|now| often.happened(now));
        assert_eq!(told, [Some(1), None, None, None, Some(4), None, Some(2), Some(1)]);
    }
}
