//! The WIT face of the crate: maps, and nothing else.

#![allow(missing_docs, unsafe_code)]

use crate::{ENGINE, Policy, RideTotals, SettleError};
use farebox_fare::Bill;
use farebox_heap as _;
use farebox_money::Currency;
use farebox_wit::{Malformed, Problem};

wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/commission"],
    world: "farebox:commission/component",
    with: { "farebox:types/types@0.1.0": farebox_wit },
});

use exports::farebox::commission::commission::{self, Guest, GuestPolicy};

struct Component;
export!(Component);

impl Guest for Component {
    type Policy = Policy;

    fn engine() -> u32 {
        ENGINE
    }
}

impl GuestPolicy for Policy {
    fn parse(document: String) -> Result<commission::Policy, commission::PolicyError> {
        Self::parse(&document)
            .map(commission::Policy::new)
            .map_err(|problems| commission::PolicyError::Invalid(problems.into_iter().map(Into::into).collect()))
    }

    fn version(&self) -> String {
        Policy::version(self).to_owned()
    }

    fn settle(&self, ride: commission::RideTotals) -> Result<commission::Settlement, commission::SettleError> {
        let currency = Currency::from_code(&ride.currency).ok_or_else(|| {
            commission::SettleError::InvalidRide(Problem {
                pointer: "/currency".to_owned(),
                code: "unknown-currency".to_owned(),
                message: Malformed::Currency.message().to_owned(),
            })
        })?;
        let ride = RideTotals {
            city: ride.city,
            product: ride.product,
            currency,
            passenger_total: ride.passenger_total,
            driver_total: ride.driver_total,
            coupons: ride.coupons,
        };
        settle(self, &ride)
    }

    fn settle_bills(&self, ride: commission::BilledRide) -> Result<commission::Settlement, commission::SettleError> {
        let invalid = |pointer: &str, code: &str, message: String| {
            let (pointer, code) = (pointer.to_owned(), code.to_owned());
            commission::SettleError::InvalidRide(Problem { pointer, code, message })
        };
        let malformed = |pointer| move |error: Malformed| invalid(pointer, "malformed", error.message().to_owned());
        let passenger = Bill::try_from(ride.passenger).map_err(malformed("/passenger"))?;
        let driver = Bill::try_from(ride.driver).map_err(malformed("/driver"))?;
        if passenger.currency != driver.currency {
            let message = format!("is {}; the passenger's bill is in {}", driver.currency, passenger.currency);
            return Err(invalid("/driver/currency", "other-currency", message));
        }
        settle(self, &RideTotals::of_bills(ride.city, ride.product, &passenger, &driver))
    }
}

fn settle(policy: &Policy, ride: &RideTotals) -> Result<commission::Settlement, commission::SettleError> {
    let settlement = policy.settle(ride).map_err(|error| match error {
        SettleError::InvalidRide(problem) => commission::SettleError::InvalidRide(problem.into()),
        SettleError::Overflow => commission::SettleError::Overflow,
    })?;
    let long = |_| commission::SettleError::Other("a rate has more than 18 digits".to_owned());
    Ok(commission::Settlement {
        scenario: settlement.scenario,
        take: settlement.take,
        take_rate: settlement.take_rate.try_into().map_err(long)?,
        cap: settlement.cap.try_into().map_err(long)?,
        top_up: settlement.top_up,
        take_after: settlement.take_after,
        take_rate_after: settlement.take_rate_after.try_into().map_err(long)?,
    })
}
