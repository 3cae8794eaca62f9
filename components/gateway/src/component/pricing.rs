//! Pricing, in the words of the domain.

use super::bindings::farebox::pricing::pricing::{self, PriceError};
use super::config::Card;
use crate::problem::{self, Problem};
use crate::ride::{self, Source};
use farebox_fare::{Bill, Trip};
use farebox_wit::{Bill as WireBill, Trip as WireTrip};

pub use super::bindings::farebox::pricing::pricing::Totals;

/// A trip as rate cards take it.
pub fn wire(trip: Trip) -> Result<WireTrip, Problem> {
    trip.try_into().map_err(|_| Problem::internal("a factor of a checked request has too many digits"))
}

/// What an estimated trip comes to on each of the cards.
pub fn estimate(cards: &[&Card], trip: &WireTrip) -> Result<Vec<Totals>, Problem> {
    let cards: Vec<_> = cards.iter().map(|card| &card.rates).collect();
    let totals = pricing::estimate(&cards, trip).into_iter();
    totals.map(|totals| totals.map_err(|error| refused(error, Source::Estimate))).collect()
}

/// Prices a trip; `quoted` is the trip that the passenger was quoted for on this card. A refusal points into the request
/// that `source` says the trip was made from.
pub fn price(card: &Card, trip: &WireTrip, quoted: Option<&WireTrip>, source: Source) -> Result<WireBill, Problem> {
    card.rates.price(trip, quoted).map_err(|error| refused(error, source))
}

/// A bill as it is written down.
pub fn bill(wire: WireBill) -> Result<Bill, Problem> {
    wire.try_into().map_err(|error: farebox_wit::Malformed| {
        Problem::internal(format!("pricing made a bill that cannot be read: {}", error.message()))
    })
}

fn refused(error: PriceError, source: Source) -> Problem {
    match error {
        PriceError::InvalidTrip(fault) => ride::refused(source, &fault.pointer, fault.code, fault.message),
        PriceError::Overflow(code) => {
            let detail = format!("the amount of the fee {code} would be more than can be billed");
            Problem::new(problem::TRIP_NOT_BILLABLE, detail)
        }
        PriceError::Other(why) => Problem::internal(format!("pricing: {why}")),
    }
}
