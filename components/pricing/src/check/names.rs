//! Names of facts, as far as conditions can tell them apart.

use crate::when::{Choice, known_names};
use crate::zones::Zones;

/// Stands for every name that is not on the card. No name on a card is empty.
pub const ANY_OTHER: &str = "";

/// Every name of a fact that conditions can tell apart.
pub fn names<'a>(position: usize, choices: impl Iterator<Item = &'a Choice>, zones: &'a Zones) -> Vec<&'a str> {
    known_names(position, zones).unwrap_or_else(|| choices.flat_map(Choice::names).chain([ANY_OTHER]).collect())
}
