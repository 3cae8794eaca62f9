//! Defects that can be planted into the product, so that the simulator has to find them.
//!
//! Without the feature `planted`, which no product is built with, [`planted`] is `false` at compile time and what
//! depends on it is not there.

/// A defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The top-up is posted in a second step, after the bill.
    TopUpInASecondStep,
    /// A store that did not answer in time is taken for one that has no bill.
    LateIsNoBill,
    /// The fingerprint of a request depends on what the store knew of its quote.
    FingerprintSeesTheQuote,
    /// A repeat is answered without comparing it with the request that the bill was made from.
    RepeatsAreNotCompared,
    /// Segments that could not be fetched are taken for none, and the bill does not say so.
    LostIsEmpty,
    /// The documents that a bill names are kept after it, and it is answered even when that fails.
    DocumentsAfterTheBill,
    /// A bill that neither the shared store nor the journal has is answered as if it were kept.
    UnstoredIsNotSaid,
    /// Nobody looks at whether segments contradict one another, or have holes.
    HolesAreNotSaid,
    /// Who loses the race for a trip posts a revision over the bill that is kept.
    LoserSupersedes,
    /// Who loses the race for a trip is answered its own bill, not the one that is kept.
    LoserKeepsItsBill,
    /// An instance remembers the segments of a trip, and bills what it remembers.
    SegmentsAreRemembered,
    /// Segments that the store did not take in time are acknowledged.
    LateIsAcknowledged,
    /// The driver pays for the passenger's coupons.
    DriverPaysCoupons,
    /// A request is refused by today's configuration, though it may be a repeat of one that was billed.
    RefusesBeforeItKnows,
    /// Nobody is told that a provisional bill has to be put right.
    ProvisionalIsNotDue,
    /// What the store is late with is given up on at once, and a bill made without.
    LateIsLost,
    /// An instance never looks at its configuration again.
    NeverLooksAgain,
    /// An instance takes what files say at once, and not when all of them are written.
    TakesHalfAnEdit,
    /// A request whose trip is billed already is answered without entering its nonce.
    RepeatsAreNotEntered,
    /// A request that comes in again is taken for the same attempt.
    AttemptsAreOne,
    /// What the adapter of the store sends again, when its connection broke, is taken for a replay. Adapters are the simulator's.
    RetriesAreReplays,
    /// A bill is entered in the journal when the shared store did not take it, and not before.
    JournalAfterTheStore,
    /// What this node has in its journal does not bind it: it is not looked at before a bill is made, nor when one is entered.
    JournalIsNotAsked,
    /// A bill that has given way to another is taken for posted.
    LosersAreNotListed,
    /// Segments that wait in the journal are not on the bill.
    WaitingIsNotBilled,
    /// What the shared store has of a trip is not known to the node that has answered it, once the store does not say any more.
    RepeatsAreNotLearned,
    /// A bill is taken back when segments came, though somebody was answered it.
    AnsweredIsTakenBack,
    /// Nobody looks whether segments came between the reading of a trip and the posting of its bill.
    MovedIsNotSeen,
    /// A bill that only the journal has is said to be in the shared store.
    HereIsSaidToBeShared,
    /// A bill does not say that it was made of all that the trip had, so a store that lost some of it takes it.
    LossesAreNotSeen,
    /// Nobody looks what the store has lost: documents that were kept there are taken to be there still.
    LossesAreNotHeard,
    /// Nobody looks at buckets that nobody writes to any more: what they have lost is not found out.
    QuietBucketsAreNotLookedAt,
    /// A bill that is made again owes its whole top-up, and not what the one before did not.
    TopUpIsOwedAgain,
    /// What a bill lacks stays so, whatever comes.
    GuessesAreForGood,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 34] = [
        Self::TopUpInASecondStep,
        Self::LateIsNoBill,
        Self::FingerprintSeesTheQuote,
        Self::RepeatsAreNotCompared,
        Self::LostIsEmpty,
        Self::DocumentsAfterTheBill,
        Self::UnstoredIsNotSaid,
        Self::HolesAreNotSaid,
        Self::LoserSupersedes,
        Self::LoserKeepsItsBill,
        Self::SegmentsAreRemembered,
        Self::LateIsAcknowledged,
        Self::DriverPaysCoupons,
        Self::RefusesBeforeItKnows,
        Self::ProvisionalIsNotDue,
        Self::LateIsLost,
        Self::NeverLooksAgain,
        Self::TakesHalfAnEdit,
        Self::RepeatsAreNotEntered,
        Self::AttemptsAreOne,
        Self::RetriesAreReplays,
        Self::JournalAfterTheStore,
        Self::JournalIsNotAsked,
        Self::LosersAreNotListed,
        Self::WaitingIsNotBilled,
        Self::RepeatsAreNotLearned,
        Self::AnsweredIsTakenBack,
        Self::MovedIsNotSeen,
        Self::HereIsSaidToBeShared,
        Self::LossesAreNotSeen,
        Self::LossesAreNotHeard,
        Self::QuietBucketsAreNotLookedAt,
        Self::TopUpIsOwedAgain,
        Self::GuessesAreForGood,
    ];
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Plants a defect in this thread, or takes it out again.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}

/// Whether this defect is planted.
#[cfg(feature = "planted")]
pub fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

/// Whether this defect is planted: never.
#[cfg(not(feature = "planted"))]
pub const fn planted(_: Bug) -> bool {
    false
}
