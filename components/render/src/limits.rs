//! How long the lists of copy may be. Reading enforces what is here, and docs/copy.md says it.

/// The most scenes of a layout.
pub const SCENES: usize = 50;

/// The most sections of a scene.
pub const SECTIONS: usize = 50;

/// The most codes that a section names of one list.
pub const CODES: usize = 200;

/// The most messages, terms and comments of a language.
pub const ENTRIES: usize = 5_000;
