//! What is not asked for a while, because it does not answer.
//!
//! All instances of a node share a [`Row`] for each [`Kind`] of call, in the node's own database. An instance has a
//! [`Breaker`]: a copy of the row, and counters. Rows change by comparing the generation and swapping, so of two who
//! would change one, one does; the other learns what is so.
//!
//! ```text
//!            GIVEN_UP in a row, or the first within PROBATION_MS
//!   closed ------------------------------------------------------> open
//!      ^                                                            | a call is refused while somebody failed within TRUST_MS
//!      |       answered                                             | one instance in all asks every PROBE_MS: it has the lease
//!      +------------------------------------------------------------+
//! ```
//!
//! A refusal needs a failure that is fresh. Where nobody has asked for a while nothing is known, and whoever comes next asks: a
//! bill is not made without its ride because of what was so an hour ago.
//!
//! What was begun under one generation says nothing about a later one: neither a call that fails long after others have
//! answered, nor one that is answered long after the breaker opened.

use crate::Silence;

/// For how long after a failure calls are refused, in milliseconds.
pub const TRUST_MS: u64 = 1_500;

/// How long after a failure it is tried again, in milliseconds.
pub const PROBE_MS: u64 = 500;

/// For how long one instance alone tries, in milliseconds. Then another one may: the first may have ended.
pub const LEASE_MS: u64 = 1_000;

/// For how long after it closed the first failure opens it again, in milliseconds.
pub const PROBATION_MS: u64 = 5_000;

/// How often an instance looks at the rows, in milliseconds.
pub const LOOK_MS: u64 = 250;

/// How long an instance may take over a probe that it began, lease and all, before it begins another, in milliseconds.
const PROBING_MS: u64 = 2_000;

/// What kind of call it is. One that works says nothing about the others: a server whose writes are paused is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing is changed by it.
    Reads,
    /// Segments are added to a trip.
    MeterWrites,
    /// Every other write: bills, documents, quotes.
    Posts,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reads, Self::MeterWrites, Self::Posts];

    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::MeterWrites => "meter-writes",
            Self::Posts => "posts",
        }
    }

    /// The kind that is written so.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What the instances of a node know of a kind of call. Moments are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// One more with each change.
    pub generation: u64,
    /// Whether calls may be refused.
    pub is_open: bool,
    /// Since when that is so.
    pub since_ms: u64,
    /// When a call failed last, while it is open.
    pub failed_ms: u64,
    /// Until when one instance alone tries whether it works again.
    pub lease_ms: u64,
    /// Which one: a number that no other has.
    pub holder: u64,
    /// How often it has opened.
    pub opened: u64,
    /// Why it is open, or was last.
    pub why: String,
}

impl Row {
    /// Whether a call is refused: it is open, and somebody failed just now.
    pub const fn refuses(&self, now_ms: u64) -> bool {
        // Saturating: a failure to come was entered by a clock that was set back since. It is not for long.
        self.is_open
            && now_ms.saturating_sub(self.failed_ms) < TRUST_MS
            && self.failed_ms < now_ms.saturating_add(TRUST_MS)
    }

    /// Whether it is time to try whether it works again, and nobody does.
    pub const fn is_probe_due(&self, now_ms: u64) -> bool {
        let is_old = self.failed_ms > now_ms || now_ms - self.failed_ms >= PROBE_MS;
        self.is_open && is_old && !self.is_leased(now_ms)
    }

    const fn is_leased(&self, now_ms: u64) -> bool {
        self.lease_ms > now_ms && self.lease_ms <= now_ms.saturating_add(LEASE_MS)
    }

    /// Whether one failure is enough: it has been open until just now.
    const fn is_on_probation(&self, now_ms: u64) -> bool {
        self.opened > 0 && !self.is_open && now_ms.saturating_sub(self.since_ms) < PROBATION_MS
    }

    fn next(&self) -> Self {
        Self { generation: self.generation.saturating_add(1), lease_ms: 0, holder: 0, ..self.clone() }
    }

    fn failing(&self, why: &str, now_ms: u64) -> Self {
        let next = self.next();
        if self.is_open {
            return Self { failed_ms: now_ms, why: why.to_owned(), ..next };
        }
        let opened = self.opened.saturating_add(1);
        Self { is_open: true, since_ms: now_ms, failed_ms: now_ms, opened, why: why.to_owned(), ..next }
    }

    fn closed(&self, now_ms: u64) -> Self {
        Self { is_open: false, since_ms: now_ms, ..self.next() }
    }
}

/// A row that is to take the place of the one of this generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The generation of the row that it was made from.
    pub expected: u64,
    /// What is to be there.
    pub row: Row,
}

