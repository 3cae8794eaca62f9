//! What a fee is based on: the amounts of chosen earlier items.

use super::Binding;
use crate::price::Ride;
use farebox_types::MinorUnits;

/// Positions of items on the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(Vec<usize>);

impl Base {
    /// `of` names the items; or all earlier items but those in `exempt`; or, when neither is given, all earlier items.
    pub fn resolve(of: Option<Vec<String>>, exempt: Option<Vec<String>>, binding: &mut Binding) -> Self {
        match (of, exempt) {
            (Some(_), Some(_)) => {
                binding.add(
                    "exempt",
                    "of-and-exempt",
                    "give either the items in `of` or all others in `exempt`, not both",
                );
                Self(Vec::new())
            }
            (Some(of), None) => Self(positions(&of, "of", binding)),
            (None, exempt) => {
                let exempt = positions(&exempt.unwrap_or_default(), "exempt", binding);
                Self((0..binding.codes.len()).filter(|position| !exempt.contains(position)).collect())
            }
        }
    }

    /// The sum of the items' amounts. `None` on overflow.
    pub fn sum(&self, ride: &Ride) -> Option<MinorUnits> {
        self.0.iter().try_fold(0, |sum: MinorUnits, position| sum.checked_add(*ride.amounts.get(*position)?))
    }
}

fn positions(codes: &[String], field: &str, binding: &mut Binding) -> Vec<usize> {
    let mut positions = Vec::new();
    for (index, code) in codes.iter().enumerate() {
        match binding.codes.iter().position(|earlier| earlier == code) {
            Some(position) if positions.contains(&position) => {
                binding.add(&format!("{field}/{index}"), "duplicate-reference", format!("\"{code}\" is named twice"));
            }
            Some(position) => positions.push(position),
            None => {
                let known = if binding.codes.is_empty() { "there are none".into() } else { binding.codes.join(", ") };
                binding.add(
                    &format!("{field}/{index}"),
                    "unknown-reference",
                    format!("\"{code}\" is not an item before this one ({known}); move it up or correct the code"),
                );
            }
        }
    }
    positions
}
