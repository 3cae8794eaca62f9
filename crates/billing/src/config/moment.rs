//! One moment of change: when which configuration is answered from, decided without clock, files or store.
//!
//! The instances of a node share rows in its database, one for each generation: a number, the moment from which it is in
//! force, and a manifest. An instance looks at the rows and at the files, at most this often and at least this often, on the
//! way of a request. Whoever finds new files enters them as the next generation, with a moment that lies so far ahead that
//! every instance has looked before it comes. Then all of them switch by the clock, in the same millisecond.
//!
//! ```text
//!   files change   seen    again: settled     entered           in force, everywhere
//!        |----------|-----------|----------------|-----------------------|
//!          <= STALE     SETTLE       store             LEAD                     <= 2 s in all
//! ```
//!
//! The lead is counted by the store, from when it writes the row: one that had to wait there is late, and as far ahead as
//! ever. A look that is late is waited for. So a busy machine changes later, and still at one moment.
//!
//! Without rows - a store that does not answer, or does not have any - an instance answers from the files that it has seen,
//! alone.

use super::texts::Manifest;
use crate::planted::{Bug, planted};
use std::collections::BTreeSet;
use std::rc::Rc;

/// After this long, in milliseconds, one request looks again while the others go on.
pub const LOOK_MS: u64 = 150;

/// After this long no request is answered before its instance has looked.
pub const STALE_MS: u64 = 250;

/// Files are looked at with the first look after this long: that takes ten times as long as looking at generations, which is
/// what an instance has to do in time.
pub const FILES_MS: u64 = 300;

/// How long files have to stay as they are before they are believed: whoever saves several does not save all at once, and
/// what is half written differs a moment later.
pub const SETTLE_MS: u64 = 100;

/// How far ahead the moment of change is when the store writes it down. [`STALE_MS`] after it can be read every instance has
/// seen it. A change that follows upon another waits for its moment, and then for its own.
pub const LEAD_MS: u64 = 700;

/// What is left over: how long the store may take from the moment at which it looks at its clock until others can read what it
/// wrote.
const COMMIT_MS: u64 = 400;

/// How long the store is waited for. A busy machine is not a broken store: whoever has to look is answered late rather than
/// from what may be over.
pub const CALL_MS: u64 = 1_000;

const _: () = assert!(STALE_MS + COMMIT_MS < LEAD_MS && LOOK_MS < STALE_MS && SETTLE_MS + 2 * LEAD_MS <= 1_700);

/// A configuration, and from when it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Counts up by one.
    pub number: u64,
    /// From when on, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it consists of.
    pub manifest: Rc<Manifest>,
}

/// Files, as a look found them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesSeen {
    /// Their versions. One that cannot be read has the version `""`.
    pub manifest: Manifest,
    /// Whether one of them was changed within [`SETTLE_MS`], so that others may be about to.
    pub young: bool,
}

/// Something that an instance has learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It begins to look.
    Began,
    /// It has looked.
    Looked {
        /// As of which moment it knows the generations: when the store looked, or when the look began.
        as_of_ms: u64,
        /// The newest generations; `None` when the store did not answer.
        rows: Option<Vec<Generation>>,
        /// The files; `None` when they could not be read, or were not looked at.
        files: Option<FilesSeen>,
    },
    /// A request has waited long enough for files that keep changing: they count as they are.
    OutOfPatience,
    /// What [`Action::Judge`] asked for.
    Judged {
        /// The generation that was to be followed, if there was one.
        against: Option<u64>,
        /// The files that were judged.
        files: Manifest,
        /// What of them can follow.
        good: Manifest,
    },
    /// All texts of a manifest are in the store.
    Entered {
        /// The generation that it is to follow.
        after: Option<u64>,
        /// What it consists of.
        manifest: Rc<Manifest>,
    },
    /// They are not, or a generation could not be proposed. It is tried again with the next look.
    NotEntered,
    /// This generation is kept under its number, whoever proposed it.
    Proposed(Generation),
    /// All texts of a generation are here.
    Loaded(u64),
    /// Not all of them can be had. It is tried again with the next look.
    NotLoaded(u64),
}

