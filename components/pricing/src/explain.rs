//! Why a bill is what it is: every item of the card, whether it was charged or not.

use crate::card::RateCard;
use crate::error::PriceError;
use crate::price::ItemStatus;
use farebox_fare::{Bill, Line, Trip};
use farebox_money::MinorUnits;
use serde::Serialize;
use serde_json::Value;

/// A bill, and what became of each item of the card.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The bill.
    pub bill: Bill,
    /// In the card's order.
    pub items: Vec<ItemExplanation>,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemExplanation {
    /// The fee code.
    pub code: String,
    /// The kind of fee.
    pub kind: &'static str,
    /// Where it stands on the card: a JSON Pointer.
    pub pointer: String,
    /// Whether it was charged, and if not, why.
    pub status: Status,
    /// What it came to.
    pub amount: MinorUnits,
    /// The fee codes it is based on, with what they came to.
    pub base: Vec<(String, MinorUnits)>,
    /// Its lines on the bill, each with the condition of its branch as written on the card.
    pub lines: Vec<(Line, Option<Value>)>,
}

/// Whether an item was charged, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was.
    Charged,
    /// It applies, and comes to nothing.
    Zero,
    /// None of its branches applies to this ride.
    NotApplicable,
    /// The item with this code replaces it.
    ReplacedBy(String),
    /// Only start and end of the ride are known, and this is not charged then.
    NotWhenMocked,
}

impl RateCard {
    /// Prices a trip like [`Self::price`], and says what became of each item.
    ///
    /// # Errors
    ///
    /// As [`Self::price`].
    pub fn explain(&self, trip: &Trip, quoted: Option<&Trip>) -> Result<Explanation, PriceError> {
        let mut priced = self.price_items(trip, quoted)?;
        let bill = self.bill(trip, &mut priced)?;
        let amount = |position: usize| priced.amounts.get(position).copied().unwrap_or_default();
        let code = |position: usize| self.items.get(position).map(|item| item.code.clone()).unwrap_or_default();
        let items = self.items.iter().zip(&priced.statuses).enumerate().map(|(position, (item, status))| {
            let lines = bill.lines.iter().chain(&bill.included).filter(|line| line.code == item.code);
            let condition = |line: &Line| {
                let branch = usize::try_from(line.why.branch?).ok()?;
                item.branches.get(branch)?.when_text.clone()
            };
            let lines: Vec<_> = lines.map(|line| (line.clone(), condition(line))).collect();
            // Without a line it is not known which branch applied.
            let applied = |index: &usize| {
                lines.is_empty() || lines.iter().any(|line| line.0.why.branch == u32::try_from(*index).ok())
            };
            let branches = item.branches.iter().enumerate().filter(|(index, _)| applied(index));
            let mut base: Vec<usize> = branches.flat_map(|(_, branch)| branch.fee.base()).copied().collect();
            base.sort_unstable();
            base.dedup();
            ItemExplanation {
                code: item.code.clone(),
                kind: item.kind,
                pointer: format!("/items/{position}"),
                status: match status {
                    ItemStatus::Charged if lines.is_empty() => Status::Zero,
                    ItemStatus::Charged => Status::Charged,
                    ItemStatus::NotApplicable => Status::NotApplicable,
                    ItemStatus::ReplacedBy(by) => Status::ReplacedBy(code(*by)),
                    ItemStatus::NotWhenMocked => Status::NotWhenMocked,
                },
                amount: amount(position),
                base: base.into_iter().map(|position| (code(position), amount(position))).collect(),
                lines,
            }
        });
        Ok(Explanation { items: items.collect(), bill })
    }
}
