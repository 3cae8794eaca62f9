//! What today's build does not keep: the whole list, by fault and invariant. It is to become shorter, never longer.
//!
//! A violation that is not here fails `./x test` and `./x faults`. One that is here as certain, and does not occur, fails
//! `./x test` as well: then it is to be taken off.

use crate::audit::Invariant::{self, *};

/// How often a violation occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Whenever the fault lasts for a second.
    Certain,
    /// It depends on what was under way.
    Chance,
    /// Only where a machine is too busy for the deadlines, as that of `./x test` is.
    Busy,
}

/// An entry of the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The faults.
    pub faults: &'static [&'static str],
    /// What they break.
    pub breaks: &'static [Invariant],
    /// How often.
    pub how: How,
    /// Why.
    pub why: &'static str,
}

/// Where a store has lost everything.
const EVERYTHING_IS_LOST: &[&str] = &["restarted-empty", "flushed", "flushed-host-killed"];

/// Where a store has lost something.
const SOMETHING_IS_LOST: &[&str] = &["restarted-empty", "flushed", "failed-over", "flushed-host-killed"];

/// Where too much is asked.
const TOO_MUCH: &[&str] = &["bills-at-once", "burst", "slow-burst", "sqlite-bills-at-once", "sqlite-burst"];

const UNBOUND: &str = "a bill in the journal of one node does not bind another that cannot know of it";
const LOST: &str =
    "segments that a store took at once are nowhere else, and a node that knows of no bill bills a trip again";
const BEHIND: &str = "what was sent to a server that was put back waits again only where its node has noticed";
const OVERLOAD: &str = "a busy host is late with its own store";
const BUSY: &str = "the deadlines count on a machine that has time";

/// The whole list.
pub const EXEMPTIONS: &[Entry] = &[
    Entry { faults: &["split"], breaks: &[UnkeptRepeatsAgree], how: How::Chance, why: UNBOUND },
    Entry { faults: SOMETHING_IS_LOST, breaks: &[AcknowledgedIsKept], how: How::Certain, why: LOST },
    Entry { faults: EVERYTHING_IS_LOST, breaks: &[AnsweredIsKept], how: How::Chance, why: LOST },
    Entry { faults: &["failed-over"], breaks: &[AnsweredIsKept], how: How::Chance, why: BEHIND },
    Entry {
        faults: SOMETHING_IS_LOST,
        breaks: &[KeptSomewhere, UnkeptRepeatsAgree, RepeatsAgree, FinalIsComplete, PaidOnce],
        how: How::Chance,
        why: LOST,
    },
    Entry { faults: &["flushed"], breaks: &[ProvisionalIsDue], how: How::Chance, why: LOST },
    Entry {
        faults: TOO_MUCH,
        breaks: &[WrongIsMarked, MockedIsRepaired, AsWithoutTheFault, ProvisionalIsDue, RefusedWithoutAStore],
        how: How::Chance,
        why: OVERLOAD,
    },
    Entry {
        faults: &[],
        breaks: &[WrongIsMarked, MockedIsRepaired, AsWithoutTheFault, ProvisionalIsDue, RefusedWithoutAStore],
        how: How::Busy,
        why: BUSY,
    },
];

/// What is known of a violation under a fault.
pub fn find(fault: &str, invariant: Invariant) -> Option<&'static Entry> {
    let of_it = |entry: &&Entry| {
        entry.breaks.contains(&invariant) && (entry.faults.contains(&fault) || entry.faults.is_empty())
    };
    EXEMPTIONS.iter().filter(of_it).min_by_key(|entry| entry.how as u8)
}

/// Whether a violation is excused, in `./x test` or else.
pub fn excused(fault: &str, invariant: Invariant, in_test: bool) -> bool {
    find(fault, invariant).is_some_and(|entry| in_test || entry.how != How::Busy)
}

/// What has to break under a fault.
pub fn certain(fault: &str) -> impl Iterator<Item = Invariant> {
    let of_it = move |entry: &&Entry| entry.how == How::Certain && entry.faults.contains(&fault);
    EXEMPTIONS.iter().filter(of_it).flat_map(|entry| entry.breaks).copied()
}
