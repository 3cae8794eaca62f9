//! A fixed amount: start price, fuel surcharge.

use super::{Binding, Charge, Fee, OutOfRange};
use crate::figure::Figure;
use crate::price::Ride;
use farebox_types::read_part;
use serde::Deserialize;
use serde_json::Value;

/// `{"amount": "14.00"}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flat {
    amount: Figure,
}

impl Flat {
    pub fn parse(document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let flat: Self = read_part(document, binding.pointer, binding.problems)?;
        binding.require_payable("amount", flat.amount.0);
        Some(Box::new(flat))
    }
}

impl Fee for Flat {
    fn charges(&self, _ride: &Ride) -> Result<Vec<Charge>, OutOfRange> {
        Ok(vec![Charge::once(self.amount.0)])
    }
}
