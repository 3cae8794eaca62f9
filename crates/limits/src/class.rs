//! What is limited together.

farebox_document::words! {
    /// The classes of routes: what a key has a scope for, and is limited in apart from everything else.
    #[derive(Hash, PartialOrd, Ord)]
    pub enum RouteClass {
        /// Estimates, and their pages.
        Estimate = "estimate",
        /// Adding segments to trips.
        Meter = "meter",
        /// Billing trips, and settling rides.
        Bill = "bill",
        /// Reading bills, pages, rate cards and what is offered.
        Read = "read",
        /// Looking at the service itself.
        Operate = "operate",
    }
}
