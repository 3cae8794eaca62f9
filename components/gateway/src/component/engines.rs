//! Pricing and commission, as the components that they are. What renders, whoever has it brings.

use super::bindings::farebox::commission::commission as wit_commission;
use super::bindings::farebox::pricing::pricing as wit_pricing;
use farebox_billing::engines::{
    Billed, CardInfo, Catalogue, Circumstances, Engines, ParseError, Policy, Price, PriceError, RateCard, RideTotals,
    SettleError, Side,
};
use farebox_document::Problem;
use farebox_fare::{Bill, LocalTime, Timestamp, Trip};
use farebox_money::{Currency, Decimal};
use farebox_records::{Counted, OrderRecord, Settlement};
use farebox_wit as wit;
use std::marker::PhantomData;

/// The components that spin.toml composes with this one, and a catalogue.
pub struct Components<C>(PhantomData<C>);

impl<C: Catalogue + 'static> Engines for Components<C> {
    type Card = wit_pricing::RateCard;
    type Policy = wit_commission::Policy;
    type Catalogue = C;

    fn pricing() -> u32 {
        wit_pricing::engine()
    }

    fn commission() -> u32 {
        wit_commission::engine()
    }
}

impl RateCard for wit_pricing::RateCard {
    fn parse(document: &str) -> Result<Self, ParseError> {
        Self::parse(document).map_err(|error| match error {
            wit_pricing::CardError::Invalid(problems) => invalid(problems),
            wit_pricing::CardError::Other(why) => ParseError::Other(why),
        })
    }

    fn info(&self) -> Result<CardInfo, String> {
        let info = Self::info(self);
        let currency = Currency::from_code(&info.currency);
        Ok(CardInfo {
            currency: currency.ok_or_else(|| format!("its currency is {:?}, which is not ISO 4217", info.currency))?,
            side: match info.side {
                wit_pricing::Side::Passenger => Side::Passenger,
                wit_pricing::Side::Driver => Side::Driver,
            },
            version: info.version,
            title: info.title,
            city: info.city,
            product: info.product,
            time_zone: info.time_zone,
            effective_from: info.effective_from,
            effective_at: info.effective_at,
            fees: info.fees,
        })
    }

    fn local(&self, at: Timestamp) -> LocalTime {
        Self::local(self, at).into()
    }

    fn price(&self, trip: &Trip, quoted: Option<&Trip>) -> Result<Bill, PriceError> {
        let quoted = quoted.map(trip_to_wit).transpose()?;
        let bill = Self::price(self, &trip_to_wit(trip)?, quoted.as_ref()).map_err(price_error)?;
        bill.try_into().map_err(|error: wit::Malformed| {
            PriceError::Other(format!("it made a bill that cannot be read: {}", error.message()))
        })
    }

    fn estimate(cards: &[&Self], trip: &Trip) -> Vec<Result<Price, PriceError>> {
        match trip_to_wit(trip) {
            Ok(trip) => {
                let price = |totals: wit_pricing::Totals| Price { total: totals.total, payable: totals.payable };
                let totals = wit_pricing::estimate(cards, &trip).into_iter();
                totals.map(|totals| totals.map(price).map_err(price_error)).collect()
            }
            Err(error) => cards.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}

impl Policy for wit_commission::Policy {
    fn parse(document: &str) -> Result<Self, ParseError> {
        Self::parse(document).map_err(|error| match error {
            wit_commission::PolicyError::Invalid(problems) => invalid(problems),
            wit_commission::PolicyError::Other(why) => ParseError::Other(why),
        })
    }

    fn version(&self) -> String {
        Self::version(self)
    }

    fn settle(&self, ride: Circumstances<'_>, billed: Billed<'_>) -> Result<Settlement, SettleError> {
        let Billed { passenger, driver, partners } = billed;
        let [passenger_to_wit, driver_to_wit] = [bill_to_wit(passenger), bill_to_wit(driver)];
        let (passenger_to_wit, driver_to_wit) =
            (passenger_to_wit.map_err(SettleError::Other)?, driver_to_wit.map_err(SettleError::Other)?);
        let settled = self.settle_bills(&circumstances(ride), &passenger_to_wit, &driver_to_wit, partners);
        settlement(settled, passenger.currency)
    }

    fn settle_totals(&self, ride: Circumstances<'_>, totals: RideTotals) -> Result<Settlement, SettleError> {
        let RideTotals { currency, passenger_total, driver_total, coupons } = totals;
        let code = currency.code().to_owned();
        let totals = wit_commission::Totals { currency: code, passenger_total, driver_total, coupons };
        settlement(Self::settle(self, &circumstances(ride), &totals), currency)
    }
}

fn circumstances(ride: Circumstances<'_>) -> wit_commission::Circumstances {
    let OrderRecord { kind, campaign, partner, passenger_tier, driver_tier, .. } = ride.order.clone();
    wit_commission::Circumstances {
        city: ride.city.to_owned(),
        product: ride.product.to_owned(),
        tier: passenger_tier,
        driver_tier,
        scene: kind,
        campaign,
        partner,
        outcome: ride.outcome.into(),
        begins: ride.begins.into(),
    }
}

/// What a component says is wrong with a document.
pub fn invalid(problems: Vec<wit::Problem>) -> ParseError {
    ParseError::Invalid(problems.into_iter().map(Problem::from).collect())
}

fn price_error(error: wit_pricing::PriceError) -> PriceError {
    match error {
        wit_pricing::PriceError::InvalidTrip(problem) => PriceError::InvalidTrip(problem.into()),
        wit_pricing::PriceError::Overflow(code) => PriceError::Overflow(code),
        wit_pricing::PriceError::Other(why) => PriceError::Other(why),
    }
}

fn trip_to_wit(trip: &Trip) -> Result<wit::Trip, PriceError> {
    let too_long = |_| PriceError::Other("a factor of a checked request has too many digits".to_owned());
    trip.clone().try_into().map_err(too_long)
}

/// A bill, as components know it.
///
/// # Errors
///
/// A number of it is too long for them.
pub fn bill_to_wit(bill: &Bill) -> Result<wit::Bill, String> {
    bill.clone().try_into().map_err(|_| "a number of a bill has too many digits".to_owned())
}

fn settlement(
    settled: Result<wit_commission::Settlement, wit_commission::SettleError>,
    currency: Currency,
) -> Result<Settlement, SettleError> {
    let settled = settled.map_err(|error| match error {
        wit_commission::SettleError::InvalidRide(problem) => SettleError::InvalidRide(problem.into()),
        wit_commission::SettleError::Overflow => SettleError::Overflow,
        wit_commission::SettleError::Other(why) => SettleError::Other(why),
    })?;
    let rate = |rate: wit::Decimal| {
        Decimal::try_from(rate).map_err(|_| SettleError::Other("a rate has too many digits".to_owned()))
    };
    Ok(Settlement {
        scenario: settled.scenario,
        currency,
        counted: Some(Counted { base: settled.base, passed_on: settled.passed_on, partners: settled.partners }),
        take: settled.take,
        take_rate: rate(settled.take_rate)?,
        cap: rate(settled.cap)?,
        top_up: settled.top_up,
        held_back: settled.held_back,
        take_after: settled.take_after,
        take_rate_after: rate(settled.take_rate_after)?,
    })
}
