//! Bills as far as pages need them, read with tolerance: a page of a record that a later release wrote shows what this one
//! understands.

use crate::bill::BillRecord;
use crate::repair::{Difference, LineDifference, Repair};
use crate::settlement::Settlement;
use farebox_fare::{Basis, Bill, Degradation, Line, Unit};
use farebox_money::{Currency, MinorUnits, decimal};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a page shows of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownBill {
    /// What was ridden.
    pub product: String,
    /// Where the quantities come from.
    pub basis: Basis,
    /// Whether anything was missing when it was made.
    pub degraded: bool,
    /// What was missing, as far as there are words for it.
    pub reasons: Vec<Degradation>,
    /// Whether it may yet be put right.
    pub provisional: bool,
    /// What is other than on the bill before; of its reasons those that there are words for.
    pub repair: Option<Repair>,
    /// What the passenger owes.
    pub passenger: Bill,
    /// What the driver earns.
    pub driver: Bill,
    /// What was settled, as far as this release understands it.
    pub settlement: Option<Settlement>,
}

#[derive(Deserialize)]
struct Record {
    product: String,
    basis: Basis,
    degraded: bool,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    provisional: bool,
    #[serde(default)]
    repair: Option<RepairOfRecord>,
    passenger: Side,
    driver: Side,
    #[serde(default)]
    settlement: Option<Value>,
}

#[derive(Deserialize)]
struct RepairOfRecord {
    revision: u32,
    repaired_at: String,
    #[serde(default)]
    because: Vec<String>,
    #[serde(default)]
    closed: bool,
    passenger: DifferenceOfSide,
    driver: DifferenceOfSide,
    #[serde(default)]
    reward: Option<Value>,
}

#[derive(Deserialize)]
struct DifferenceOfSide {
    currency: Currency,
    before: String,
    after: String,
    borne: String,
    #[serde(default)]
    lines: Vec<DifferenceOfLine>,
}

#[derive(Deserialize)]
struct DifferenceOfLine {
    code: String,
    before: String,
    after: String,
}

#[derive(Deserialize)]
struct Side {
    currency: Currency,
    basis: Basis,
    total: String,
    payable: String,
    rate_card: String,
    lines: Vec<LineOfSide>,
    #[serde(default)]
    discounts: Vec<LineOfSide>,
    #[serde(default)]
    included: Vec<LineOfSide>,
}

#[derive(Deserialize)]
struct LineOfSide {
    code: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    rate: String,
    #[serde(default)]
    per: String,
    amount: String,
    #[serde(default)]
    reference: Option<String>,
}

impl From<BillRecord> for ShownBill {
    fn from(record: BillRecord) -> Self {
        let BillRecord { product, basis, degraded, reasons, provisional, repair, .. } = record;
        let BillRecord { passenger, driver, settlement, .. } = record;
        Self { product, basis, degraded, reasons, provisional, repair, passenger, driver, settlement }
    }
}

impl ShownBill {
    /// Reads what there is to show. Fields that are not known are passed over; a line whose quantity is in a unit that is not
    /// known is shown as an amount.
    ///
    /// # Errors
    ///
    /// What is missing; or that lines do not add up, or a difference is not that of its bill: then they mean something else in the format
    /// that they are written in.
    pub fn read(document: &str) -> Result<Self, String> {
        let record: Record = serde_json::from_str(document).map_err(|error| error.to_string())?;
        let side = |name: &str, side: Side| {
            let bill = side.bill().and_then(|bill| {
                // How a line came to its amount is the business of the release that wrote it.
                bill.add_up().map_err(|why| why.to_string())?;
                Ok(bill)
            });
            bill.map_err(|why| format!("the {name}'s bill: {why}"))
        };
        let (passenger, driver) = (side("passenger", record.passenger)?, side("driver", record.driver)?);
        Ok(Self {
            product: record.product,
            basis: record.basis,
            degraded: record.degraded,
            reasons: known(&record.reasons),
            provisional: record.provisional,
            repair: record.repair.map(|repair| repair.of(&passenger, &driver)).transpose()?,
            passenger,
            driver,
            settlement: record.settlement.and_then(understood),
        })
    }
}

/// What this release understands of a part that not every page needs.
fn understood<T: DeserializeOwned>(part: Value) -> Option<T> {
    serde_json::from_value(part).ok()
}

/// The reasons that there are words for.
fn known(words: &[String]) -> Vec<Degradation> {
    words.iter().filter_map(|word| Degradation::from_word(word)).collect()
}

impl RepairOfRecord {
    fn of(self, passenger: &Bill, driver: &Bill) -> Result<Repair, String> {
        let side = |name: &str, difference: DifferenceOfSide, bill: &Bill| {
            let difference = difference.difference().and_then(|difference| {
                difference.verify(bill)?;
                Ok(difference)
            });
            difference.map_err(|why| format!("the {name}'s difference: {why}"))
        };
        Ok(Repair {
            revision: self.revision,
            repaired_at: self.repaired_at,
            because: known(&self.because),
            closed: self.closed,
            passenger: side("passenger", self.passenger, passenger)?,
            driver: side("driver", self.driver, driver)?,
            reward: self.reward.and_then(understood),
        })
    }
}

impl DifferenceOfSide {
    fn difference(self) -> Result<Difference, String> {
        let Self { currency, before, after, borne, lines } = self;
        let amount = |text: &str| money(currency, text);
        let line = |DifferenceOfLine { code, before, after }| {
            Ok(LineDifference { code, before: amount(&before)?, after: amount(&after)? })
        };
        Ok(Difference {
            currency,
            before: amount(&before)?,
            after: amount(&after)?,
            borne: amount(&borne)?,
            lines: lines.into_iter().map(line).collect::<Result<_, String>>()?,
        })
    }
}

impl Side {
    fn bill(self) -> Result<Bill, String> {
        let currency = self.currency;
        let amount = |text: &str| money(currency, text);
        let lines = |lines: Vec<LineOfSide>| {
            lines.into_iter().map(|line| line.line(currency)).collect::<Result<Vec<_>, String>>()
        };
        Ok(Bill {
            currency,
            basis: self.basis,
            total: amount(&self.total)?,
            payable: amount(&self.payable)?,
            lines: lines(self.lines)?,
            discounts: lines(self.discounts)?,
            included: lines(self.included)?,
            rate_card: self.rate_card,
        })
    }
}

impl LineOfSide {
    fn line(self, currency: Currency) -> Result<Line, String> {
        let amount = money(currency, &self.amount)?;
        let known = || {
            Some((Unit::from_word(&self.unit)?, decimal(&self.quantity)?, decimal(&self.rate)?, decimal(&self.per)?))
        };
        // Pages do not say why a line is there; and the amount is all that can be said of a quantity in another unit.
        let once = Line::of(&self.code, currency, amount);
        let line = match known() {
            Some((unit, quantity, rate, per)) => Line { unit, quantity, rate, per, ..once },
            None => once,
        };
        Ok(Line { reference: self.reference, ..line })
    }
}

fn money(currency: Currency, text: &str) -> Result<MinorUnits, String> {
    currency.parse(text).map_err(|error| format!("{text:?} is not an amount in {currency}: {error:?}"))
}
