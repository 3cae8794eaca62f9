//! Rounding of a sum, as a line of its own: a taxi fare to the whole yuan, say.

use super::base::{Base, Codes};
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange, Role};
use crate::figure::Figure;
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::Source;
use farebox_money::{Decimal, MinorUnits, Rounding, charge_in_steps};
use schemars::JsonSchema;
use serde::Deserialize;

/// Brings the sum of other items to a multiple of an amount.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The amount to a multiple of which is rounded.
    to: Figure,
    /// Which way.
    #[serde(default)]
    #[schemars(schema_with = "crate::rounding::mode_schema")]
    mode: Rounding,
    /// The items that are rounded. All items before this one when neither this nor `exempt` is given.
    of: Option<Codes>,
    /// All items before this one, but these.
    exempt: Option<Codes>,
}

#[derive(Debug)]
struct Round {
    base: Base,
    step: MinorUnits,
    mode: Rounding,
}

impl Figures for Document {
    const KIND: &'static str = "round";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let pointer = format!("{}/to", binding.pointer);
        let step = self.to.amount(binding.currency, &pointer, &mut binding.notes.problems)?;
        binding.require_positive("to", step > 0);
        let base = Base::resolve(self.of, self.exempt, binding);
        Some(Box::new(Round { base, step, mode: self.mode }))
    }
}

impl Fee for Round {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let sum = self.base.sum(ride)?;
        let exact = ride.currency.to_major(sum);
        let rounded = charge_in_steps(exact, Decimal::ONE, Decimal::ONE, ride.currency, self.mode, self.step);
        let difference = rounded.and_then(|rounded| rounded.checked_sub(sum)).ok_or(OutOfRange)?;
        charges.push(Charge::once(ride.currency.to_major(difference), Source::Items));
        Ok(())
    }

    fn role(&self) -> Role {
        Role::Rounding
    }

    fn rounds_to(&self) -> Option<MinorUnits> {
        // One that is not positive was refused; the rest of the card is checked even so.
        Some(self.step.max(1))
    }

    fn base(&self) -> &[usize] {
        self.base.positions()
    }

    fn corrects(&self) -> bool {
        true
    }

    fn is_exact(&self) -> bool {
        true
    }
}
