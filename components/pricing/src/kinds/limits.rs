//! Minimum and maximum fares, as lines of their own: what is missing, or too much.

use super::base::{Base, Codes};
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange, Role};
use crate::figure::Figure;
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::Source;
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// Other items come to at least an amount.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Minimum {
    /// What they come to at least.
    amount: Figure,
    /// The items that count. All items before this one when neither this nor `exempt` is given.
    of: Option<Codes>,
    /// All items before this one, but these.
    exempt: Option<Codes>,
}

/// Other items come to at most an amount.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maximum {
    /// What they come to at most.
    amount: Figure,
    /// The items that count. All items before this one when neither this nor `exempt` is given.
    of: Option<Codes>,
    /// All items before this one, but these.
    exempt: Option<Codes>,
}

#[derive(Debug)]
struct Limit {
    base: Base,
    amount: Decimal,
    /// Which side of the amount is brought back to it.
    below: bool,
}

impl Figures for Minimum {
    const KIND: &'static str = "minimum";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.require_payable("amount", self.amount);
        let base = Base::resolve(self.of, self.exempt, binding);
        Some(Box::new(Limit { base, amount: self.amount.0, below: true }))
    }
}

impl Figures for Maximum {
    const KIND: &'static str = "maximum";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.require_payable("amount", self.amount);
        let base = Base::resolve(self.of, self.exempt, binding);
        Some(Box::new(Limit { base, amount: self.amount.0, below: false }))
    }
}

impl Fee for Limit {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let reached = self.base.money(ride)?;
        if if self.below { reached < self.amount } else { reached > self.amount } {
            charges.push(Charge::once(self.amount - reached, Source::Items));
        }
        Ok(())
    }

    fn role(&self) -> Role {
        if self.below { Role::Charge } else { Role::Maximum }
    }

    fn base(&self) -> &[usize] {
        self.base.positions()
    }

    fn is_share(&self) -> bool {
        !self.below
    }

    fn corrects(&self) -> bool {
        true
    }

    fn is_exact(&self) -> bool {
        true
    }
}
