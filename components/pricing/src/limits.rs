//! How long the lists of a card may be. Reading enforces what is here, and the schema states it.

/// The most holidays.
pub const HOLIDAYS: usize = 1_000;

/// The most zones.
pub const ZONES: usize = 200;

/// The most corners of a zone.
pub const CORNERS: usize = 1_000;

/// The most items.
pub const ITEMS: usize = 100;

/// The most branches of an item.
pub const BRANCHES: usize = 100;

/// The most items that another one names: all that there can be.
pub const CODES: usize = ITEMS;

/// The most tiers of a branch.
pub const TIERS: usize = 100;
