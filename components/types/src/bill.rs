//! The price of a ride, and its JSON form.

use crate::{AmountError, Currency, MinorUnits};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Where the quantities on a bill come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Planned, before the ride.
    Estimated,
    /// Measured during the ride.
    Metered,
    /// Reconstructed, because the measurements could not be reached.
    Mocked,
}

/// What a line's quantity counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// The ride itself.
    Trip,
    /// Metres.
    Meter,
    /// Seconds.
    Second,
    /// Charged units of a meter, or periods of waiting.
    Piece,
    /// Money in the major unit.
    Money,
}

/// One line of a bill: `amount` is `quantity` x `rate` / `per`, rounded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The fee code.
    pub code: String,
    /// How much of `unit`.
    pub quantity: Decimal,
    /// What the quantity counts.
    pub unit: Unit,
    /// In the major unit of the currency.
    pub rate: Decimal,
    /// How much quantity one `rate` buys; not zero.
    pub per: Decimal,
    /// In minor units.
    pub amount: MinorUnits,
    /// The coupon behind a discount line.
    pub reference: Option<String>,
}

/// The price of one ride on one rate card.
///
/// `lines` sum to `total`; `total` plus the (negative) `discounts` is `payable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Bill {
    /// The currency of every amount.
    pub currency: Currency,
    /// Where the quantities come from.
    pub basis: Basis,
    /// In the card's order.
    pub lines: Vec<Line>,
    /// In minor units.
    pub total: MinorUnits,
    /// In the order they were applied; amounts are negative or zero.
    pub discounts: Vec<Line>,
    /// In minor units; never negative.
    pub payable: MinorUnits,
    /// The version of the card that priced it.
    pub rate_card: String,
}

/// The JSON form: money as decimal text in the currency's exponent.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    currency: Currency,
    basis: Basis,
    total: String,
    payable: String,
    rate_card: String,
    lines: Vec<LineDocument>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<LineDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineDocument {
    code: String,
    quantity: String,
    unit: Unit,
    rate: String,
    per: String,
    amount: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl From<Bill> for Document {
    fn from(bill: Bill) -> Self {
        let currency = bill.currency;
        let lines = |lines: Vec<Line>| {
            lines.into_iter().map(|line| LineDocument {
                code: line.code,
                quantity: line.quantity.normalize().to_string(),
                unit: line.unit,
                rate: line.rate.to_string(),
                per: line.per.normalize().to_string(),
                amount: currency.format(line.amount),
                reference: line.reference,
            })
        };
        Self {
            currency,
            basis: bill.basis,
            total: currency.format(bill.total),
            payable: currency.format(bill.payable),
            rate_card: bill.rate_card,
            lines: lines(bill.lines).collect(),
            discounts: lines(bill.discounts).collect(),
        }
    }
}

impl TryFrom<Document> for Bill {
    type Error = String;

    fn try_from(document: Document) -> Result<Self, String> {
        let currency = document.currency;
        let amount = |text: &str| {
            currency
                .parse(text)
                .map_err(|error: AmountError| format!("{text:?} is not an amount in {currency}: {error:?}"))
        };
        let number = |text: &str| {
            Decimal::from_str_exact(text).map_err(|error| format!("{text:?} is not a decimal number: {error}"))
        };
        let lines = |lines: Vec<LineDocument>| {
            lines
                .into_iter()
                .map(|line| {
                    Ok(Line {
                        quantity: number(&line.quantity)?,
                        unit: line.unit,
                        rate: number(&line.rate)?,
                        per: number(&line.per)?,
                        amount: amount(&line.amount)?,
                        code: line.code,
                        reference: line.reference,
                    })
                })
                .collect::<Result<Vec<_>, String>>()
        };
        Ok(Self {
            currency,
            basis: document.basis,
            lines: lines(document.lines)?,
            total: amount(&document.total)?,
            discounts: lines(document.discounts)?,
            payable: amount(&document.payable)?,
            rate_card: document.rate_card,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A bill that was stored reads back as the same bill.
    #[test]
    fn json_round_trips() {
        let text = r#"{"currency":"CNY","basis":"metered","total":"11.48","payable":"9.48","rate_card":"ab","lines":[{"code":"mileage","quantity":"800","unit":"meter","rate":"1.35","per":"1000","amount":"1.08"}],"discounts":[{"code":"coupon","quantity":"1","unit":"trip","rate":"-2.00","per":"1","amount":"-2.00","reference":"c1"}]}"#;
        let bill: Bill = serde_json::from_str(text).unwrap();
        assert_eq!(bill.total, 1148);
        assert_eq!(bill.discounts[0].amount, -200);
        assert_eq!(serde_json::to_string(&bill).unwrap(), text);
    }

    /// A stored bill that was tampered with into more decimals than the currency has is refused, not rounded.
    #[test]
    fn nothing_is_rounded_on_the_way_in() {
        let text = r#"{"currency":"CNY","basis":"metered","total":"1.001","payable":"1.00","rate_card":"","lines":[]}"#;
        let error = serde_json::from_str::<Bill>(text).unwrap_err().to_string();
        assert!(error.contains("1.001"), "{error}");
    }
}
