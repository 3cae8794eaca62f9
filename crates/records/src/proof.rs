//! Whether a shared store is the one that it was.
//!
//! A store that was emptied, or has failed over to a server that was behind, answers as if nothing had been. So each bucket of it has
//! a [`Position`]: which life it leads, and how many steps a node has taken in it. Whoever takes a step says what it knows, and is told
//! what is so then. A store that is behind what a node knows has lost something, and begins another life in that step; whoever
//! learns of another life than it knew has to see to it that what it has sent is there.
//!
//! Each node counts its own steps, since a store that was put back is no longer behind once others have gone on with it. And its last
//! steps are marked, since a node is several instances: one that has not heard of the steps that were lost takes others in their place.
//!
//! What nobody knows any more is not noticed: a node knows what it was last told, to within [`SAVE_MS`] when it was killed.

use std::collections::{BTreeMap, BTreeSet};

/// A ride that began before a bucket lost something, or so soon after it was noticed, may have had more there than there is, in seconds:
/// clocks differ.
pub const DOUBT_S: i64 = 60;

/// How late a node may be with noting positions, and with looking at what its other instances have noted, in milliseconds.
pub const SAVE_MS: u64 = 1_000;

/// How many of a node's last steps a bucket can tell from others that were taken in their place.
pub const MARKS: usize = 64;

/// How far a bucket of a store has come, for one node. Later ones are greater, of the same token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1 for the first life, and one more each time that something was lost. Below 2^53, as `steps`: scripts count in floating point.
    pub life: u64,
    /// How many steps the node has taken in this life.
    pub steps: u64,
    /// A number that no other life has.
    pub token: u64,
    /// What the last of the steps was marked with, 0 to 9999. Of no meaning after none.
    pub mark: u16,
}

/// A bucket as a store has it, for one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// Which one it is, from 1.
    pub number: u64,
    /// A number that no other life has.
    pub token: u64,
    /// How many steps the node has taken in it.
    pub steps: u64,
    /// What the last [`MARKS`] of them were marked with, the latest last.
    pub marks: Vec<u16>,
}

impl Life {
    /// The life that a bucket leads when a step begins. `found` is the one that it led, if anybody ever wrote to it; `known` is what whoever
    /// takes the step knows; a life that begins by it has `token`.
    #[must_use]
    pub fn begin(found: Option<Self>, known: &[Position], token: u64) -> Self {
        let lives = known.iter().map(|known| known.life).chain(found.as_ref().map(|found| found.number)).max();
        match found {
            Some(found) if !known.iter().any(|known| found.is_behind(*known)) => found,
            _ => Self { number: lives.unwrap_or_default() + 1, token, steps: 0, marks: Vec::new() },
        }
    }

    /// Whether a bucket that is found like this says when it lost something, because of what whoever takes the step knows.
    #[must_use]
    pub fn has_lost(found: Option<&Self>, known: &[Position]) -> bool {
        known.iter().any(|known| found.is_none_or(|found| found.is_behind(*known)))
    }

    /// Whether a store that is here has lost what was there: it is not as far, or has gone another way since.
    fn is_behind(&self, known: Position) -> bool {
        let is_other = || self.token != known.token || self.mark_of(known.steps).is_some_and(|mark| mark != known.mark);
        self.number < known.life || (self.number == known.life && (self.steps < known.steps || is_other()))
    }

    /// What a step was marked with; `None` when that is not known, or no longer.
    fn mark_of(&self, step: u64) -> Option<u16> {
        let since = usize::try_from(self.steps.checked_sub(step)?).ok()?;
        self.marks.iter().rev().nth(since).copied()
    }

    /// Takes one more step, with a random number.
    pub fn step(&mut self, random: u64) {
        self.steps += 1;
        self.marks.push(u16::try_from(random % 10_000).unwrap_or_default());
        let old = self.marks.len().saturating_sub(MARKS);
        self.marks.drain(..old);
    }

    /// Where the bucket is.
    #[must_use]
    pub fn position(&self) -> Position {
        let mark = self.marks.last().copied().unwrap_or_default();
        Position { life: self.number, steps: self.steps, token: self.token, mark }
    }
}

/// A bucket of a city, by number.
pub type Bucket = (String, u32);

