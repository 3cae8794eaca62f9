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
    /// What counts on the passenger's side. Settlements of earlier releases do not say it.
    pub counted: Option<Counted>,
    /// Base minus what counts of the driver's bill, before the top-up; negative when the driver is paid more than the base.
    pub take: MinorUnits,
    /// Take over base, before the top-up, half-even to six decimals. Zero when the base is zero.
    pub take_rate: Decimal,
    /// The highest rate allowed: 0.27 is 27%.
    pub cap: Decimal,
    /// Owed to the driver, zero or more: the least amount that brings the rate to the cap or just under it, never over; rounded up as the
    /// scenario says, and no more than it pays for a ride.
    pub top_up: MinorUnits,
    /// What would bring the rate to the cap, and is not paid since it is more than the scenario pays for a ride; zero or more.
    pub held_back: MinorUnits,
    /// Take minus top-up.
    pub take_after: MinorUnits,
    /// The rate after the top-up; never above the cap, unless something is held back.
    pub take_rate_after: Decimal,
}

impl Settlement {
    /// Whether it is what was recorded, which may be by a release that said less.
    #[must_use]
    pub fn confirms(&self, recorded: &Self) -> bool {
        Self { counted: recorded.counted.and(self.counted), ..self.clone() } == *recorded
    }
}

/// What counts on the passenger's side of a settlement, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What counts of the passenger's bill, less coupons where the scenario says so.
    pub base: MinorUnits,
    /// What does not count of the passenger's bill: it is passed on.
    pub passed_on: MinorUnits,
    /// What partners pay of the passenger's coupons; zero or more. It is the platform's, so it lowers neither base nor take.
    pub partners: MinorUnits,
}

impl Counted {
    /// What counts of the driver's bill, when this much is taken. `None` when it does not fit.
    #[must_use]
    pub fn driver(self, take: MinorUnits) -> Option<MinorUnits> {
        self.base.checked_sub(take)
    }
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
    /// What counts of the passenger's bill, less coupons where the scenario says so. Settlements of earlier releases do not say it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    /// What does not count of the passenger's bill: taxes, tolls, what is passed on. Is there with `base`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passed_on: Option<String>,
    /// What partners pay of the passenger's coupons. Absent when it is nothing.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partners: Option<String>,
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
    /// What would bring the rate to the cap, and is not paid since it is more than the scenario pays for a ride. Absent when it is nothing.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_back: Option<String>,
    /// Take minus top-up.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    take_after: String,
    /// The rate after the top-up.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Number"))]
    take_rate_after: String,
}

impl From<Settlement> for SettlementDocument {
    fn from(settlement: Settlement) -> Self {
        let Settlement { scenario, currency, take_rate, cap, take_rate_after, .. } = settlement;
        let Settlement { counted, take, top_up, held_back, take_after, .. } = settlement;
        // "0.27", not "0.270000".
        let rate = |rate: Decimal| rate.normalize().to_string();
        Self {
            scenario,
            currency,
            base: counted.map(|counted| currency.format(counted.base)),
            passed_on: counted.map(|counted| currency.format(counted.passed_on)),
            partners: counted.filter(|counted| counted.partners != 0).map(|counted| currency.format(counted.partners)),
            take: currency.format(take),
            take_rate: rate(take_rate),
            cap: rate(cap),
            top_up: currency.format(top_up),
            held_back: (held_back != 0).then(|| currency.format(held_back)),
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
        let counted = match (document.base, document.passed_on) {
            (Some(base), Some(passed_on)) => {
                let partners = document.partners.as_deref().map_or(Ok(0), amount)?;
                Some(Counted { base: amount(&base)?, passed_on: amount(&passed_on)?, partners })
            }
            (None, None) if document.partners.is_none() => None,
            _ => return Err("`base` and `passed_on` are only ever there together, `partners` with both".to_owned()),
        };
        Ok(Self {
            currency,
            counted,
            take: amount(&document.take)?,
            take_rate: rate(&document.take_rate)?,
            cap: rate(&document.cap)?,
            top_up: amount(&document.top_up)?,
            held_back: document.held_back.as_deref().map_or(Ok(0), amount)?,
            take_after: amount(&document.take_after)?,
            take_rate_after: rate(&document.take_rate_after)?,
            scenario: document.scenario,
        })
    }
}
