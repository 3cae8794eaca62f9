//! The dynamic (surge) factor the platform sets for a ride.

use super::base::Base;
use super::{Binding, Charge, Fee, OutOfRange, major};
use crate::figure::Figure;
use crate::price::Ride;
use farebox_types::read_part;
use farebox_types::{Decimal, Unit};
use serde::Deserialize;
use serde_json::Value;

/// `{"exempt": ["tolls"], "max_factor": "2.0"}`: charges (factor - 1) of the base.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    of: Option<Vec<String>>,
    exempt: Option<Vec<String>>,
    max_factor: Option<Figure>,
}

#[derive(Debug)]
pub struct Dynamic {
    base: Base,
    max_factor: Option<Decimal>,
}

impl Dynamic {
    pub fn parse(document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let document: Document = read_part(document, binding.pointer, binding.problems)?;
        let max_factor = document.max_factor.map(|factor| factor.0);
        if max_factor.is_some_and(|factor| factor < Decimal::ONE) {
            binding.add("max_factor", "below-one", "has to be at least 1: a factor of 1 leaves the fare as it is");
        }
        let base = Base::resolve(document.of, document.exempt, binding);
        Some(Box::new(Self { base, max_factor }))
    }
}

impl Fee for Dynamic {
    fn charges(&self, ride: &Ride) -> Result<Vec<Charge>, OutOfRange> {
        let Some(factor) = ride.trip.dynamic_factor else { return Ok(Vec::new()) };
        let factor = self.max_factor.map_or(factor, |max| factor.min(max));
        let quantity = major(ride, self.base.sum(ride))?;
        Ok(vec![Charge { quantity, unit: Unit::Money, rate: factor - Decimal::ONE, per: Decimal::ONE }])
    }
}
