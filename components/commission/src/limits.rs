//! How long the lists of a policy may be. Reading enforces what is here, and the schema states it.

/// The most scenarios of a policy.
pub const SCENARIOS: usize = 1_000;

/// The most fee codes of a scenario.
pub const FEES: usize = 200;

/// The most currencies that a scenario has amounts in.
pub const CURRENCIES: usize = 50;
