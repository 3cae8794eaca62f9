//! Top-ups, as the ledger has them.

use crate::bill::BillRecord;
use crate::read::{self, ReadError};
use farebox_document::words;
use farebox_money::{Currency, MinorUnits};
use serde::{Deserialize, Serialize};

words! {
    /// In which format a top-up is written.
    #[derive(Default)]
    pub enum TopUpFormat {
        /// This release's.
        #[default]
        One = "farebox-top-up/1",
    }
}

/// What the platform owes a driver for a ride, and why: all that whoever pays it has to know.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TopUpDocument", into = "TopUpDocument")]
pub struct TopUpRecord {
    /// The format of the record.
    pub format: TopUpFormat,
    /// The trip.
    pub trip_id: String,
    /// Its city.
    pub city: String,
    /// The revision of its bill that owes this.
    pub revision: u32,
    /// The currency of the amount.
    pub currency: Currency,
    /// In minor units; not zero. Below zero is taken back, of what an earlier revision owed.
    pub amount: MinorUnits,
    /// The scenario of the policy that called for it.
    pub scenario: String,
    /// The version of the policy.
    pub policy: String,
    /// Who drove, by the caller's identifier, as far as that was said.
    pub driver_id: Option<String>,
    /// When the revision was made.
    pub billed_at: String,
}

/// The JSON form: money as decimal text.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "TopUp"))]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TopUpDocument {
    /// The format of the record.
    format: TopUpFormat,
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Name"))]
    trip_id: String,
    /// Its city.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Token"))]
    city: String,
    /// The revision of its bill that owes this.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    revision: u32,
    /// The currency of the amount.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    currency: Currency,
    /// What is owed; below zero is taken back, of what an earlier revision owed.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    amount: String,
    /// The scenario of the policy that called for it.
    scenario: String,
    /// The version of the policy.
    policy: String,
    /// Who drove, by the caller's identifier, as far as that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    driver_id: Option<String>,
    /// When the first revision of the bill was made.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    billed_at: String,
}

impl TopUpRecord {
    /// What a revision of a bill owes for good beyond `owed`, which the revisions before it do, in minor units: what is paid is corrected by a
    /// further entry. `None` when that is nothing, or the bill may yet be put right.
    pub fn of(bill: &BillRecord, revision: u32, owed: MinorUnits) -> Option<Self> {
        let settlement = bill.settlement.as_ref().filter(|_| !bill.provisional)?;
        let amount = settlement.top_up.checked_sub(owed).filter(|amount| *amount != 0)?;
        Some(Self {
            format: TopUpFormat::default(),
            trip_id: bill.trip_id.clone(),
            city: bill.city.clone(),
            revision,
            currency: settlement.currency,
            amount,
            scenario: settlement.scenario.clone(),
            policy: bill.versions.policy.clone()?,
            driver_id: bill.driver_id.clone(),
            billed_at: bill.billed_at.clone(),
        })
    }

    /// Reads a record whole: it is money, and is paid as it is meant or not at all.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub fn read(document: &str) -> Result<Self, ReadError> {
        let record: Self = read::strictly(document).map_err(ReadError::Unreadable)?;
        if record.amount == 0 {
            return Err(ReadError::Contradiction(format!("a top-up of {}", record.amount)));
        }
        Ok(record)
    }
}

impl From<TopUpRecord> for TopUpDocument {
    fn from(record: TopUpRecord) -> Self {
        let TopUpRecord { format, trip_id, city, revision, currency, amount, scenario, policy, driver_id, billed_at } =
            record;
        let amount = currency.format(amount);
        Self { format, trip_id, city, revision, currency, amount, scenario, policy, driver_id, billed_at }
    }
}

impl TryFrom<TopUpDocument> for TopUpRecord {
    type Error = String;

    fn try_from(document: TopUpDocument) -> Result<Self, String> {
        let TopUpDocument { format, trip_id, city, revision, currency, amount, scenario, policy, driver_id, billed_at } =
            document;
        let amount =
            currency.parse(&amount).map_err(|error| format!("{amount:?} is not an amount in {currency}: {error:?}"))?;
        Ok(Self { format, trip_id, city, revision, currency, amount, scenario, policy, driver_id, billed_at })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TOP_UP: &str = r#"{"format":"farebox-top-up/1","trip_id":"t","city":"110000","revision":1,"currency":"CNY","amount":"6.35","scenario":"express-27","policy":"ef","driver_id":"d","billed_at":"2019-07-11T01:15:00Z"}"#;

    /// A top-up reads back as it was written, with a driver or without.
    #[test]
    fn top_ups_round_trip() {
        for (text, amount) in [
            (TOP_UP.to_owned(), 635),
            (TOP_UP.replace(r#""driver_id":"d","#, ""), 635),
            (TOP_UP.replace("6.35", "-6.35"), -635),
        ] {
            let read = TopUpRecord::read(&text).unwrap();
            assert_eq!(read.amount, amount);
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
    }

    /// What is not understood to the letter is not paid.
    #[test]
    fn nothing_doubtful_is_read() {
        for (right, wrong) in [
            ("top-up/1", "top-up/2"),
            ("6.35", "6.355"),
            ("6.35", "0.00"),
            (r#""6.35""#, "6.35"),
            (r#""CNY""#, r#""yen""#),
            (r#""revision":1"#, r#""revision":-1"#),
            (r#""trip_id":"t","#, ""),
            (r#""policy":"ef","#, r#""policy":"ef","paid":true,"#),
        ] {
            let text = TOP_UP.replace(right, wrong);
            assert_ne!(text, TOP_UP);
            assert!(TopUpRecord::read(&text).is_err(), "{text}");
        }
    }
}
