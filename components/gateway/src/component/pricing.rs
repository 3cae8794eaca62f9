//! Pricing, in the words of the domain.

use super::bindings::farebox::pricing::pricing::PriceError;
use super::config::Card;
use crate::problem::{self, Problem};
use crate::ride::{self, Source};
use farebox_types::wit::{Bill as WireBill, Trip as WireTrip};
use farebox_types::{Bill, Trip};

/// A trip as rate cards take it.
pub fn wire(trip: Trip) -> Result<WireTrip, Problem> {
    trip.try_into().map_err(|_| Problem::internal("a factor of a checked request has too many digits"))
}

/// Prices a trip. A refusal points into the request that `source` says the trip was made from.
pub fn price(card: &Card, trip: &WireTrip, source: Source) -> Result<WireBill, Problem> {
    card.rates.price(trip).map_err(|error| match error {
        PriceError::InvalidTrip(fault) => ride::refused(source, &fault.pointer, fault.code, fault.message),
        PriceError::Overflow(code) => {
            let detail = format!("the amount of the fee {code} would be more than can be billed");
            Problem::new(problem::TRIP_NOT_BILLABLE, detail)
        }
        PriceError::Other(why) => Problem::internal(format!("pricing: {why}")),
    })
}

/// A bill as it is written down.
pub fn bill(wire: WireBill) -> Result<Bill, Problem> {
    wire.try_into().map_err(|error: farebox_types::wit::Malformed| {
        Problem::internal(format!("pricing made a bill that cannot be read: {}", error.message()))
    })
}
