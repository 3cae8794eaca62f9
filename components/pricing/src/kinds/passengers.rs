//! Extra passengers.

use super::tiered;
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::figure::Figure;
use crate::kind::Figures;
use crate::limits;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_document::AtMost;
use farebox_fare::{Source, Unit};
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// A rate for every passenger over a number of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passengers {
    /// Ascending. Each rate is for the passengers beyond `over`, up to where the next tier begins.
    tiers: AtMost<Tier, { limits::TIERS }>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PassengerTier")]
struct Tier {
    /// Passengers.
    over: u64,
    /// For each passenger beyond.
    rate: Figure,
}

impl Figures for Passengers {
    const KIND: &'static str = "passengers";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        tiered::check_order(self.tiers.0.iter().map(|tier| tier.over), binding);
        Some(Box::new(self))
    }
}

impl Fee for Passengers {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let count = u64::from(ride.trip.order.passengers.max(1));
        let ends = self.tiers.0.iter().skip(1).map(|tier| tier.over).chain([u64::MAX]);
        charges.extend(self.tiers.0.iter().zip(ends).map(|(tier, end)| Charge {
            quantity: Decimal::from(count.min(end).saturating_sub(tier.over)),
            unit: Unit::Piece,
            rate: tier.rate.0,
            per: Decimal::ONE,
            source: Source::Trip,
        }));
        Ok(())
    }
}