/// Something that an instance has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Get all texts of a generation.
    Load(Rc<Generation>),
    /// Answer from these files, until there is a generation.
    Alone(Rc<Manifest>),
    /// Look again when [`SETTLE_MS`] have passed.
    LookAgain,
    /// Find out which of the files can follow what there is.
    Judge {
        /// The generation that there is.
        against: Option<u64>,
        /// What it consists of.
        base: Rc<Manifest>,
        /// The files.
        files: Rc<Manifest>,
    },
    /// Put all texts of a manifest into the store.
    Enter {
        /// The generation that it is to follow.
        after: Option<u64>,
        /// What it consists of.
        manifest: Rc<Manifest>,
    },
    /// Propose a generation.
    Propose {
        /// Its number.
        number: u64,
        /// How far ahead it is.
        lead_ms: u64,
        /// What it consists of.
        manifest: Rc<Manifest>,
    },
}

/// What a request is answered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The files, as this instance has seen them.
    Alone,
    /// The generation of this number.
    Generation(u64),
}

/// Whether an instance has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It has looked.
    No,
    /// This request has to; others need not.
    Once,
    /// Every request has to.
    Always,
}

/// What an instance knows of generations and files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// As of which moment it knows the generations.
    looked: Option<u64>,
    /// When the look began that is not over.
    begun: Option<u64>,
    /// Whether the store answered when it was asked last.
    answered: bool,
    /// The one in force, and those that are newer, ascending.
    rows: Vec<Rc<Generation>>,
    /// The numbers of those that are loaded.
    loaded: BTreeSet<u64>,
    files: Option<Rc<Manifest>>,
    /// When they were looked at.
    files_looked: Option<u64>,
    /// Since when they have been as they are.
    files_since: Option<u64>,
    /// Whether that is long enough.
    settled: bool,
    alone: Option<Rc<Manifest>>,
    judged: Option<Judged>,
    /// Since when something is being entered.
    entering: Option<u64>,
}

/// What files have come to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Judged {
    against: Option<u64>,
    files: Manifest,
    good: Rc<Manifest>,
}

impl State {
    /// What is to be done about something that was learnt, and what is known then.
    #[must_use]
    pub fn step(mut self, observation: Observation, now_ms: u64) -> (Self, Vec<Action>) {
        let (mut actions, mut changed) = (Vec::new(), false);
        match observation {
            Observation::Began => self.begun = Some(now_ms),
            Observation::Looked { as_of_ms, rows, files } => {
                // What is known of an earlier moment may come later; and the clock may have been put back.
                let later = self.looked.filter(|looked| (as_of_ms..=now_ms).contains(looked));
                self.looked = Some(later.unwrap_or(as_of_ms));
                self.begun = None;
                self.answered = rows.is_some();
                rows.into_iter().flatten().for_each(|row| self.learn(row));
                if let Some(FilesSeen { manifest, young }) = files {
                    changed = self.see(manifest, young, now_ms);
                }
                if self.has_the_files() {
                    // Should they be broken as before once more, that is found out, and told, once more.
                    self.judged = None;
                }
                self.load(now_ms, &mut actions);
                self.follow(now_ms, &mut actions);
                // While there is nothing to answer from, they are looked at again by whoever waits for it.
                if changed && !self.settled && (!self.rows.is_empty() || self.alone.is_some()) {
                    actions.push(Action::LookAgain);
                }
            }
            Observation::OutOfPatience => {
                self.settled = true;
                _ = self.begin_alone(now_ms, &mut actions);
            }
            Observation::Judged { against, files, good } => {
                self.judged = Some(Judged { against, files, good: Rc::new(good) });
                self.follow(now_ms, &mut actions);
            }
            Observation::Entered { after, manifest } => {
                let newest = self.rows.last();
                if newest.map(|newest| newest.number) == after {
                    // The first one is in force at once: nobody answers from anything else.
                    let lead_ms = if newest.is_some() { LEAD_MS } else { 0 };
                    let number = after.unwrap_or(0).saturating_add(1);
                    actions.push(Action::Propose { number, lead_ms, manifest });
                } else {
                    // Another instance was faster. Were this one to propose all the same, it would be one too many.
                    self.entering = None;
                }
            }
            Observation::NotEntered => self.entering = None,
            Observation::Proposed(kept) => {
                self.entering = None;
                self.learn(kept);
                self.load(now_ms, &mut actions);
            }
            Observation::Loaded(number) => _ = self.loaded.insert(number),
            Observation::NotLoaded(_) => _ = self.begin_alone(now_ms, &mut actions),
        }
        self.forget(now_ms);
        (self, actions)
    }

