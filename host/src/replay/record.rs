//! The record of a bill, as far as pricing it again is concerned.

use crate::bill_text;
use crate::card::archive::Archive;
use farebox_billing::funding::{less_what_the_driver_pays, what_partners_pay};
use farebox_billing::pricing::of_the_driver;
use farebox_fare::{Bill, Coupon, Facts, Trip};
use farebox_money::{Currency, MinorUnits};
use farebox_pricing::{CardInfo, RateCard, Side};
use farebox_records::{BillRecord, OrderRecord, ReadError, Settlement};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What `GET /v1/trips/{trip_id}/bill` answers. Fields that pricing does not look at are passed over.
#[derive(Debug, Deserialize)]
pub struct Record<'a> {
    /// The trip.
    #[serde(borrow)]
    pub trip_id: Cow<'a, str>,
    /// Its city.
    #[serde(borrow)]
    pub city: Cow<'a, str>,
    /// What was ridden.
    #[serde(borrow)]
    pub product: Cow<'a, str>,
    /// What is known of its order.
    #[serde(default)]
    pub order: Option<OrderRecord>,
    #[serde(borrow)]
    passenger: &'a RawValue,
    #[serde(borrow)]
    driver: &'a RawValue,
    /// What the platform keeps, and owes. Absent when there was no policy that could be used.
    pub settlement: Option<Settlement>,
    #[serde(borrow)]
    versions: Versions<'a>,
    facts: BillFacts,
}

#[derive(Debug, Deserialize)]
struct Versions<'a> {
    #[serde(borrow)]
    rate_card: Cow<'a, str>,
    #[serde(borrow)]
    driver_rate_card: Cow<'a, str>,
    #[serde(borrow)]
    policy: Option<Cow<'a, str>>,
    pricing: u32,
}

#[derive(Debug, Deserialize)]
struct BillFacts {
    trip: Facts,
    quoted: Option<Facts>,
}

/// What one side's bill is priced from.
#[derive(Clone, Debug)]
pub struct PricedTrip {
    /// The ride.
    pub trip: Trip,
    /// The ride as it was quoted, when it was billed as quoted.
    pub quoted: Option<Trip>,
}

impl<'a> Record<'a> {
    /// Reads a record, of which pricing's part is looked at.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with it.
    pub fn parse(text: &'a [u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map_err(|error| {
            // Read whole, for the sake of a message that says what to write.
            let why = match std::str::from_utf8(text).map(BillRecord::read) {
                Ok(Err(ReadError::Unreadable(why))) => why,
                _ => error.to_string(),
            };
            format!("not the record of a bill: {why}")
        })
    }

    /// The bill of a side, letter by letter.
    #[must_use]
    pub fn bill(&self, side: Side) -> &RawValue {
        match side {
            Side::Passenger => self.passenger,
            Side::Driver => self.driver,
        }
    }

    /// The version of the rate card that priced a side.
    #[must_use]
    pub fn version(&self, side: Side) -> &str {
        match side {
            Side::Passenger => &self.versions.rate_card,
            Side::Driver => &self.versions.driver_rate_card,
        }
    }

    /// The version of the policy that settled it, if one did.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.versions.policy.as_deref()
    }

    /// The rate card that priced a side.
    ///
    /// # Errors
    ///
    /// Why there is none, or why it cannot be that one.
    pub fn card<'c>(&self, side: Side, archive: &'c Archive) -> Result<&'c RateCard, String> {
        let card = archive.find(self.version(side))?;
        let CardInfo { version, city, product, side: of_side, .. } = card.info();
        if (city.as_str(), product.as_str(), *of_side) != (&*self.city, &*self.product, side) {
            return Err(format!(
                "rate card {version} is the {}'s of {city} {product}, and the bill is the {}'s of {} {}",
                bill_text::side(*of_side),
                bill_text::side(side),
                self.city,
                self.product
            ));
        }
        Ok(card)
    }

    /// The number of the engine that priced both sides.
    #[must_use]
    pub fn engine(&self) -> u32 {
        self.versions.pricing
    }

    /// What the driver earned: what their rate card comes to, less what they pay of the passenger's coupons.
    ///
    /// # Errors
    ///
    /// Which of the facts is not what it should be, or that an amount does not fit.
    pub fn earned(&self, passenger: &Bill, driver: Bill) -> Result<Bill, String> {
        let coupons = self.coupons(passenger.currency)?;
        less_what_the_driver_pays(&coupons, passenger, driver).ok_or_else(does_not_fit)
    }

    /// The same beside the passenger's bill of the record.
    ///
    /// # Errors
    ///
    /// As [`Self::earned`]; and that there is no such bill.
    pub fn earned_as_recorded(&self, driver: Bill) -> Result<Bill, String> {
        if self.coupons(driver.currency)?.is_empty() {
            return Ok(driver);
        }
        let passenger: Bill = serde_json::from_str(self.passenger.get())
            .map_err(|error| format!("the passenger's bill is not one: {error}"))?;
        self.earned(&passenger, driver)
    }

    /// What partners pay of the passenger's coupons, in minor units.
    ///
    /// # Errors
    ///
    /// As [`Self::earned`].
    pub fn partners(&self, passenger: &Bill) -> Result<MinorUnits, String> {
        what_partners_pay(&self.coupons(passenger.currency)?, passenger).ok_or_else(does_not_fit)
    }

    fn coupons(&self, currency: Currency) -> Result<Vec<Coupon>, String> {
        self.facts.trip.coupons(currency).map_err(|why| format!("/facts/trip: {why}"))
    }

    /// What a side was priced from.
    ///
    /// # Errors
    ///
    /// Which of the facts is not what it should be.
    pub fn ride(&self, side: Side, currency: Currency) -> Result<PricedTrip, String> {
        let read = |name: &str, facts: &Facts| {
            let trip = facts.trip(currency).map_err(|why| format!("/facts/{name}: {why}"))?;
            Ok::<Trip, String>(if side == Side::Driver { of_the_driver(trip) } else { trip })
        };
        let quoted = self.facts.quoted.as_ref().map(|quoted| read("quoted", quoted)).transpose()?;
        Ok(PricedTrip { trip: read("trip", &self.facts.trip)?, quoted })
    }
}

fn does_not_fit() -> String {
    "what is paid of coupons does not fit".to_owned()
}
