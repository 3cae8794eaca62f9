//! A percentage of other items: night surcharge, cross-city and remote-area surcharge.

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

/// A percentage of other items.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The items it is a percentage of. All items before this one when neither this nor `exempt` is given.
    of: Option<Codes>,
    /// All items before this one, but these.
    exempt: Option<Codes>,
    /// 20 is a fifth.
    percent: Figure,
}

#[derive(Debug)]
struct Percentage {
    base: Base,
    percent: Decimal,
}

impl Figures for Document {
    const KIND: &'static str = "percentage";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.warn_of_zero("percent", self.percent);
        if self.percent.0 > Decimal::ONE_HUNDRED {
            binding.warn(
                "percent",
                "absurd",
                format!("{} % more than doubles its base; is that meant?", self.percent.0),
            );
        }
        let base = Base::resolve(self.of, self.exempt, binding);
        Some(Box::new(Percentage { base, percent: self.percent.0 }))
    }
}

impl Fee for Percentage {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        charges.push(Charge::of_money(self.base.money(ride)?, self.percent, Decimal::ONE_HUNDRED));
        Ok(())
    }

    fn base(&self) -> &[usize] {
        self.base.positions()
    }
}
