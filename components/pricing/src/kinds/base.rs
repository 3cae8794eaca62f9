//! What a fee is based on: the amounts of chosen other items.

use crate::binding::{Binding, known};
use crate::fee::OutOfRange;
use crate::limits;
use crate::ride::Ride;
use farebox_document::AtMost;
use farebox_money::{Decimal, MinorUnits};

/// The codes of items, as written on the card.
pub type Codes = AtMost<String, { limits::CODES }>;

/// Positions of items on the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(Vec<usize>);

impl Base {
    /// `of` names the items, anywhere on the card; or all items before this one but those in `exempt`; or, when neither
    /// is given, all items before this one.
    pub fn resolve(of: Option<Codes>, exempt: Option<Codes>, binding: &mut Binding) -> Self {
        let base = match (of, exempt) {
            (Some(_), Some(_)) => {
                let message = "give either the items in `of` or all others in `exempt`, not both";
                binding.add("exempt", "of-and-exempt", message);
                return Self(Vec::new());
            }
            (Some(of), None) => positions(&of.0, "of", binding),
            (None, exempt) => {
                let exempt = positions(&exempt.unwrap_or_default().0, "exempt", binding);
                (0..binding.position).filter(|position| !exempt.contains(position)).collect()
            }
        };
        if base.is_empty() {
            binding.warn("of", "empty-base", "there is nothing that this is based on, so it is always zero");
        }
        Self(base)
    }

    /// What the items come to together.
    pub fn sum(&self, ride: &Ride) -> Result<MinorUnits, OutOfRange> {
        let sum = self.0.iter().try_fold(0, |sum: MinorUnits, position| sum.checked_add(*ride.amounts.get(*position)?));
        sum.ok_or(OutOfRange)
    }

    /// The same in the major unit.
    pub fn money(&self, ride: &Ride) -> Result<Decimal, OutOfRange> {
        self.sum(ride).map(|sum| ride.currency.to_major(sum))
    }

    /// The items, by position on the card.
    pub fn positions(&self) -> &[usize] {
        &self.0
    }
}

fn positions(codes: &[String], field: &str, binding: &mut Binding) -> Vec<usize> {
    let mut positions = Vec::new();
    for (index, code) in codes.iter().enumerate() {
        let place = format!("{field}/{index}");
        match binding.codes.iter().position(|known| known == code) {
            Some(position) if positions.contains(&position) => {
                binding.add(&place, "duplicate-reference", format!("\"{code}\" is named twice; take one out"));
            }
            Some(position) => positions.push(position),
            None => {
                let message = format!("\"{code}\" is not an item of the card; there are {}", known(binding.codes));
                binding.add(&place, "unknown-reference", message);
            }
        }
    }
    positions
}
