//! Pricing a trip: its items, then the discounts, and the bill of both.

mod items;

pub use items::{ItemStatus, Priced};

use crate::card::RateCard;
use crate::discounts::{self, Fare};
use crate::error::PriceError;
use crate::line::Draft;
use crate::{growth, validate};
use farebox_document::Problem;
use farebox_fare::{Bill, Trip};
use farebox_money::MinorUnits;
use std::mem;

/// What a bill comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Before discounts, in minor units.
    pub total: MinorUnits,
    /// After discounts, in minor units; never negative.
    pub payable: MinorUnits,
}

impl RateCard {
    /// Prices a trip. Lines come in the card's order; a line that would be zero is left out.
    ///
    /// `quoted` is the trip as the passenger was quoted for it on this card. With it, the card's limits on growth apply.
    ///
    /// # Errors
    ///
    /// See [`PriceError`]. Pointers into `quoted` begin with "/quoted".
    pub fn price(&self, trip: &Trip, quoted: Option<&Trip>) -> Result<Bill, PriceError> {
        self.bill(trip, &mut self.price_items(trip, quoted)?)
    }

    /// The bill of a trip that has been priced; takes the lines.
    pub(crate) fn bill(&self, trip: &Trip, priced: &mut Priced) -> Result<Bill, PriceError> {
        let (discounts, payable) = self.discount(trip, priced)?;
        let code = |item: Option<usize>| match item {
            Some(position) => self.items.get(position).map_or_else(String::new, |item| item.code.clone()),
            None => growth::CODE.to_owned(),
        };
        let lines = |drafts: Vec<(Option<usize>, Draft)>| {
            drafts.into_iter().map(|(item, draft)| draft.line(code(item), None)).collect()
        };
        let coupon = |(position, draft): (usize, Draft)| {
            let reference = trip.coupons.get(position).map(|coupon| coupon.id.clone());
            draft.line(discounts::CODE.to_owned(), reference)
        };
        let bill = Bill {
            currency: self.info.currency,
            basis: trip.basis,
            lines: lines(mem::take(&mut priced.lines)),
            total: priced.total,
            discounts: discounts.into_iter().map(coupon).collect(),
            payable,
            included: lines(mem::take(&mut priced.included)),
            rate_card: self.info.version.clone(),
        };
        // Whatever goes wrong above, nobody is charged an amount that does not follow from its own lines.
        bill.verify().map_err(PriceError::Contradiction)?;
        Ok(bill)
    }

    /// What [`Self::price`] would come to, without the lines.
    ///
    /// # Errors
    ///
    /// As [`Self::price`].
    pub fn totals(&self, trip: &Trip) -> Result<Totals, PriceError> {
        let priced = self.price_items(trip, None)?;
        let (_, payable) = self.discount(trip, &priced)?;
        Ok(Totals { total: priced.total, payable })
    }

    /// Prices all items and applies the limits on growth.
    pub(crate) fn price_items(&self, trip: &Trip, quoted: Option<&Trip>) -> Result<Priced, PriceError> {
        // A ride that was called off did not grow out of the one that was quoted.
        let quoted = quoted.filter(|quoted| quoted.order.outcome == trip.order.outcome);
        let quoted = quoted.map(|quoted| {
            self.price_items(quoted, None).map_err(|error| match error {
                PriceError::InvalidTrip(problem) => {
                    PriceError::InvalidTrip(Problem { pointer: format!("/quoted{}", problem.pointer), ..problem })
                }
                other => other,
            })
        });
        let quoted = quoted.transpose()?;
        validate::trip(trip).map_err(PriceError::InvalidTrip)?;
        Priced::new(self, trip, quoted.as_ref())
    }

    fn discount(&self, trip: &Trip, priced: &Priced) -> Result<(Vec<(usize, Draft)>, MinorUnits), PriceError> {
        if trip.coupons.is_empty() {
            return Ok((Vec::new(), priced.total));
        }
        let fare = Fare {
            total: priced.total,
            amounts: &priced.amounts,
            position_of: &|code| self.items.iter().position(|item| item.code == code),
            currency: self.info.currency,
            rounding: self.rounding,
        };
        discounts::apply(self.coupons, &trip.coupons, &fare)
            .ok_or_else(|| PriceError::Overflow(discounts::CODE.to_owned()))
    }
}

/// The totals of one trip on many cards, in their order.
pub fn estimate<'a>(cards: impl IntoIterator<Item = &'a RateCard>, trip: &Trip) -> Vec<Result<Totals, PriceError>> {
    cards.into_iter().map(|card| card.totals(trip)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A fault in pricing becomes an error, and no bill.
    #[test]
    fn a_bill_that_contradicts_itself_goes_nowhere() {
        let card = RateCard::parse(include_str!("../tests/every-kind.json")).unwrap();
        let trip = Trip { distance_m: 4100, duration_s: 1260, ..Trip::default() };
        let refused = |break_it: fn(&mut Priced)| {
            let mut priced = card.price_items(&trip, None).unwrap();
            break_it(&mut priced);
            match card.bill(&trip, &mut priced) {
                Err(PriceError::Contradiction(contradiction)) => contradiction.pointer,
                other => panic!("{other:?}"),
            }
        };
        assert!(card.price(&trip, None).is_ok());
        assert_eq!(refused(|priced| priced.total += 1), "/total");
        assert_eq!(refused(|priced| priced.lines.clear()), "/total");
        assert_eq!(refused(|priced| priced.lines[0].1.amount += 1), "/lines/0/amount");
    }
}
