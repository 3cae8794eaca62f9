//! What today's protocol cannot keep: the whole list. Each entry names the promise it breaks, why, and a seed that shows it.
//!
//! An exemption excuses exactly what it says. A test takes each of them back, one by one, and the seed beside it has to
//! fail then; with all of them no seed may. The list is to become shorter, never longer.

use crate::auditor::Promise;

/// A promise that is not kept in some circumstance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exemption {
    /// Segments that another node has in its journal are not on a bill that is made meanwhile, and it does not say so.
    SegmentsElsewhereAreNotMissed,
    /// What a store has lost and no node has is gone: segments that it had acknowledged, requests that it had carried out, and which of two
    /// bills counted that two nodes have made of a trip.
    LossesAreNotUndone,
    /// A store that was put back to what it was is noticed by a node only if that has written to it since. What another node bills before one
    /// of those writes there again does not say that something is lacking.
    OthersAreNotMissed,
}

/// An entry of the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What is excused.
    pub exemption: Exemption,
    /// Which promise it breaks.
    pub promise: Promise,
    /// A seed that breaks it.
    pub seed: u64,
}

/// The whole list.
pub const EXEMPTIONS: &[Entry] = &[
    Entry { exemption: Exemption::SegmentsElsewhereAreNotMissed, promise: Promise::SegmentsAreBilled, seed: 38 },
    Entry { exemption: Exemption::LossesAreNotUndone, promise: Promise::AcknowledgedIsKept, seed: 11 },
    Entry { exemption: Exemption::OthersAreNotMissed, promise: Promise::SegmentsAreBilled, seed: 3721 },
];

/// All of them.
pub fn all() -> Vec<Exemption> {
    EXEMPTIONS.iter().map(|entry| entry.exemption).collect()
}

/// All but one.
pub fn without(exemption: Exemption) -> Vec<Exemption> {
    all().into_iter().filter(|other| *other != exemption).collect()
}
