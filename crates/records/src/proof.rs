//! Whether a shared store is the one that it was.
//!
//! A store that was emptied, or has failed over to a server that was behind, answers as if nothing had been. So each bucket of it has
//! a [`Position`]: which life it leads, and how many steps a node has taken in it. Whoever takes a step says what it knows, and is told
//! what is so then. A store that is behind what a node knows has lost something, and begins another life in that step; whoever
//! learns of another life than it knew has to see to it that what it has sent is there.
//!
//! Each node counts its own steps, since a store that was put back is no longer behind once others have gone on with it.
//!
//! What nobody knows any more is not noticed: a node knows what it was last told, to within [`SAVE_MS`] when it was killed.

use std::collections::{BTreeMap, BTreeSet};

/// A ride that began before a bucket lost something, or so soon after it was noticed, may have had more there than there is, in seconds:
/// clocks differ.
pub const DOUBT_S: i64 = 60;

/// How late a node may be with noting positions, and with looking at what its other instances have noted, in milliseconds.
pub const SAVE_MS: u64 = 1_000;

/// How far a bucket of a store has come, for one node. Later ones are greater, of the same token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1 for the first life, and one more each time that something was lost. Below 2^53, as `steps`: scripts count in floating point.
    pub life: u64,
    /// How many steps the node has taken in this life.
    pub steps: u64,
    /// A number that no other life has.
    pub token: u64,
}

impl Position {
    /// Where a bucket is when a step begins. `found` is where it was, if anybody ever wrote to it; `known` is what whoever takes the
    /// step knows; a life that begins by it has `token`.
    #[must_use]
    pub fn begin(found: Option<Self>, known: Option<Self>, token: u64) -> Self {
        let lives = [found, known].into_iter().flatten().map(|position| position.life).max().unwrap_or_default();
        match found {
            Some(found) if !Self::has_lost(Some(found), known) => found,
            _ => Self { life: lives + 1, steps: 0, token },
        }
    }

    /// Whether a store that is here has lost what was there.
    const fn is_behind(self, known: Self) -> bool {
        self.life < known.life || (self.life == known.life && (self.token != known.token || self.steps < known.steps))
    }

    /// Whether a bucket that is here says when it lost something, because of what whoever takes the step knows.
    #[must_use]
    pub fn has_lost(found: Option<Self>, known: Option<Self>) -> bool {
        known.is_some_and(|known| found.is_none_or(|found| found.is_behind(known)))
    }

    /// After one more step.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { steps: self.steps + 1, ..self }
    }
}

/// A bucket of a city, by number.
pub type Bucket = (String, u32);

/// What an instance knows of where buckets are, and what the database of its node is to be told.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    known: BTreeMap<Bucket, Position>,
    unsaved: BTreeSet<Bucket>,
    saved_ms: u64,
    read_ms: Option<u64>,
}

impl Positions {
    /// Whether it is time to look at what other instances of the node have noted, before a step on a bucket: every [`SAVE_MS`], and when
    /// nothing is known of it, since who knows nothing notices nothing. A clock that was set back is borne.
    pub fn is_stale(&self, city: &str, bucket: u32, now_ms: u64) -> bool {
        self.read_ms.is_none_or(|read_ms| is_over(read_ms, now_ms)) || self.of(city, bucket).is_none()
    }

    /// Learns what the node has noted.
    pub fn read(&mut self, noted: impl IntoIterator<Item = (Bucket, Position)>, now_ms: u64) {
        for (bucket, position) in noted {
            let known = self.known.entry(bucket).or_insert(position);
            *known = position.max(*known);
        }
        self.read_ms = Some(now_ms);
    }

    /// What is known of a bucket.
    pub fn of(&self, city: &str, bucket: u32) -> Option<Position> {
        self.known.get(&(city.to_owned(), bucket)).copied()
    }

    /// Hears where a bucket is after a step. Whether it leads another life than was known: something was lost.
    pub fn heard(&mut self, city: &str, bucket: u32, position: Position) -> bool {
        let bucket = (city.to_owned(), bucket);
        let known = self.known.insert(bucket.clone(), position);
        match known {
            // An answer that was overtaken.
            Some(known) if known > position => {
                self.known.insert(bucket, known);
                return false;
            }
            Some(known) if known == position => return false,
            _ => {}
        }
        self.unsaved.insert(bucket);
        known.is_some_and(|known| known.life != position.life)
    }

