//! Taxes: added to the prices, or contained in them.

use super::base::{Base, Codes};
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange, Role};
use crate::figure::Figure;
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// A tax on other items.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The items that are taxed. All items before this one when neither this nor `exempt` is given.
    of: Option<Codes>,
    /// All items before this one, but these.
    exempt: Option<Codes>,
    /// Of the price without the tax.
    percent: Figure,
    /// Whether the tax is added to the prices, or contained in them.
    mode: Mode,
}

/// Whether prices contain the tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// It is added: a line of its own.
    Exclusive,
    /// It is contained: told beside the lines, not added.
    Inclusive,
}

#[derive(Debug)]
struct Tax {
    base: Base,
    percent: Decimal,
    mode: Mode,
}

impl Figures for Document {
    const KIND: &'static str = "tax";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        if self.percent.0 > Decimal::ONE_HUNDRED {
            binding.warn("percent", "absurd", format!("a tax of {} %; is that meant?", self.percent.0));
        }
        let base = Base::resolve(self.of, self.exempt, binding);
        Some(Box::new(Tax { base, percent: self.percent.0, mode: self.mode }))
    }
}

impl Fee for Tax {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let per = match self.mode {
            Mode::Exclusive => Decimal::ONE_HUNDRED,
            Mode::Inclusive => Decimal::ONE_HUNDRED + self.percent,
        };
        charges.push(Charge::of_money(self.base.money(ride)?, self.percent, per));
        Ok(())
    }

    fn is_passed_on(&self) -> bool {
        true
    }

    fn role(&self) -> Role {
        Role::Tax
    }

    fn base(&self) -> &[usize] {
        self.base.positions()
    }

    fn is_included(&self) -> bool {
        self.mode == Mode::Inclusive
    }
}
