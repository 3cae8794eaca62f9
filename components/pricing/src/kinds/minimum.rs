//! The minimum fare, as a line of its own: what is missing to reach it.

use super::base::Base;
use super::{Binding, Charge, Fee, OutOfRange, major};
use crate::figure::Figure;
use crate::price::Ride;
use farebox_types::Decimal;
use farebox_types::read_part;
use serde::Deserialize;
use serde_json::Value;

/// `{"amount": "13.00", "exempt": ["tolls"]}`: the base comes to at least this.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    amount: Figure,
    of: Option<Vec<String>>,
    exempt: Option<Vec<String>>,
}

#[derive(Debug)]
pub struct Minimum {
    base: Base,
    amount: Decimal,
}

impl Minimum {
    pub fn parse(document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let document: Document = read_part(document, binding.pointer, binding.problems)?;
        binding.require_payable("amount", document.amount.0);
        let base = Base::resolve(document.of, document.exempt, binding);
        Some(Box::new(Self { base, amount: document.amount.0 }))
    }
}

impl Fee for Minimum {
    fn charges(&self, ride: &Ride) -> Result<Vec<Charge>, OutOfRange> {
        let reached = major(ride, self.base.sum(ride))?;
        Ok(if reached < self.amount { vec![Charge::once(self.amount - reached)] } else { Vec::new() })
    }
}
