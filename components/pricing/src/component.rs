//! The WIT face of the crate: maps, and nothing else.

#![allow(missing_docs, unsafe_code)]

use crate::{PriceError, RateCard, Side, VERSION};
use farebox_types::wit::{Bill, Malformed, Problem, Trip};

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/pricing"],
    world: "farebox:pricing/component",
    with: { "farebox:types/types@0.1.0": farebox_types::wit },
});

use exports::farebox::pricing::pricing::{self, CardInfo, Guest, GuestRateCard};

struct Component;
export!(Component);

impl Guest for Component {
    type RateCard = RateCard;

    fn version() -> String {
        VERSION.to_owned()
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
        }
    }

    fn price(&self, trip: Trip) -> Result<Bill, pricing::PriceError> {
        let trip = trip.try_into().map_err(invalid)?;
        let bill = RateCard::price(self, &trip).map_err(|error| match error {
            PriceError::InvalidTrip(problem) => pricing::PriceError::InvalidTrip(problem.into()),
            PriceError::Overflow(code) => pricing::PriceError::Overflow(code),
        })?;
        bill.try_into().map_err(|_| pricing::PriceError::Other("a line has a number of more than 18 digits".to_owned()))
    }
}

fn invalid(malformed: Malformed) -> pricing::PriceError {
    pricing::PriceError::InvalidTrip(Problem {
        pointer: String::new(),
        code: "malformed".to_owned(),
        message: malformed.message().to_owned(),
    })
}
