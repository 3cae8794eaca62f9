//! What a key is for.

farebox_document::words! {
    /// What a key is for. A key has some of them, each for all of its cities.
    pub enum Scope {
        /// Estimates, and their pages.
        Estimate = "estimate",
        /// Adding segments to trips.
        Meter = "meter",
        /// Billing trips, and settling rides from their totals.
        Bill = "bill",
        /// Reading what the passenger pays: bills, pages and rate cards, without the driver's side.
        Read = "read",
        /// Reading the driver's side as well.
        ReadDriver = "read:driver",
        /// Looking at the service itself.
        Operate = "operate",
        /// Having done what happens without a rider asking.
        Jobs = "jobs",
        /// What other sites ask.
        Site = "site",
    }
}

impl Scope {
    /// Whether a key that has this may do what needs `needed`: whoever reads the driver's side reads the passenger's too.
    pub fn covers(self, needed: Self) -> bool {
        self == needed || (self, needed) == (Self::ReadDriver, Self::Read)
    }
}
