//! Time the driver was kept waiting before the ride.

use super::count::Count;
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::figure::Figure;
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::{Source, Unit};
use schemars::JsonSchema;
use serde::Deserialize;

/// Waiting time beyond what is included.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Seconds that are not charged.
    #[serde(default)]
    included_s: u64,
    /// For every `per_s`.
    rate: Figure,
    /// Seconds that one rate buys.
    #[serde(default = "super::tiered::minute")]
    per_s: u64,
    /// How a period that is not full is charged.
    #[serde(default)]
    count: Count,
}

impl Figures for Waiting {
    const KIND: &'static str = "waiting";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.require_positive("per_s", self.per_s > 0);
        binding.warn_of_zero("rate", self.rate);
        Some(Box::new(self))
    }
}

impl Fee for Waiting {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let seconds = ride.trip.waiting_s.saturating_sub(self.included_s);
        charges.push(self.count.charge(seconds, Unit::Second, self.rate.0, self.per_s.into(), Source::Trip));
        Ok(())
    }
}
