//! A price agreed for the ride as a whole; as a rule it replaces the other items.

use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange, Role};
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::{Source, Trip};
use schemars::JsonSchema;
use serde::Deserialize;

/// Charges the price that was agreed for the ride; applies only to rides that have one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnePrice {}

impl Figures for OnePrice {
    const KIND: &'static str = "one_price";

    fn bind(self, _: &mut Binding) -> Option<Box<dyn Fee>> {
        Some(Box::new(self))
    }
}

impl Fee for OnePrice {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let price = ride.trip.order.one_price;
        charges.extend(price.map(|price| Charge::once(ride.currency.to_major(price), Source::Trip)));
        Ok(())
    }

    fn role(&self) -> Role {
        Role::AgreedPrice
    }

    fn applies_to(&self, trip: &Trip) -> bool {
        trip.order.one_price.is_some()
    }

    fn is_exact(&self) -> bool {
        true
    }
}
