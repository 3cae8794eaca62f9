//! Settlements, as bills have them.

use farebox_money::{Currency, Decimal, MinorUnits, decimal};
use serde::{Deserialize, Serialize};

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
    /// Take over base, before the top-up, half-even to six decimals. Zero when the base is zero.
    pub take_rate: Decimal,
    /// The highest rate allowed: 0.27 is 27%.
    pub cap: Decimal,
    /// Owed to the driver, zero or more: the least amount that brings the rate to the cap or just under it, never over.
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
        let rate = |text: &str| decimal(text).ok_or_else(|| format!("{text:?} is not a decimal number"));
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
