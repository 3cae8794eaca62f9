//! What is kept of a ride: the quote that an estimate was made from, and the bill.
//!
//! Pages, receipts, settlements and replays read one record. Numbers stay numbers in here; they become text when a record
//! is written, and nowhere else.

use farebox_document::words;
use farebox_fare::{Basis, Bill, Facts};
use farebox_money::{Currency, Decimal, MinorUnits};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the store keeps of an estimate: what it takes to price it again, for the detail page and for the bill.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote<'a> {
    /// What was priced.
    pub facts: Facts,
    /// The cards of each product.
    pub cards: BTreeMap<Cow<'a, str>, CardVersions<'a>>,
}

/// The versions of the cards of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardVersions<'a> {
    /// The passenger's.
    pub passenger: Cow<'a, str>,
    /// The driver's. Absent when it could not be used when the quote was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Cow<'a, str>>,
}

/// A bill as it is answered, and kept: one immutable record that pages, receipts and replays read.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Bill"))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillRecord {
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Name"))]
    pub trip_id: String,
    /// Its city.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// What was ridden.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub product: String,
    /// Where the quantities come from.
    pub basis: Basis,
    /// Whether anything was missing: measurements, or a store to keep the bill in.
    pub degraded: bool,
    /// Where the bill is kept. Kept nowhere, asking again makes it again.
    pub kept: Kept,
    /// When the bill was made.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub billed_at: String,
    /// When the ride began.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub started_at: String,
    /// When it ended.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub ended_at: String,
    /// What was charged for, in metres.
    pub distance_m: u64,
    /// What was charged for, in seconds.
    pub duration_s: u64,
    /// The estimate the ride was ordered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_id: Option<String>,
    /// What the passenger owes.
    pub passenger: Bill,
    /// What the driver earns.
    pub driver: Bill,
    /// What the platform keeps.
    pub settlement: Settlement,
    /// What the bill was made with.
    pub versions: Versions,
    /// Whether the rate cards are those of the estimate, and why not.
    pub pinned: Pinned,
    /// What the bill was made from.
    pub facts: BillFacts,
}

words! {
    /// Where a bill is kept.
    pub enum Kept {
        /// In the store that all sites of a city share.
        Shared = "shared",
        /// Nowhere.
        Nowhere = "nowhere",
    }
}

/// Why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is not as this release writes it. Says where.
    Unreadable(String),
    /// It contradicts itself. Says how.
    Contradiction(String),
}

impl BillRecord {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub fn read(document: &str) -> Result<Self, ReadError> {
        let record: Self = serde_json::from_str(document).map_err(|error| ReadError::Unreadable(error.to_string()))?;
        record.verify().map_err(ReadError::Contradiction)?;
        Ok(record)
    }

    /// Holds the record to what is always true of one: both bills add up, are bills of its rate cards and of its
    /// currency, and the top-up is what the take comes down by.
    ///
    /// # Errors
    ///
    /// What is not true.
    pub fn verify(&self) -> Result<(), String> {
        let Self { passenger, driver, settlement, versions, .. } = self;
        for (name, bill, version) in
            [("passenger", passenger, &versions.rate_card), ("driver", driver, &versions.driver_rate_card)]
        {
            bill.verify().map_err(|why| format!("the {name}'s bill: {why}"))?;
            if bill.rate_card != *version {
                return Err(format!("the {name}'s bill is of another rate card than {version}"));
            }
            if bill.currency != settlement.currency {
                return Err(format!(
                    "the {name}'s bill is in {}, the settlement in {}",
                    bill.currency, settlement.currency
                ));
            }
        }
        let Settlement { take, top_up, take_after, .. } = settlement;
        if *top_up < 0 || take.checked_sub(*top_up) != Some(*take_after) {
            return Err(format!("a top-up of {top_up} does not bring a take of {take} down to {take_after}"));
        }
        Ok(())
    }
}

/// Which versions of its rate cards a ride was billed with.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Both cards, the passenger's and the driver's.
    pub rate_card: CardChoice,
    /// Why it is not the quoted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotQuoted>,
}

impl Pinned {
    /// The cards that the passenger was quoted with.
    pub const QUOTED: Self = Self { rate_card: CardChoice::Quoted, reason: None };

    /// The cards of today.
    pub fn current(reason: NotQuoted) -> Self {
        Self { rate_card: CardChoice::Current, reason: Some(reason) }
    }
}

words! {
    /// Which version of a rate card.
    pub enum CardChoice {
        /// The one that the estimate was priced with.
        Quoted = "quoted",
        /// The one that was in force when the bill was made.
        Current = "current",
    }
}

words! {
    /// Why a ride was not billed with the versions it was quoted with.
    pub enum NotQuoted {
        /// The request named no estimate.
        NoEstimate = "no-estimate",
        /// The quote is not kept any more, or never was.
        QuoteExpired = "quote-expired",
        /// The quote, or its rate cards, could not be fetched.
        StoreUnavailable = "store-unavailable",
        /// A rate card of that version is not known, or is not one that this service can use.
        VersionUnavailable = "version-unavailable",
    }
}

