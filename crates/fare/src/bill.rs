//! The price of a ride, and its JSON form.

use farebox_document::words;
use farebox_money::{AmountError, Currency, Decimal, MinorUnits, Rounding, decimal};
use serde::{Deserialize, Serialize};

words! {
    /// Where the quantities on a bill come from.
    #[derive(Default)]
    pub enum Basis {
        /// Planned, before the ride.
        #[default]
        Estimated = "estimated",
        /// Measured during the ride, if there was anything to measure.
        Metered = "metered",
        /// Reconstructed, because the measurements that there should be could not be had.
        Mocked = "mocked",
    }
}

words! {
    /// What a line's quantity counts.
    pub enum Unit {
        /// The ride itself.
        Trip = "trip",
        /// Metres.
        Meter = "meter",
        /// Seconds.
        Second = "second",
        /// Charged units of a meter, or periods of waiting.
        Piece = "piece",
        /// Money in the major unit.
        Money = "money",
    }
}

words! {
    /// What put a line on the bill.
    pub enum Rule {
        /// The item's own figures.
        Rate = "rate",
        /// What was missing to the item's floor.
        Floor = "floor",
        /// What was above the item's cap.
        Cap = "cap",
        /// What the item, or the fare, grew too much since the quote.
        Growth = "growth",
        /// A coupon.
        Coupon = "coupon",
    }
}

words! {
    /// Where the quantity of a line comes from.
    pub enum Source {
        /// The card: the ride itself, once.
        Card = "card",
        /// The facts of the trip as a whole.
        Trip = "trip",
        /// Metered segments.
        Segments = "segments",
        /// The facts of the trip, spread evenly over its duration.
        Spread = "spread",
        /// The amounts of other items.
        Items = "items",
    }
}

/// Why a line is on the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What put it there.
    pub rule: Rule,
    /// Which branch of the item applied, counted from 0.
    pub branch: Option<u32>,
    /// Where the quantity comes from.
    pub source: Source,
    /// How the amount was rounded,
    pub rounding: Rounding,
    /// to a multiple of so many minor units.
    pub step: MinorUnits,
}

/// One line of a bill: `amount` is `quantity` x `rate` / `per`, rounded once, as `why` says.
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
    /// Why it is there.
    pub why: Reason,
}

impl Line {
    /// A line that is an amount, once, and nothing more.
    pub fn of(code: &str, currency: Currency, amount: MinorUnits) -> Self {
        Self {
            code: code.to_owned(),
            quantity: Decimal::ONE,
            unit: Unit::Trip,
            rate: currency.to_major(amount),
            per: Decimal::ONE,
            amount,
            reference: None,
            why: Reason {
                rule: Rule::Rate,
                branch: None,
                source: Source::Card,
                rounding: Rounding::default(),
                step: 1,
            },
        }
    }
}

/// The price of one ride on one rate card.
///
/// `lines` sum to `total`; `total` plus the (negative) `discounts` is `payable`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PricedBill"))]
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
    /// What `total` contains already: taxes that are included in the prices.
    pub included: Vec<Line>,
    /// The version of the card that priced it.
    pub rate_card: String,
}

/// The JSON form: money as decimal text in the currency's exponent.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PricedBill"))]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::CurrencyCode"))]
    currency: Currency,
    /// Where the quantities come from.
    basis: Basis,
    /// The sum of `lines`.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Money"))]
    total: String,
    /// `total` plus the sum of `discounts`, which are not positive.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Money"))]
    payable: String,
    /// The version of the card that priced it.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Version"))]
    rate_card: String,
    /// In the card's order.
    lines: Vec<LineDocument>,
    /// In the order they were applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<LineDocument>,
    /// Taxes that `total` contains already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    included: Vec<LineDocument>,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Line"))]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineDocument {
    /// The fee code.
    code: String,
    /// How much of `unit`.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Number"))]
    quantity: String,
    /// What the quantity counts.
    unit: Unit,
    /// In the major unit of the currency.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Number"))]
    rate: String,
    /// How much quantity one `rate` buys.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Number"))]
    per: String,
    /// `quantity` x `rate` / `per`, rounded once.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Money"))]
    amount: String,
    /// The coupon behind a discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// Why the line is there.
    why: ReasonDocument,
}

#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Reason"))]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonDocument {
    /// What put it there: the item's own figures, its floor or cap, a limit on growth, or a coupon.
    rule: Rule,
    /// Which branch of the item applied, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branch: Option<u32>,
    /// Where the quantity comes from.
    source: Source,
    /// How the amount was rounded.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::RoundingMode"))]
    rounding: Rounding,
    /// The amount is a multiple of this; left out when it is the minor unit.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Money>"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<String>,
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
                why: ReasonDocument {
                    rule: line.why.rule,
                    branch: line.why.branch,
                    source: line.why.source,
                    rounding: line.why.rounding,
                    step: (line.why.step != 1).then(|| currency.format(line.why.step)),
                },
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
            included: lines(bill.included).collect(),
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
        let number = |text: &str| decimal(text).ok_or_else(|| format!("{text:?} is not a decimal number"));
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
                        why: Reason {
                            rule: line.why.rule,
                            branch: line.why.branch,
                            source: line.why.source,
                            rounding: line.why.rounding,
                            step: line.why.step.as_deref().map_or(Ok(1), amount)?,
                        },
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
            included: lines(document.included)?,
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
        let text = r#"{"currency":"CNY","basis":"metered","total":"11.48","payable":"9.48","rate_card":"ab","lines":[{"code":"mileage","quantity":"800","unit":"meter","rate":"1.35","per":"1000","amount":"1.08","why":{"rule":"rate","branch":1,"source":"trip","rounding":"half-up"}}],"discounts":[{"code":"coupon","quantity":"1","unit":"trip","rate":"-2.00","per":"1","amount":"-2.00","reference":"c1","why":{"rule":"coupon","source":"card","rounding":"half-up","step":"0.10"}}]}"#;
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