    /// What is to be noted now: at once when a life is new, and otherwise now and then. To be noted in full, or told by
    /// [`unsaved`](Self::unsaved).
    pub fn to_save(&mut self, at_once: bool, now_ms: u64) -> Vec<(Bucket, Position)> {
        if self.unsaved.is_empty() || !(at_once || is_over(self.saved_ms, now_ms)) {
            return Vec::new();
        }
        self.saved_ms = now_ms;
        let unsaved = std::mem::take(&mut self.unsaved);
        unsaved
            .into_iter()
            .filter_map(|bucket| self.known.get(&bucket).copied().map(|position| (bucket, position)))
            .collect()
    }

    /// What was to be noted could not be: the next time.
    pub fn unsaved(&mut self, positions: Vec<(Bucket, Position)>) {
        self.unsaved.extend(positions.into_iter().map(|(bucket, _)| bucket));
    }
}

const fn is_over(since_ms: u64, now_ms: u64) -> bool {
    now_ms < since_ms || now_ms - since_ms >= SAVE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(life: u64, steps: u64, token: u64) -> Option<Position> {
        Some(Position { life, steps, token })
    }

    /// A bucket goes on where it was, unless somebody knows better: then it begins another life, which everybody can tell from all earlier
    /// ones.
    #[test]
    fn what_a_step_finds() {
        for (found, known, expected) in [
            // Nobody ever wrote here.
            (None, None, at(1, 0, 9)),
            // Nothing is known of it here, as on a new node.
            (at(3, 7, 5), None, at(3, 7, 5)),
            (at(3, 7, 5), at(3, 7, 5), at(3, 7, 5)),
            // Others have taken steps, or have noticed a loss.
            (at(3, 8, 5), at(3, 7, 5), at(3, 8, 5)),
            (at(4, 0, 6), at(3, 7, 5), at(4, 0, 6)),
            // Emptied; put back to what it was before; the same, before others noticed; begun by somebody who knew nothing.
            (None, at(3, 7, 5), at(4, 0, 9)),
            (at(3, 6, 5), at(3, 7, 5), at(4, 0, 9)),
            (at(2, 8, 4), at(3, 7, 5), at(4, 0, 9)),
            (at(1, 8, 4), at(1, 7, 5), at(2, 0, 9)),
        ] {
            assert_eq!(Some(Position::begin(found, known, 9)), expected, "{found:?} {known:?}");
        }
    }

    /// A loss is heard of once, by each instance that knew better; what was overtaken is no news.
    #[test]
    fn what_an_instance_hears() {
        let mut positions = Positions::default();
        let heard =
            |positions: &mut Positions, life, steps| positions.heard("c", 0, Position { life, steps, token: life });
        assert!(positions.is_stale("c", 0, 5_000));
        positions.read([(("c".to_owned(), 0), Position { life: 1, steps: 4, token: 1 })], 5_000);
        let is_stale = |bucket, now_ms| positions.is_stale("c", bucket, now_ms);
        assert!(!is_stale(0, 5_999) && is_stale(0, 6_000) && is_stale(0, 4_999) && is_stale(1, 5_999));
        assert!(!heard(&mut positions, 1, 3));
        assert_eq!(positions.of("c", 0), at(1, 4, 1));
        assert_eq!(positions.to_save(true, 5_000), []);
        assert!(!heard(&mut positions, 1, 6));
        assert!(heard(&mut positions, 2, 1));
        assert!(!heard(&mut positions, 2, 2));
        assert!(!heard(&mut positions, 1, 7), "a step that was taken before");
        assert!(!positions.heard("c", 1, Position { life: 8, steps: 1, token: 8 }), "nothing was known of it");
        assert_eq!(
            (positions.of("c", 0), positions.of("c", 1), positions.of("d", 0)),
            (at(2, 2, 2), at(8, 1, 8), None)
        );
    }

    /// What is new is noted now and then, what matters at once; what could not be is noted the next time.
    #[test]
    fn what_is_noted() {
        let mut positions = Positions::default();
        let position = Position { life: 1, steps: 1, token: 1 };
        positions.heard("c", 0, position);
        let noted = vec![(("c".to_owned(), 0), position)];
        assert_eq!(positions.to_save(false, 10_000), noted);
        assert_eq!(positions.to_save(true, 10_000), []);
        positions.unsaved(noted.clone());
        assert_eq!(positions.to_save(false, 10_999), []);
        assert_eq!(positions.to_save(false, 11_000), noted);
        positions.heard("c", 0, position.next());
        assert_eq!(positions.to_save(true, 11_001).len(), 1);
    }
}
