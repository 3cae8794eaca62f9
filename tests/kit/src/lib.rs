//! What tests anywhere may depend on.

pub mod access;
pub mod artifacts;
pub mod history;
pub mod journal;
pub mod memory;
pub mod native;
pub mod random;
