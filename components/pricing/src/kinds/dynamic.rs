//! The dynamic (surge) factor the platform sets for a ride.

use super::base::{Base, Codes};
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::figure::Figure;
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// Multiplies other items by the dynamic factor of the ride: charges (factor - 1) of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The items that are multiplied. All items before this one when neither this nor `exempt` is given.
    of: Option<Codes>,
    /// All items before this one, but these.
    exempt: Option<Codes>,
    /// A higher factor counts as this one.
    max_factor: Option<Figure>,
}

#[derive(Debug)]
struct Dynamic {
    base: Base,
    max_factor: Option<Decimal>,
}

impl Figures for Document {
    const KIND: &'static str = "dynamic";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let max_factor = self.max_factor.map(|factor| factor.0);
        if max_factor.is_some_and(|factor| factor < Decimal::ONE) {
            binding.add("max_factor", "below-one", "has to be at least 1: a factor of 1 leaves the fare as it is");
        }
        if max_factor.is_some_and(|factor| factor > Decimal::TEN) {
            binding.warn("max_factor", "absurd", "more than ten times the fare; is that meant?");
        }
        let base = Base::resolve(self.of, self.exempt, binding);
        Some(Box::new(Dynamic { base, max_factor }))
    }
}

impl Fee for Dynamic {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let Some(factor) = ride.trip.dynamic_factor else { return Ok(()) };
        let factor = self.max_factor.map_or(factor, |max| factor.min(max));
        charges.push(Charge::of_money(self.base.money(ride)?, factor - Decimal::ONE, Decimal::ONE));
        Ok(())
    }

    fn base(&self) -> &[usize] {
        self.base.positions()
    }

    fn corrects(&self) -> bool {
        true
    }
}
