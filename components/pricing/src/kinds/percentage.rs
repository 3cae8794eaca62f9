//! A percentage of other items: night surcharge.

use super::base::Base;
use super::{Binding, Charge, Fee, OutOfRange, major};
use crate::figure::Figure;
use crate::price::Ride;
use farebox_types::read_part;
use farebox_types::{Decimal, Unit};
use serde::Deserialize;
use serde_json::Value;

/// `{"of": ["mileage"], "percent": "20"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    of: Option<Vec<String>>,
    exempt: Option<Vec<String>>,
    percent: Figure,
}

#[derive(Debug)]
pub struct Percentage {
    base: Base,
    percent: Decimal,
}

impl Percentage {
    pub fn parse(document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let document: Document = read_part(document, binding.pointer, binding.problems)?;
        let base = Base::resolve(document.of, document.exempt, binding);
        Some(Box::new(Self { base, percent: document.percent.0 }))
    }
}

impl Fee for Percentage {
    fn charges(&self, ride: &Ride) -> Result<Vec<Charge>, OutOfRange> {
        let quantity = major(ride, self.base.sum(ride))?;
        Ok(vec![Charge { quantity, unit: Unit::Money, rate: self.percent, per: Decimal::ONE_HUNDRED }])
    }
}
