//! A fixed amount: start price, fuel surcharge, booking, cancellation, airport, the flat fare of a zone.

use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::figure::Figure;
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::Source;
use schemars::JsonSchema;
use serde::Deserialize;

/// A fixed amount.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flat {
    /// Per ride.
    amount: Figure,
}

impl Figures for Flat {
    const KIND: &'static str = "flat";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.require_payable("amount", self.amount);
        if self.amount.0.is_zero() {
            binding.warn("amount", "zero", "an amount of zero is never charged");
        }
        Some(Box::new(self))
    }
}

impl Fee for Flat {
    fn charge(&self, _: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        charges.push(Charge::once(self.amount.0, Source::Card));
        Ok(())
    }
}