/// A call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    generation: u64,
    began_ms: u64,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// There was an answer, be it a refusal.
    Answered,
    /// There was none, or it was that nobody is there.
    Failed(&'a str),
}

/// A breaker, as an instance has it.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    row: Row,
    silence: Silence,
    /// How many calls were refused since it opened, by this instance.
    refused: u64,
    /// Since when this instance has been about to try whether it works again.
    probing_ms: Option<u64>,
}

impl Breaker {
    /// What is known.
    pub const fn row(&self) -> &Row {
        &self.row
    }

    /// How many calls this instance refused since it opened last.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Lets a call through, or refuses it.
    ///
    /// # Errors
    ///
    /// Why it is refused.
    pub fn admit(&mut self, now_ms: u64) -> Result<Pass, &str> {
        if self.row.refuses(now_ms) {
            self.refused = self.refused.saturating_add(1);
            return Err(&self.row.why);
        }
        Ok(Pass { generation: self.row.generation, began_ms: now_ms })
    }

    /// Hears what became of a call. What is to be entered for all, if anything changes by it; it counts here at once.
    pub fn heard(&mut self, pass: Pass, heard: Heard<'_>, now_ms: u64) -> Option<Change> {
        if pass.generation != self.row.generation {
            // An answer is no failure, whenever it was asked for.
            if heard == Heard::Answered && !self.row.is_open {
                self.silence.answered();
            }
            return None;
        }
        match heard {
            Heard::Answered if self.row.is_open => Some(self.turn(self.row.closed(now_ms))),
            Heard::Answered => {
                self.silence.answered();
                None
            }
            Heard::Failed(why) => {
                let enough = self.silence.given_up(pass.began_ms, now_ms, 0);
                let enough = enough || self.row.is_open || self.row.is_on_probation(now_ms);
                enough.then(|| self.turn(self.row.failing(why, now_ms)))
            }
        }
    }

    /// Whether this instance should try whether it works again: what it has to enter first, so that no other does.
    pub fn probe(&mut self, holder: u64, now_ms: u64) -> Option<Change> {
        if self.row.is_probe_due(now_ms) { self.probe_at_once(holder, now_ms) } else { None }
    }

    /// The same before it is time: another kind of call was answered.
    pub fn probe_at_once(&mut self, holder: u64, now_ms: u64) -> Option<Change> {
        let is_probing = self.probing_ms.is_some_and(|since| (since..since + PROBING_MS).contains(&now_ms));
        if is_probing || !self.row.is_open || self.row.is_leased(now_ms) {
            return None;
        }
        self.probing_ms = Some(now_ms);
        let lease_ms = now_ms.saturating_add(LEASE_MS);
        let expected = self.row.generation;
        Some(Change { expected, row: Row { lease_ms, holder, ..self.row.next() } })
    }

    /// Hears what is there in the place of a change that was to be entered. Whether it is this one.
    pub fn settled(&mut self, change: &Change, kept: Row) -> bool {
        let is_ours = change.row == kept;
        if !is_ours {
            self.probing_ms = None;
        }
        // Once more has happened here, what was entered before it is old.
        if self.row.generation <= change.row.generation {
            self.learn_whatever(kept);
        }
        is_ours
    }

    /// The change could not be entered, because the database does not answer. This instance goes by itself.
    pub fn unsettled(&mut self, change: &Change) {
        if self.row.generation <= change.row.generation {
            self.row = change.row.clone();
        }
    }

    /// Hears what came of trying, under a lease that was entered as `leased`.
    pub fn probed(&mut self, leased: &Row, heard: Heard<'_>, now_ms: u64) -> Option<Change> {
        self.probing_ms = None;
        // Every change gives the lease back.
        if self.row.holder != leased.holder {
            return None;
        }
        Some(match heard {
            Heard::Answered => self.turn(self.row.closed(now_ms)),
            Heard::Failed(why) => self.turn(self.row.failing(why, now_ms)),
        })
    }

    /// Hears what is there. Whether that is news.
    pub fn learn(&mut self, row: Row) -> bool {
        let is_newer = row.generation > self.row.generation;
        if is_newer {
            self.learn_whatever(row);
        }
        is_newer
    }

    fn learn_whatever(&mut self, row: Row) {
        if row.is_open && !self.row.is_open {
            self.refused = 0;
        }
        if row.is_open != self.row.is_open {
            self.silence.answered();
        }
        self.row = row;
    }

    fn turn(&mut self, row: Row) -> Change {
        let expected = self.row.generation;
        self.learn_whatever(row);
        Change { expected, row: self.row.clone() }
    }
}