/// What an instance knows of where a bucket is. What it has heard itself is not forgotten for what others have noted: another instance may
/// have gone as far since, in the place of steps that were lost.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    heard: Option<Position>,
    noted: Option<Position>,
}

/// What an instance knows of where buckets are, and what the database of its node is to be told.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    known: BTreeMap<Bucket, Known>,
    unsaved: BTreeSet<Bucket>,
    saved_ms: u64,
    read_ms: Option<u64>,
}

impl Positions {
    /// Whether it is time to look at what other instances of the node have noted, before a step on a bucket: every [`SAVE_MS`], and when
    /// nothing is known of it, since who knows nothing notices nothing. A clock that was set back is borne.
    pub fn is_stale(&self, city: &str, bucket: u32, now_ms: u64) -> bool {
        self.read_ms.is_none_or(|read_ms| is_over(read_ms, now_ms)) || self.of(city, bucket).is_empty()
    }

    /// Learns what the node has noted.
    pub fn read(&mut self, noted: impl IntoIterator<Item = (Bucket, Position)>, now_ms: u64) {
        for (bucket, position) in noted {
            let known = self.known.entry(bucket).or_default();
            known.noted = known.noted.max(Some(position));
        }
        self.read_ms = Some(now_ms);
    }

    /// What is known of a bucket: nothing, what this instance has heard, what others have noted, or both.
    pub fn of(&self, city: &str, bucket: u32) -> Vec<Position> {
        let known = self.known.get(&(city.to_owned(), bucket)).copied().unwrap_or_default();
        let noted = known.noted.filter(|noted| Some(*noted) != known.heard);
        known.heard.into_iter().chain(noted).collect()
    }

