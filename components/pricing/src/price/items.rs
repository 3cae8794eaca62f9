//! The items of a card on one trip: each after those it is based on, then the limit on the fare as a whole.

use crate::card::RateCard;
use crate::error::PriceError;
use crate::fee::{Extent, OutOfRange};
use crate::growth;
use crate::item::Item;
use crate::line::{Charge, Draft};
use crate::ride::Ride;
use crate::rounding::Rounded;
use farebox_document::Problem;
use farebox_fare::{Rule, Source, Trip};
use farebox_money::{Decimal, MinorUnits};

/// A trip that has been priced, but for discounts.
#[derive(Debug)]
pub struct Priced {
    /// With the position of their item; the limit on the fare as a whole belongs to none.
    pub lines: Vec<(Option<usize>, Draft)>,
    pub included: Vec<(Option<usize>, Draft)>,
    /// By position on the card.
    pub amounts: Vec<MinorUnits>,
    /// By position on the card.
    pub statuses: Vec<ItemStatus>,
    pub total: MinorUnits,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemStatus {
    /// It was charged; if only with zero.
    Charged,
    /// None of its branches applies.
    NotApplicable,
    /// The item at this position replaces it.
    ReplacedBy(usize),
    /// The ride is mocked, and this is not charged then.
    NotWhenMocked,
}

/// A card and a trip, while they are being priced.
struct Pricing<'a> {
    card: &'a RateCard,
    ride: Ride<'a>,
    quoted: Option<&'a Priced>,
    lines: Vec<(Option<usize>, Draft)>,
    included: Vec<(Option<usize>, Draft)>,
    statuses: Vec<ItemStatus>,
    total: MinorUnits,
    /// Used over and over.
    charges: Vec<Charge>,
}

impl Priced {
    /// Prices a valid trip, whose limits on growth start from what was quoted.
    pub fn new(card: &RateCard, trip: &Trip, quoted: Option<&Self>) -> Result<Self, PriceError> {
        let mut pricing = Pricing::new(card, trip, quoted);
        for position in &card.order {
            if let Some(item) = card.items.get(*position) {
                pricing.price(*position, item)?;
            }
        }
        pricing.finish()
    }
}

impl<'a> Pricing<'a> {
    fn new(card: &'a RateCard, trip: &'a Trip, quoted: Option<&'a Priced>) -> Self {
        let ride = Ride::new(&card.terms, trip, card.items.len());
        let mut pricing = Self {
            card,
            ride,
            quoted,
            lines: Vec::with_capacity(card.items.len()),
            included: Vec::new(),
            statuses: vec![ItemStatus::Charged; card.items.len()],
            total: 0,
            charges: Vec::new(),
        };
        pricing.replace();
        pricing
    }

    /// Finds the items that others replace. An item that is replaced itself replaces nothing.
    fn replace(&mut self) {
        for position in &self.card.replacement_order {
            let Some(item) = self.card.items.get(*position) else { continue };
            let replaced = matches!(self.statuses.get(*position), Some(ItemStatus::ReplacedBy(_)));
            if replaced || !item.applies(&self.ride) {
                continue;
            }
            for other in &item.replaces {
                if let Some(status) = self.statuses.get_mut(*other) {
                    *status = ItemStatus::ReplacedBy(*position);
                }
            }
        }
    }

    fn price(&mut self, position: usize, item: &Item) -> Result<(), PriceError> {
        if self.statuses.get(position) != Some(&ItemStatus::Charged) {
            return Ok(());
        }
        let overflow = || PriceError::Overflow(item.code.clone());
        let first = self.lines.len();
        let status = self.charge(position, item).map_err(|OutOfRange| overflow())?;
        if let Some(slot) = self.statuses.get_mut(position) {
            *slot = status;
        }
        let new = self.lines.get(first..).unwrap_or_default();
        let mut amount =
            new.iter().try_fold(0, |sum: MinorUnits, (_, draft)| sum.checked_add(draft.amount)).ok_or_else(overflow)?;
        if status == ItemStatus::Charged {
            amount = self.limit(position, item, amount).ok_or_else(overflow)?;
        }
        if let Some(slot) = self.ride.amounts.get_mut(position) {
            *slot = amount;
        }
        self.total = self.total.checked_add(amount).ok_or_else(overflow)?;
        Ok(())
    }