/// Everything that a bill was priced from: with the rate cards of its versions, enough to price it again.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillFacts {
    /// The ride. The driver's bill is priced without the coupons, which are between the passenger and the platform.
    pub trip: Facts,
    /// The ride as it was quoted, when the bill is priced with the quoted versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Facts>,
}

/// The versions that a bill was made with: enough to replay it bit for bit.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The passenger's rate card.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub rate_card: String,
    /// The driver's rate card.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub driver_rate_card: String,
    /// The commission policy.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub policy: String,
    /// The pricing engine.
    pub pricing: String,
}

/// What the platform keeps of one ride, and owes the driver so that it keeps no more than the cap.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SettlementDocument", into = "SettlementDocument")]
pub struct Settlement {
    /// The scenario of the policy that applied.
    pub scenario: String,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Base minus the driver's total, before the top-up; negative when the driver is paid more than the base.
    pub take: MinorUnits,
    /// Take over base, before the top-up.
    pub take_rate: Decimal,
    /// The highest rate allowed: 0.27 is 27%.
    pub cap: Decimal,
    /// Owed to the driver; zero or more.
    pub top_up: MinorUnits,
    /// Take minus top-up.
    pub take_after: MinorUnits,
    /// The rate after the top-up; never above the cap.
    pub take_rate_after: Decimal,
}

/// The JSON form: money and rates as decimal text.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Settlement"))]
#[derive(Serialize, Deserialize)]
struct SettlementDocument {
    /// The scenario of the policy that applied.
    scenario: String,
    /// The currency of the amounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    currency: Currency,
    /// What the platform keeps, before the top-up. May be negative.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    take: String,
    /// Take over base, before the top-up.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Number"))]
    take_rate: String,
    /// The highest rate allowed: 0.27 is 27%.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Number"))]
    cap: String,
    /// Owed to the driver, so that the rate is at the cap or just under it.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    top_up: String,
    /// Take minus top-up.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    take_after: String,
    /// The rate after the top-up.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Number"))]
    take_rate_after: String,
}

impl From<Settlement> for SettlementDocument {
    fn from(settlement: Settlement) -> Self {
        let Settlement { scenario, currency, take, take_rate, cap, top_up, take_after, take_rate_after } = settlement;
        // "0.27", not "0.270000".
        let rate = |rate: Decimal| rate.normalize().to_string();
        Self {
            scenario,
            currency,
            take: currency.format(take),
            take_rate: rate(take_rate),
            cap: rate(cap),
            top_up: currency.format(top_up),
            take_after: currency.format(take_after),
            take_rate_after: rate(take_rate_after),
        }
    }
}

impl TryFrom<SettlementDocument> for Settlement {
    type Error = String;

    fn try_from(document: SettlementDocument) -> Result<Self, String> {
        let currency = document.currency;
        let amount =
            |text: &str| currency.parse(text).map_err(|error| format!("{text:?} is not in {currency}: {error:?}"));
        let rate = |text: &str| Decimal::from_str_exact(text).map_err(|error| format!("{text:?}: {error}"));
        Ok(Self {
            currency,
            take: amount(&document.take)?,
            take_rate: rate(&document.take_rate)?,
            cap: rate(&document.cap)?,
            top_up: amount(&document.top_up)?,
            take_after: amount(&document.take_after)?,
            take_rate_after: rate(&document.take_rate_after)?,
            scenario: document.scenario,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A bill reads back from the store as what was stored.
    #[test]
    fn bills_round_trip() {
        let text = r#"{"trip_id":"t","city":"370100","product":"express","basis":"mocked","degraded":true,"kept":"shared","billed_at":"2019-07-11T01:15:00Z","started_at":"2019-07-11T01:00:00Z","ended_at":"2019-07-11T01:15:00Z","distance_m":4100,"duration_s":900,"passenger":{"currency":"CNY","basis":"mocked","total":"10.00","payable":"10.00","rate_card":"ab","lines":[]},"driver":{"currency":"CNY","basis":"mocked","total":"7.00","payable":"7.00","rate_card":"cd","lines":[]},"settlement":{"scenario":"default","currency":"CNY","take":"3.00","take_rate":"0.3","cap":"0.29","top_up":"0.10","take_after":"2.90","take_rate_after":"0.29"},"versions":{"rate_card":"ab","driver_rate_card":"cd","policy":"ef","pricing":"0.1.0"},"pinned":{"rate_card":"current","reason":"quote-expired"},"facts":{"trip":{"basis":"mocked","started_at":"2019-07-11T01:00:00Z","ended_at":"2019-07-11T01:15:00Z","distance_m":4100,"duration_s":900}}}"#;
        let bill: BillRecord = serde_json::from_str(text).unwrap();
        assert_eq!((bill.settlement.top_up, bill.settlement.cap), (10, Decimal::new(29, 2)));
        assert_eq!(bill.pinned, Pinned::current(NotQuoted::QuoteExpired));
        assert_eq!(serde_json::to_string(&bill).unwrap(), text);
    }
}
