//! The WIT face of the crate: maps, and nothing else.

#![allow(missing_docs, unsafe_code)]

use crate::{Billed, Circumstances, Counted, ENGINE, Policy, SettleError, Settlement, Totals};
use farebox_fare::Bill;
use farebox_heap as _;
use farebox_money::Currency;
use farebox_wit::{self as wit, Malformed, Problem};

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

    fn warnings(&self) -> Vec<Problem> {
        Policy::warnings(self).iter().cloned().map(Into::into).collect()
    }

    fn settle(
        &self,
        ride: commission::Circumstances,
        totals: commission::Totals,
    ) -> Result<commission::Settlement, commission::SettleError> {
        let currency = Currency::from_code(&totals.currency)
            .ok_or_else(|| invalid("/currency", "unknown-currency", Malformed::Currency.message().to_owned()))?;
        let commission::Totals { passenger_total, driver_total, coupons, .. } = totals;
        let totals = Totals { currency, passenger_total, driver_total, coupons };
        answer(Self::settle(self, &circumstances(ride), &totals))
    }

    fn settle_bills(
        &self,
        ride: commission::Circumstances,
        passenger: wit::Bill,
        driver: wit::Bill,
        partners: i64,
    ) -> Result<commission::Settlement, commission::SettleError> {
        let malformed = |pointer| move |error: Malformed| invalid(pointer, "malformed", error.message().to_owned());
        let passenger = Bill::try_from(passenger).map_err(malformed("/passenger"))?;
        let driver = Bill::try_from(driver).map_err(malformed("/driver"))?;
        if passenger.currency != driver.currency {
            let message = format!("is {}; the passenger's bill is in {}", driver.currency, passenger.currency);
            return Err(invalid("/driver/currency", "other-currency", message));
        }
        let billed = Billed { passenger: &passenger, driver: &driver, partners };
        answer(Self::settle_bills(self, &circumstances(ride), billed))
    }
}

fn invalid(pointer: &str, code: &str, message: String) -> commission::SettleError {
    let (pointer, code) = (pointer.to_owned(), code.to_owned());
    commission::SettleError::InvalidRide(Problem { pointer, code, message })
}

fn circumstances(ride: commission::Circumstances) -> Circumstances {
    Circumstances {
        city: ride.city,
        product: ride.product,
        tier: ride.tier,
        driver_tier: ride.driver_tier,
        scene: ride.scene,
        campaign: ride.campaign,
        partner: ride.partner,
        outcome: ride.outcome.into(),
        begins: ride.begins.into(),
    }
}

fn answer(settled: Result<Settlement, SettleError>) -> Result<commission::Settlement, commission::SettleError> {
    let settlement = settled.map_err(|error| match error {
        SettleError::InvalidRide(problem) => commission::SettleError::InvalidRide(problem.into()),
        SettleError::Overflow => commission::SettleError::Overflow,
    })?;
    let long = |_| commission::SettleError::Other("a rate has more than 18 digits".to_owned());
    let silent = || commission::SettleError::Other("a settlement does not say what counted".to_owned());
    let Counted { base, passed_on, partners } = settlement.counted.ok_or_else(silent)?;
    Ok(commission::Settlement {
        scenario: settlement.scenario,
        base,
        passed_on,
        partners,
        take: settlement.take,
        take_rate: settlement.take_rate.try_into().map_err(long)?,
        cap: settlement.cap.try_into().map_err(long)?,
        top_up: settlement.top_up,
        held_back: settlement.held_back,
        take_after: settlement.take_after,
        take_rate_after: settlement.take_rate_after.try_into().map_err(long)?,
    })
}
