//! What a bill that was made again says of the one before it.

use farebox_fare::{Bill, Degradation, Line};
use farebox_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a bill differs from the one before it, why it was made again, and who bears the difference.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// The number of this revision of the bill: 2 for the first that was made again. The one before it can still be read.
    #[cfg_attr(feature = "schema", schemars(range(min = 2)))]
    pub revision: u32,
    /// When it was made. `billed_at` is when the first one was.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub repaired_at: String,
    /// What the one before lacked, or what came since.
    pub because: Vec<Degradation>,
    /// Whether it counts as it is, though what it lacks was not to be had: the time for that is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// What the passenger is charged.
    pub passenger: Difference,
    /// What the driver earns, without top-ups.
    pub driver: Difference,
    /// What the platform adds to that. Absent when it is nothing by either, and on bills of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reward: Option<RewardChange>,
}

/// What the platform adds to what a driver earns, so that it keeps no more than its cap: before, and now.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "RewardChangeDocument"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RewardChangeDocument", into = "RewardChangeDocument")]
pub struct RewardChange {
    /// The currency of both.
    pub currency: Currency,
    /// By the revision before, in minor units.
    pub before: MinorUnits,
    /// By this one.
    pub after: MinorUnits,
}

/// The JSON form: money as decimal text.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "RewardChange"))]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RewardChangeDocument {
    /// The currency of both.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    currency: Currency,
    /// What it was by the revision before.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    before: String,
    /// What it is by this one.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    after: String,
}

impl From<RewardChange> for RewardChangeDocument {
    fn from(RewardChange { currency, before, after }: RewardChange) -> Self {
        Self { currency, before: currency.format(before), after: currency.format(after) }
    }
}

impl TryFrom<RewardChangeDocument> for RewardChange {
    type Error = String;

    fn try_from(RewardChangeDocument { currency, before, after }: RewardChangeDocument) -> Result<Self, String> {
        let amount =
            |text: &str| currency.parse(text).map_err(|error| format!("{text:?} is not in {currency}: {error:?}"));
        Ok(Self { currency, before: amount(&before)?, after: amount(&after)? })
    }
}

/// What one side of a bill came to before, and comes to now.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "DifferenceDocument"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "DifferenceDocument", into = "DifferenceDocument")]
pub struct Difference {
    /// The currency of the amounts.
    pub currency: Currency,
    /// What this side was charged, or paid, by the revision before, in minor units.
    pub before: MinorUnits,
    /// What it is by this one.
    pub after: MinorUnits,
    /// What the bill comes to beyond `after`, which the platform bears; zero or more.
    pub borne: MinorUnits,
    /// The fee codes that come to something else, in order of their names; the lines of a code together.
    pub lines: Vec<LineDifference>,
}

/// What the lines of a fee code came to before, and come to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineDifference {
    /// The fee code.
    pub code: String,
    /// In minor units; zero where there was none.
    pub before: MinorUnits,
    /// In minor units; zero where there is none.
    pub after: MinorUnits,
}

/// The JSON form: money as decimal text.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Difference"))]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferenceDocument {
    /// The currency of the amounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    currency: Currency,
    /// What this side was charged, or paid, by the revision before.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    before: String,
    /// What it is by this one.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    after: String,
    /// What the bill comes to beyond `after`: the platform bears it.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    borne: String,
    /// The fee codes that come to something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<LineDifferenceDocument>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "LineDifference"))]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineDifferenceDocument {
    /// The fee code.
    code: String,
    /// What its lines came to.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    before: String,
    /// What they come to now.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    after: String,
}

impl Difference {
    /// Between two bills of one side, of which this much was and is charged or paid. `None` when an amount does not fit.
    pub fn between(before: (&Bill, MinorUnits), after: (&Bill, MinorUnits)) -> Option<Self> {
        let mut codes: BTreeMap<&str, (MinorUnits, MinorUnits)> = BTreeMap::new();
        for Line { code, amount, .. } in before.0.lines.iter().chain(&before.0.discounts) {
            let sums = codes.entry(code).or_default();
            sums.0 = sums.0.checked_add(*amount)?;
        }
        for Line { code, amount, .. } in after.0.lines.iter().chain(&after.0.discounts) {
            let sums = codes.entry(code).or_default();
            sums.1 = sums.1.checked_add(*amount)?;
        }
        let differ = codes.into_iter().filter(|(_, (before, after))| before != after);
        let lines = differ.map(|(code, (before, after))| LineDifference { code: code.to_owned(), before, after });
        Some(Self {
            currency: after.0.currency,
            before: before.1,
            after: after.1,
            borne: after.0.payable.checked_sub(after.1)?,
            lines: lines.collect(),
        })
    }

    /// What is still to be paid by a passenger, or to a driver, who was charged or paid what the revision before came to; negative is given
    /// back. `None` when it does not fit.
    pub fn outstanding(&self) -> Option<MinorUnits> {
        self.after.checked_sub(self.before)
    }

    /// Holds it to the bill whose difference it is.
    pub(crate) fn verify(&self, bill: &Bill) -> Result<(), String> {
        let Self { currency, after, borne, .. } = self;
        if *currency != bill.currency {
            return Err(format!("a difference in {currency} of a bill in {}", bill.currency));
        }
        if *after < 0 || *borne < 0 || after.checked_add(*borne) != Some(bill.payable) {
            let payable = bill.payable;
            return Err(format!("{after} and {borne} borne by the platform are not what is payable, {payable}"));
        }
        Ok(())
    }
}

impl From<Difference> for DifferenceDocument {
    fn from(difference: Difference) -> Self {
        let Difference { currency, before, after, borne, lines } = difference;
        let line = |LineDifference { code, before, after }| LineDifferenceDocument {
            code,
            before: currency.format(before),
            after: currency.format(after),
        };
        Self {
            currency,
            before: currency.format(before),
            after: currency.format(after),
            borne: currency.format(borne),
            lines: lines.into_iter().map(line).collect(),
        }
    }
}

impl TryFrom<DifferenceDocument> for Difference {
    type Error = String;

    fn try_from(document: DifferenceDocument) -> Result<Self, String> {
        let DifferenceDocument { currency, before, after, borne, lines } = document;
        let amount =
            |text: &str| currency.parse(text).map_err(|error| format!("{text:?} is not in {currency}: {error:?}"));
        let line = |LineDifferenceDocument { code, before, after }| {
            Ok(LineDifference { code, before: amount(&before)?, after: amount(&after)? })
        };
        Ok(Self {
            currency,
            before: amount(&before)?,
            after: amount(&after)?,
            borne: amount(&borne)?,
            lines: lines.into_iter().map(line).collect::<Result<_, String>>()?,
        })
    }
}
