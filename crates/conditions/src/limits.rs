//! How long the lists of a condition may be. Reading enforces what is here, and schemas state it.

/// The most windows of local time.
pub const WINDOWS: usize = 48;

/// The most days of the week.
pub const WEEKDAYS: usize = 7;

/// The most names.
pub const NAMES: usize = 1_000;