    /// What a request that comes now is answered from; `None` when nothing is known yet.
    pub fn in_force(&self, now_ms: u64) -> Option<Source> {
        let loaded = || self.rows.iter().filter(|row| self.loaded.contains(&row.number));
        let generation = |row: &Rc<Generation>| Source::Generation(row.number);
        let by_now = loaded().rfind(|row| row.at_ms <= now_ms).map(generation);
        let alone = || self.alone.as_ref().map(|_| Source::Alone);
        // The clock was put back, most likely.
        by_now.or_else(alone).or_else(|| loaded().next().map(generation))
    }

    /// Whether something is still needed, or may be.
    pub fn holds(&self, source: Source) -> bool {
        match source {
            Source::Alone => self.alone.is_some(),
            Source::Generation(number) => self.loaded.contains(&number),
        }
    }

    /// Whether a request that comes now has to look before it is answered.
    pub fn due(&self, now_ms: u64) -> Due {
        let Some(looked) = self.looked else { return Due::Always };
        if self.in_force(now_ms).is_none() {
            return Due::Always;
        }
        let Some(age) = now_ms.checked_sub(looked) else { return Due::Always };
        // A store that does not answer is waited for by one request at a time, as long as there is always one that waits.
        let stale = if self.answered { STALE_MS } else { 2 * STALE_MS };
        if age >= stale {
            return Due::Always;
        }
        let waits = self.waiting().is_some_and(|newest| (looked + 1..=now_ms).contains(&newest.at_ms));
        let looks = self.begun.is_some_and(|begun| (begun..begun + CALL_MS).contains(&now_ms));
        if (age >= LOOK_MS || waits) && !looks { Due::Once } else { Due::No }
    }

    /// Whether a look that begins now has to look at the files as well.
    pub fn files_are_due(&self, now_ms: u64) -> bool {
        let looked = self.files_looked.filter(|looked| (*looked..looked + FILES_MS).contains(&now_ms));
        looked.is_none() || !self.settled
    }

    /// Whether the store answered when it was asked last.
    pub fn is_answered(&self) -> bool {
        self.answered
    }

    /// As of which moment it knows the generations.
    pub fn looked_ms(&self) -> Option<u64> {
        self.looked
    }

    /// The generation of a number, when it is known.
    pub fn known(&self, number: u64) -> Option<&Generation> {
        let at = self.rows.binary_search_by_key(&number, |known| known.number).ok()?;
        self.rows.get(at).map(|row| &**row)
    }

    /// Whether the files are what is in force, or is to come: then nothing is judged, and nothing of them is broken that was not
    /// so when they became it.
    pub fn has_the_files(&self) -> bool {
        let base = self.rows.last().map(|newest| &newest.manifest).or(self.alone.as_ref());
        self.files.is_some() && self.files.as_ref() == base
    }

    /// The newest generation that is known, in force or not.
    pub fn newest(&self) -> Option<&Generation> {
        self.rows.last().map(|row| &**row)
    }

    fn learn(&mut self, row: Generation) {
        match self.rows.binary_search_by_key(&row.number, |known| known.number) {
            // What is kept under a number stays.
            Ok(_) => {}
            Err(0) if !self.rows.is_empty() => {}
            Err(at) => self.rows.insert(at, Rc::new(row)),
        }
    }

    /// Loads what is in force, and whatever comes after it.
    fn load(&self, now_ms: u64, actions: &mut Vec<Action>) {
        let current = self.rows.iter().rposition(|row| row.at_ms <= now_ms).unwrap_or(0);
        let needed = self.rows.iter().skip(current).filter(|row| !self.loaded.contains(&row.number));
        actions.extend(needed.map(|row| Action::Load(Rc::clone(row))));
    }

    /// Sees to it that the files become the configuration.
    fn follow(&mut self, now_ms: u64, actions: &mut Vec<Action>) {
        let Some(files) = self.files.clone() else { return };
        let Some(newest) = self.rows.last().cloned() else { return self.follow_alone(&files, now_ms, actions) };
        let (against, base) = (Some(newest.number), Rc::clone(&newest.manifest));
        let Some(good) = self.good(against, &base, &files, actions) else { return };
        // There are never two generations ahead: a restart knows the newest two, and has to find the one in force.
        if good != newest.manifest && newest.at_ms <= now_ms {
            self.enter(good, now_ms, actions);
        }
    }

