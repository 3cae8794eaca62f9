//! What happens often is told seldom.

use std::collections::BTreeMap;

/// For how long the same is not told again, in milliseconds.
const QUIET_MS: u64 = 5_000;

/// The most kinds of things that are counted apart. What comes then is told as one kind.
const MOST_KINDS: usize = 64;

/// How often things of several kinds happened since each was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    kinds: BTreeMap<String, Told>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    at_ms: u64,
    untold: u64,
}

impl Tally {
    /// Something of a kind happened. How often it did without being told, when it is to be told now: the first time at once, and
    /// then every five seconds at most.
    pub fn happened(&mut self, kind: &str, now_ms: u64) -> Option<u64> {
        let known = self.kinds.contains_key(kind) || self.kinds.len() < MOST_KINDS;
        let kind = if known { kind } else { "" };
        match self.kinds.get_mut(kind) {
            // A clock that was set back is no reason to be silent.
            Some(told) if (told.at_ms..told.at_ms.saturating_add(QUIET_MS)).contains(&now_ms) => {
                told.untold += 1;
                None
            }
            Some(told) => {
                let untold = told.untold;
                *told = Told { at_ms: now_ms, untold: 0 };
                Some(untold)
            }
            None => {
                self.kinds.insert(kind.to_owned(), Told { at_ms: now_ms, untold: 0 });
                Some(0)
            }
        }
    }

    /// What happened and was not told, by kind: it is over, or this is the end.
    pub fn rest(&mut self) -> Vec<(String, u64)> {
        let kinds = std::mem::take(&mut self.kinds);
        kinds.into_iter().filter(|(_, told)| told.untold > 0).map(|(kind, told)| (kind, told.untold)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first of each kind is told at once, what follows every five seconds, with how many there were; nothing is lost.
    #[test]
    fn told_seldom() {
        let mut tally = Tally::default();
        for (kind, at, expected) in [
            ("mocked", 1_000, Some(0)),
            ("mocked", 1_001, None),
            ("refused", 1_001, Some(0)),
            ("mocked", 5_999, None),
            ("mocked", 6_000, Some(2)),
            ("mocked", 6_001, None),
            ("refused", 7_000, Some(0)),
            // The clock was set back.
            ("refused", 500, Some(0)),
        ] {
            assert_eq!(tally.happened(kind, at), expected, "{kind} at {at}");
        }
        assert_eq!(tally.rest(), [("mocked".to_owned(), 1)]);
        assert_eq!(tally.rest(), []);
        assert_eq!(tally.happened("mocked", 6_002), Some(0));
    }

    /// However many kinds there are, what is told is bounded.
    #[test]
    fn kinds_are_bounded() {
        let mut tally = Tally::default();
        let told = (0..10_000).filter(|kind| tally.happened(&format!("kind {kind}"), 0).is_some()).count();
        assert_eq!(told, MOST_KINDS + 1);
        assert_eq!(tally.rest(), [(String::new(), 10_000 - u64::try_from(told).unwrap_or_default())]);
    }
}
