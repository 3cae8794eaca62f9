//! What became of a key, and which class that is.

use crate::key::Key;
use crate::payment::Payment;
use crate::place::Place;
use crate::tally::Tally;
use farebox_document::words;
use farebox_records::TopUpRecord;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

words! {
    /// What became of a key. Each has one class, the first of these that it is: [`Class::of`].
    #[derive(PartialOrd, Ord, Hash)]
    pub enum Class {
        /// The ledger owes different things under one key: nobody can say what would be right.
        LedgerConflict = "ledger-conflict",
        /// It was paid, and the ledger does not owe it.
        PaidWithoutLedger = "paid-without-ledger",
        /// The ledger owes it, and it was not paid.
        Unpaid = "unpaid",
        /// It was paid more than once.
        Duplicate = "duplicate",
        /// It was paid in another currency.
        WrongCurrency = "wrong-currency",
        /// It was paid, and not as much as is owed.
        AmountDiffers = "amount-differs",
        /// It was paid to somebody else.
        DriverDiffers = "driver-differs",
        /// It was paid once, as it is owed.
        Matched = "matched",
    }
}

impl Class {
    /// Decides it.
    pub fn of(owed: &[Owed], paid: &[Paid]) -> Self {
        match (owed, paid) {
            ([], _) => Self::PaidWithoutLedger,
            ([_, _, ..], _) => Self::LedgerConflict,
            ([_], []) => Self::Unpaid,
            ([_], [_, _, ..]) => Self::Duplicate,
            ([Owed { record, .. }], [Paid { payment, .. }]) => {
                let drivers = record.driver_id.as_ref().zip(payment.driver_id.as_ref());
                if record.currency != payment.currency {
                    Self::WrongCurrency
                } else if record.amount != payment.amount {
                    Self::AmountDiffers
                } else if drivers.is_some_and(|(owed, paid)| owed != paid) {
                    Self::DriverDiffers
                } else {
                    Self::Matched
                }
            }
        }
    }

    /// What it is called in front of people.
    pub fn title(self) -> &'static str {
        match self {
            Self::LedgerConflict => "the ledger contradicts itself",
            Self::PaidWithoutLedger => "paid, and not in the ledger",
            Self::Unpaid => "not paid",
            Self::Duplicate => "paid more than once",
            Self::WrongCurrency => "paid in another currency",
            Self::AmountDiffers => "paid, and not as much as is owed",
            Self::DriverDiffers => "paid to another driver",
            Self::Matched => "paid once, as owed",
        }
    }
}

/// A record of the ledger, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Owed {
    /// Where. Of one that is there several times: the first, in the order of the files.
    #[serde(flatten)]
    pub place: Place,
    /// What it says.
    pub record: TopUpRecord,
}

/// A payment, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Where.
    pub place: Place,
    /// What it says.
    pub payment: Payment,
}

/// The JSON form: money as decimal text.
impl Serialize for Paid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Payment { currency, amount, paid_at, reference, driver_id } = &self.payment;
        let mut fields = serializer.serialize_struct("Paid", 7)?;
        fields.serialize_field("file", &*self.place.file)?;
        fields.serialize_field("line", &self.place.line)?;
        fields.serialize_field("currency", currency)?;
        fields.serialize_field("amount", &currency.format(*amount))?;
        for (name, said) in [("paid_at", paid_at), ("reference", reference), ("driver_id", driver_id)] {
            match said {
                Some(said) => fields.serialize_field(name, said)?,
                None => fields.skip_field(name)?,
            }
        }
        fields.end()
    }
}

/// How many records and how many payments of a key are listed one by one. Nobody pays a top-up more often by mistake; but where a wrong
/// column is taken for the trip, all payments have one key.
pub const MOST_OF_A_KEY: usize = 20;

/// What became of a key, with all that was said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which class it is.
    pub class: Class,
    /// Of which key.
    #[serde(flatten)]
    pub key: Key,
    /// The different records of the ledger, up to [`MOST_OF_A_KEY`].
    pub owed: Vec<Owed>,
    /// The payments, in the order of the files and their lines, up to [`MOST_OF_A_KEY`].
    pub paid: Vec<Paid>,
    /// The records that are not listed.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub more_owed: Tally,
    /// The payments that are not listed.
    #[serde(skip_serializing_if = "Tally::is_empty")]
    pub more_paid: Tally,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_money::Currency;

    fn owed(driver_id: Option<&str>) -> Owed {
        let text = r#"{"format":"farebox-top-up/1","trip_id":"t","city":"c","revision":1,"currency":"CNY","amount":"6.35","scenario":"s","policy":"p","billed_at":"2019-07-11T01:15:00Z"}"#;
        let record = TopUpRecord { driver_id: driver_id.map(str::to_owned), ..TopUpRecord::read(text).unwrap() };
        Owed { place: Place { file: "l".into(), line: 1 }, record }
    }

    fn paid(code: &str, amount: i64, driver_id: Option<&str>) -> Paid {
        let (currency, driver_id) = (Currency::from_code(code).unwrap(), driver_id.map(str::to_owned));
        let payment = Payment { currency, amount, paid_at: None, reference: None, driver_id };
        Paid { place: Place { file: "p".into(), line: 2 }, payment }
    }

    /// One row for each way that owed and paid can stand to each other; where a key is of several classes, the first counts.
    #[test]
    fn classes_are_decided() {
        let (one, right) = (owed(None), paid("CNY", 635, None));
        for (owed, paid, class) in [
            (vec![one.clone()], vec![right.clone()], Class::Matched),
            (vec![one.clone()], vec![], Class::Unpaid),
            (vec![], vec![right.clone()], Class::PaidWithoutLedger),
            (vec![], vec![right.clone(), right.clone()], Class::PaidWithoutLedger),
            (vec![one.clone()], vec![right.clone(), right.clone()], Class::Duplicate),
            (vec![one.clone()], vec![right.clone(), paid("USD", 1, None)], Class::Duplicate),
            (vec![one.clone()], vec![paid("CNY", 634, None)], Class::AmountDiffers),
            (vec![one.clone()], vec![paid("CNY", -635, None)], Class::AmountDiffers),
            (vec![one.clone()], vec![paid("USD", 635, None)], Class::WrongCurrency),
            (vec![owed(Some("d"))], vec![paid("USD", 1, Some("e"))], Class::WrongCurrency),
            (vec![owed(Some("d"))], vec![paid("CNY", 1, Some("e"))], Class::AmountDiffers),
            (vec![owed(Some("d"))], vec![paid("CNY", 635, Some("e"))], Class::DriverDiffers),
            (vec![owed(Some("d"))], vec![paid("CNY", 635, Some("d"))], Class::Matched),
            (vec![owed(Some("d"))], vec![right.clone()], Class::Matched),
            (vec![one.clone()], vec![paid("CNY", 635, Some("e"))], Class::Matched),
            (vec![one.clone(), owed(Some("d"))], vec![], Class::LedgerConflict),
            (vec![one, owed(Some("d"))], vec![right], Class::LedgerConflict),
        ] {
            assert_eq!(Class::of(&owed, &paid), class, "{owed:?} {paid:?}");
        }
    }
}
