//! Why an answer is not what it should be.

use farebox_document::words;

words! {
    /// What an answer lacks. The list is closed: records, answers and the list of what is due have no other words for it.
    #[derive(PartialOrd, Ord)]
    pub enum Degradation {
        /// The trip has no segments, and the store said so: it was not measured, or its measurements are yet to come.
        TripMissing = "trip-missing",
        /// The measurements of the trip contradict one another, or are not all there, and its city counts that as incomplete.
        TripIncomplete = "trip-incomplete",
        /// The store did not say in time. That is no answer: what was asked for may well be there.
        StoreTimeout = "store-timeout",
        /// The store could not be reached, or refused for its own reasons.
        StoreUnavailable = "store-unavailable",
        /// The store answered, and refused: a password or a permission is wrong, a disk is full or fails, a file is damaged.
        /// Somebody has to put that right.
        StoreRefused = "store-refused",
        /// The store has lost something since the trip began: what it has of it may not be all.
        StoreLost = "store-lost",
        /// There is no commission policy that can be used, so nothing is settled.
        PolicyUnavailable = "policy-unavailable",
        /// Segments came after the bill.
        LateSegments = "late-segments",
        /// The quote is not kept any more, or never was.
        QuoteExpired = "quote-expired",
        /// The rate card that it was priced with is not known any more.
        VersionUnavailable = "version-unavailable",
        /// Priced again it comes to another total: the service was updated in between.
        QuoteOutdated = "quote-outdated",
        /// There are no words for it: the copy is broken.
        CopyUnavailable = "copy-unavailable",
        /// An operator has switched off that it is looked for.
        SwitchedOff = "switched-off",
    }
}