    /// Hears where a bucket is after a step. Whether it leads a later life than was known: something was lost.
    pub fn heard(&mut self, city: &str, bucket: u32, position: Position) -> bool {
        let bucket = (city.to_owned(), bucket);
        let known = self.known.entry(bucket.clone()).or_default();
        let life = known.heard.max(known.noted).map(|known| known.life);
        // An answer may have been overtaken; and of two answers that are as far, one is of a step that was lost.
        let is_further = |heard: Position| (heard.life, heard.steps) < (position.life, position.steps);
        if known.heard.is_none_or(is_further) {
            known.heard = Some(position);
            self.unsaved.insert(bucket);
        }
        life.is_some_and(|life| life < position.life)
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
            .filter_map(|bucket| self.known.get(&bucket).and_then(|known| known.heard).map(|heard| (bucket, heard)))
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

    const fn at(life: u64, steps: u64, token: u64, mark: u16) -> Position {
        Position { life, steps, token, mark }
    }

    fn life(number: u64, token: u64, steps: u64, marks: &[u16]) -> Life {
        Life { number, token, steps, marks: marks.to_vec() }
    }

    /// A bucket goes on where it was, unless somebody knows better: then it begins another life, which everybody can tell from all earlier
    /// ones.
    #[test]
    fn what_a_step_finds() {
        let check = |found: Option<Life>, known: &[Position], expected: Option<u64>| {
            let begun = expected.map(|number| life(number, 9, 0, &[])).or_else(|| found.clone());
            assert_eq!(Some(Life::begin(found.clone(), known, 9)), begun, "{found:?} {known:?}");
            assert_eq!(Life::has_lost(found.as_ref(), known), expected.is_some_and(|_| !known.is_empty()));
        };
        let third = |steps, marks: &[u16]| Some(life(3, 5, steps, marks));
        // Nobody ever wrote here.
        check(None, &[], Some(1));
        // Nothing is known of it here, as on a new node.
        check(third(7, &[4]), &[], None);
        check(third(7, &[4]), &[at(3, 7, 5, 4)], None);
        // Others have taken steps, or have noticed a loss.
        check(third(8, &[4, 6]), &[at(3, 7, 5, 4)], None);
        check(Some(life(4, 6, 0, &[])), &[at(3, 7, 5, 4)], None);
        // Emptied; put back to what it was before; the same, before others noticed; begun by somebody who knew nothing.
        check(None, &[at(3, 7, 5, 4)], Some(4));
        check(third(6, &[3]), &[at(3, 7, 5, 4)], Some(4));
        check(Some(life(2, 4, 8, &[4])), &[at(3, 7, 5, 4)], Some(4));
        check(Some(life(1, 4, 8, &[4, 6])), &[at(1, 7, 5, 4)], Some(2));
        // Put back, and as far again; further; and with one of two that are known.
        check(third(7, &[6]), &[at(3, 7, 5, 4)], Some(4));
        check(third(9, &[3, 6, 7, 8]), &[at(3, 7, 5, 4)], Some(4));
        check(third(9, &[3, 6, 7, 8]), &[at(3, 7, 5, 4), at(3, 9, 5, 8)], Some(4));
        check(third(9, &[3, 4, 7, 8]), &[at(3, 7, 5, 4), at(3, 9, 5, 8)], None);
        // So long ago that nobody can tell; known by somebody who has counted nothing; and counted before there were marks.
        check(third(9, &[7, 8]), &[at(3, 7, 5, 4)], None);
        check(third(9, &[7, 8]), &[at(3, 0, 5, 4)], None);
        check(third(7, &[]), &[at(3, 7, 5, 4)], None);
    }

    /// A step is marked with four digits of a random number, and as many are remembered as are of use.
    #[test]
    fn steps_are_marked() {
        let mut life = Life::begin(None, &[], 9);
        assert_eq!(life.position(), at(1, 0, 9, 0));
        for mark in 1..=70_u16 {
            life.step(1_230_000 + u64::from(mark));
            assert_eq!(life.position(), at(1, u64::from(mark), 9, mark));
        }
        assert_eq!(
            (life.mark_of(6), life.mark_of(7), life.mark_of(70), life.mark_of(71)),
            (None, Some(7), Some(70), None)
        );
    }

    /// A loss is heard of once, by each instance that knew better; what was overtaken is no news; and what an instance has heard is not
    /// forgotten for what others have noted.
    #[test]
    fn what_an_instance_hears() {
        let mut positions = Positions::default();
        let heard = |positions: &mut Positions, life, steps| positions.heard("c", 0, at(life, steps, life, 0));
        assert!(positions.is_stale("c", 0, 5_000));
        positions.read([(("c".to_owned(), 0), at(1, 4, 1, 0))], 5_000);
        let is_stale = |bucket, now_ms| positions.is_stale("c", bucket, now_ms);
        assert!(!is_stale(0, 5_999) && is_stale(0, 6_000) && is_stale(0, 4_999) && is_stale(1, 5_999));
        assert!(!heard(&mut positions, 1, 3));
        assert_eq!(positions.of("c", 0), [at(1, 3, 1, 0), at(1, 4, 1, 0)]);
        assert!(!heard(&mut positions, 1, 6));
        assert!(!positions.heard("c", 0, at(1, 6, 1, 7)), "one of the two was lost: the next step tells");
        positions.read([(("c".to_owned(), 0), at(1, 9, 1, 8))], 6_000);
        assert_eq!(positions.of("c", 0), [at(1, 6, 1, 0), at(1, 9, 1, 8)]);
        assert!(heard(&mut positions, 2, 1));
        assert!(!heard(&mut positions, 2, 2));
        assert!(!heard(&mut positions, 1, 7), "a step that was taken before");
        assert!(!positions.heard("c", 1, at(8, 1, 8, 0)), "nothing was known of it");
        assert_eq!(positions.of("c", 0), [at(2, 2, 2, 0), at(1, 9, 1, 8)]);
        assert_eq!((positions.of("c", 1), positions.of("d", 0)), (vec![at(8, 1, 8, 0)], vec![]));
    }

    /// What is new is noted now and then, what matters at once; what could not be is noted the next time.
    #[test]
    fn what_is_noted() {
        let mut positions = Positions::default();
        let position = at(1, 1, 1, 0);
        positions.heard("c", 0, position);
        let noted = vec![(("c".to_owned(), 0), position)];
        assert_eq!(positions.to_save(false, 10_000), noted);
        assert_eq!(positions.to_save(true, 10_000), []);
        positions.unsaved(noted.clone());
        assert_eq!(positions.to_save(false, 10_999), []);
        assert_eq!(positions.to_save(false, 11_000), noted);
        positions.heard("c", 0, at(1, 2, 1, 0));
        assert_eq!(positions.to_save(true, 11_001).len(), 1);
    }
}
