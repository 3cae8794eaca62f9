//! The WIT face of the crate: maps, and nothing else.

#![allow(missing_docs, unsafe_code)]

use crate::{ENGINE, PriceError, RateCard, Side};
use farebox_heap as _;
use farebox_wit::{Bill, LocalTime, Malformed, Problem, Timestamp, Trip};

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/pricing"],
    world: "farebox:pricing/component",
    with: { "farebox:types/types@0.1.0": farebox_wit },
});

use exports::farebox::pricing::pricing::{self, CardInfo, Guest, GuestRateCard, RateCardBorrow, Totals};

struct Component;
export!(Component);

impl Guest for Component {
    type RateCard = RateCard;

    fn engine() -> u32 {
        ENGINE
    }

    fn estimate(cards: Vec<RateCardBorrow>, trip: Trip) -> Vec<Result<Totals, pricing::PriceError>> {
        let trip = match domain_trip(trip) {
            Ok(trip) => trip,
            Err(error) => return cards.iter().map(|_| Err(error.clone())).collect(),
        };
        let totals = |totals: crate::Totals| Totals { total: totals.total, payable: totals.payable };
        crate::estimate(cards.iter().map(|card| card.get::<RateCard>()), &trip)
            .into_iter()
            .map(|result| result.map(totals).map_err(refused))
            .collect()
    }
}

impl GuestRateCard for RateCard {
    fn parse(document: String) -> Result<pricing::RateCard, pricing::CardError> {
        Self::parse(&document)
            .map(pricing::RateCard::new)
            .map_err(|problems| pricing::CardError::Invalid(problems.into_iter().map(Into::into).collect()))
    }

    fn info(&self) -> CardInfo {
        let info = self.info();
        CardInfo {
            version: info.version.clone(),
            title: info.title.clone(),
            city: info.city.clone(),
            product: info.product.clone(),
            side: match info.side {
                Side::Passenger => pricing::Side::Passenger,
                Side::Driver => pricing::Side::Driver,
            },
            currency: info.currency.code().to_owned(),
            time_zone: info.time_zone.clone(),
            effective_from: info.effective_from.clone(),
            effective_at: info.effective_at,
            fees: self.codes().map(str::to_owned).collect(),
        }
    }

    fn warnings(&self) -> Vec<Problem> {
        RateCard::warnings(self).iter().cloned().map(Into::into).collect()
    }

    fn local(&self, at: Timestamp) -> LocalTime {
        self.local_time(at).into()
    }

    fn price(&self, trip: Trip, quoted: Option<Trip>) -> Result<Bill, pricing::PriceError> {
        let trip = domain_trip(trip)?;
        let quoted = quoted.map(domain_trip).transpose()?;
        let bill = RateCard::price(self, &trip, quoted.as_ref()).map_err(refused)?;
        bill.try_into().map_err(|_| pricing::PriceError::Other("a line has a number of more than 18 digits".to_owned()))
    }
}

fn domain_trip(trip: Trip) -> Result<farebox_fare::Trip, pricing::PriceError> {
    trip.try_into().map_err(invalid)
}

fn refused(error: PriceError) -> pricing::PriceError {
    match error {
        PriceError::InvalidTrip(problem) => pricing::PriceError::InvalidTrip(problem.into()),
        PriceError::Overflow(code) => pricing::PriceError::Overflow(code),
        PriceError::Contradiction(contradiction) => {
            pricing::PriceError::Other(format!("the bill contradicts itself: {contradiction}"))
        }
    }
}

fn invalid(malformed: Malformed) -> pricing::PriceError {
    pricing::PriceError::InvalidTrip(Problem {
        pointer: String::new(),
        code: "malformed".to_owned(),
        message: malformed.message().to_owned(),
    })
}