    fn follow_alone(&mut self, files: &Rc<Manifest>, now_ms: u64, actions: &mut Vec<Action>) {
        let alone = match self.alone.clone() {
            None => match self.begin_alone(now_ms, actions) {
                Some(first) => first,
                None => return,
            },
            Some(alone) => match self.good(None, &alone, files, actions) {
                Some(good) if good != alone => {
                    actions.push(Action::Alone(Rc::clone(&good)));
                    good
                }
                _ => alone,
            },
        };
        self.alone = Some(Rc::clone(&alone));
        if self.answered {
            self.enter(alone, now_ms, actions);
        }
    }

    /// Learns what the files are, and whether they have changed. They count when they have been the same for [`SETTLE_MS`],
    /// however many requests looked at them meanwhile; the first ones as well when nobody has touched them for as long.
    fn see(&mut self, manifest: Manifest, young: bool, now_ms: u64) -> bool {
        let changed = self.files.as_deref() != Some(&manifest);
        let untouched = self.files.is_none() && !young;
        if changed || self.files_since.is_none_or(|since| since > now_ms) {
            self.files_since = Some(now_ms);
            self.settled = untouched || planted(Bug::TakesHalfAnEdit);
        }
        self.settled |= self.files_since.is_some_and(|since| now_ms - since >= SETTLE_MS);
        self.files = Some(Rc::new(manifest));
        self.files_looked = Some(now_ms);
        changed
    }

    /// Answers from files when there is nothing else, and they count.
    fn begin_alone(&mut self, now_ms: u64, actions: &mut Vec<Action>) -> Option<Rc<Manifest>> {
        if !self.settled || self.in_force(now_ms).is_some() {
            return None;
        }
        let first = Rc::new(readable(self.files.as_deref()?));
        actions.push(Action::Alone(Rc::clone(&first)));
        self.alone = Some(Rc::clone(&first));
        Some(first)
    }

    /// What the files come to after a base; `None`, and what there is to do about it, when that is not known.
    fn good(
        &self,
        against: Option<u64>,
        base: &Rc<Manifest>,
        files: &Rc<Manifest>,
        actions: &mut Vec<Action>,
    ) -> Option<Rc<Manifest>> {
        if files == base {
            return Some(Rc::clone(base));
        }
        if !self.settled {
            return None;
        }
        let judged = self.judged.as_ref().filter(|judged| judged.against == against && judged.files == **files);
        if judged.is_none() {
            let (base, files) = (Rc::clone(base), Rc::clone(files));
            actions.push(Action::Judge { against, base, files });
        }
        judged.map(|judged| Rc::clone(&judged.good))
    }

    fn enter(&mut self, manifest: Rc<Manifest>, now_ms: u64, actions: &mut Vec<Action>) {
        // What was begun a while ago is lost: its instance's time was up, or the store's.
        let under_way = self.entering.is_some_and(|since| (since..since + LEAD_MS).contains(&now_ms));
        if !under_way {
            self.entering = Some(now_ms);
            let after = self.rows.last().map(|newest| newest.number);
            actions.push(Action::Enter { after, manifest });
        }
    }

    /// The newest generation, when there is a next one that waits for it to be in force.
    fn waiting(&self) -> Option<&Generation> {
        let newest = self.rows.last()?;
        let judged = self.judged.as_ref()?;
        (judged.against == Some(newest.number) && judged.good != newest.manifest).then_some(newest)
    }

    /// Drops what nobody will need any more.
    fn forget(&mut self, now_ms: u64) {
        if let Some(Source::Generation(current)) = self.in_force(now_ms) {
            self.rows.retain(|row| row.number >= current);
            self.loaded.retain(|number| *number >= current);
            if self.rows.first().is_some_and(|row| row.at_ms <= now_ms) {
                self.alone = None;
            }
        }
    }
}

/// The files that could be read.
fn readable(files: &Manifest) -> Manifest {
    files
        .iter()
        .filter(|(_, version)| !version.is_empty())
        .map(|(path, version)| (path.clone(), version.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
