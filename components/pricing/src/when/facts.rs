//! What conditions look at.

use super::calendar::Moment;
use crate::zones::{ELSEWHERE, Zones};
use farebox_fare::Outcome;

/// The facts that are names, as written on a card, in the order of [`Facts::names`].
pub const NAMES: [&str; 6] = ["product", "tier", "scene", "origin", "destination", "outcome"];
/// Positions in [`NAMES`] of those whose names are known from the card.
pub const ORIGIN: usize = 3;
pub const DESTINATION: usize = 4;
pub const OUTCOME: usize = 5;

/// The name of a fact that is not known.
pub const NONE: &str = "none";

/// The facts that are quantities, as written on a card, in the order of [`Facts::quantities`].
pub const QUANTITIES: [&str; 3] = ["distance_m", "duration_s", "booked_ahead_s"];

/// What conditions look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// When the ride, or a part of it, began.
    pub moment: Moment,
    /// By position in [`NAMES`].
    pub names: [&'a str; 6],
    /// By position in [`QUANTITIES`].
    pub quantities: [u64; 3],
}

/// Every name that a fact can have, where that is known from the card.
pub fn known_names(position: usize, zones: &Zones) -> Option<Vec<&str>> {
    match position {
        ORIGIN | DESTINATION => Some(zones.names().chain([ELSEWHERE]).collect()),
        OUTCOME => Some(Outcome::WORDS.to_vec()),
        _ => None,
    }
}
