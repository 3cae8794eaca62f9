//! Costs of the ride that are passed on as they are.

use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::Source;
use schemars::JsonSchema;
use serde::Deserialize;

/// Passes on a cost that came with the ride.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassThrough {
    /// Which cost.
    fact: Fact,
}

/// A cost that comes with the trip.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Fact {
    /// Bridges and roads.
    Tolls,
    /// Parking.
    Parking,
    /// Motorways.
    Highway,
}

impl Figures for PassThrough {
    const KIND: &'static str = "pass_through";

    fn bind(self, _: &mut Binding) -> Option<Box<dyn Fee>> {
        Some(Box::new(self))
    }
}

impl Fee for PassThrough {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let amount = match self.fact {
            Fact::Tolls => ride.trip.tolls,
            Fact::Parking => ride.trip.parking,
            Fact::Highway => ride.trip.highway,
        };
        charges.push(Charge::once(ride.currency.to_major(amount), Source::Trip));
        Ok(())
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn is_passed_on(&self) -> bool {
        true
    }
}
