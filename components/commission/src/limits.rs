//! How long the lists of a policy may be. Reading enforces what is here, and docs/commission-policies.md says it.

/// The most scenarios of a policy.
pub const SCENARIOS: usize = 1_000;

/// The most cities that a scenario names.
pub const CITIES: usize = 1_000;

/// The most products that a scenario names.
pub const PRODUCTS: usize = 200;