    /// Adds what the branches that apply charge.
    fn charge(&mut self, position: usize, item: &Item) -> Result<ItemStatus, OutOfRange> {
        let mut status = ItemStatus::NotApplicable;
        let parts = if item.split { item.parts(&self.ride) } else { Vec::new() };
        for (index, branch) in (0..).zip(&item.branches) {
            let extent = if item.split {
                let Some(parts) = usize::try_from(index).ok().and_then(|index| parts.get(index)) else { continue };
                if parts.is_empty() {
                    continue;
                }
                Extent::Parts(parts)
            } else if branch.when.holds(&self.ride.facts) && branch.fee.applies_to(self.ride.trip) {
                Extent::Whole
            } else {
                continue;
            };
            if !item.is_charged(branch, self.ride.trip) {
                status = ItemStatus::NotWhenMocked;
                continue;
            }
            status = ItemStatus::Charged;
            branch.fee.charge(&self.ride, extent, &mut self.charges)?;
            let rounding = if branch.fee.is_exact() { Rounded::to_minor(item.rounding.mode) } else { item.rounding };
            let target = if branch.fee.is_included() { &mut self.included } else { &mut self.lines };
            for charge in self.charges.drain(..) {
                let draft = Draft::price(charge, Rule::Rate, Some(index), self.ride.currency, rounding);
                let draft = draft.ok_or(OutOfRange)?;
                if draft.amount != 0 {
                    target.push((Some(position), draft));
                }
            }
        }
        Ok(status)
    }

    /// Brings an item within its floor, its cap, and what it may have grown; returns what it then comes to.
    fn limit(&mut self, position: usize, item: &Item, amount: MinorUnits) -> Option<MinorUnits> {
        let mut amount = amount;
        if let Some(floor) = item.floor {
            amount = self.adjust(Some(position), Rule::Floor, amount, amount.max(floor))?;
        }
        if let Some(cap) = item.cap {
            amount = self.adjust(Some(position), Rule::Cap, amount, amount.min(cap))?;
        }
        // What was not on the quote did not grow; the limit on the fare is there for it.
        let quoted = self.quoted.filter(|quoted| quoted.statuses.get(position) == Some(&ItemStatus::Charged));
        if let (Some(growth), Some(quoted)) = (item.growth, quoted) {
            let quoted = quoted.amounts.get(position).copied()?;
            let limited = growth.limit(amount, quoted, self.ride.currency)?;
            amount = self.adjust(Some(position), Rule::Growth, amount, limited)?;
        }
        Some(amount)
    }

    /// Adds the line that makes one amount another.
    fn adjust(&mut self, item: Option<usize>, rule: Rule, from: MinorUnits, to: MinorUnits) -> Option<MinorUnits> {
        let difference = to.checked_sub(from)?;
        if difference != 0 {
            let charge = Charge::once(self.ride.currency.to_major(difference), Source::Items);
            let rounding = Rounded::to_minor(self.card.rounding.mode);
            self.lines.push((item, Draft::price(charge, rule, None, self.ride.currency, rounding)?));
        }
        Some(to)
    }

    fn finish(mut self) -> Result<Priced, PriceError> {
        if let (Some(growth), Some(quoted)) = (self.card.growth, self.quoted) {
            let limited = growth.limit(self.total, quoted.total, self.ride.currency);
            let adjusted = limited.and_then(|limited| self.adjust(None, Rule::Growth, self.total, limited));
            self.total = adjusted.ok_or_else(|| PriceError::Overflow(growth::CODE.to_owned()))?;
        }
        if self.total < 0 {
            let reduced = self.ride.trip.dynamic_factor.is_some_and(|factor| factor < Decimal::ONE);
            return Err(PriceError::InvalidTrip(Problem {
                pointer: if reduced { "/dynamic-factor".to_owned() } else { String::new() },
                code: "negative-fare".into(),
                message: format!(
                    "the items of the card that take something off take more than the others come to: the fare would be {}",
                    self.ride.currency.format(self.total)
                ),
            }));
        }
        // Items may have been priced in another order than the card's.
        let position = |(item, _): &(Option<usize>, Draft)| item.unwrap_or(usize::MAX);
        self.lines.sort_by_key(position);
        self.included.sort_by_key(position);
        Ok(Priced {
            lines: self.lines,
            included: self.included,
            amounts: self.ride.amounts,
            statuses: self.statuses,
            total: self.total,
        })
    }
}
