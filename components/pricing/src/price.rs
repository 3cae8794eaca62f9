//! Pricing a trip: each item after those it is based on, then the limits, then the discounts.

use crate::card::{Item, RateCard};
use crate::discounts::{self, Fare};
use crate::growth;
use crate::kinds::{Extent, OutOfRange};
use crate::line::{Charge, Draft};
use crate::ride::{Part, Ride};
use crate::rounding::Rounded;
use farebox_document::Problem;
use farebox_fare::{Basis, Bill, Rule, Source, Trip};
use farebox_money::{Decimal, MinorUnits};
use std::mem;

/// The most metres, or seconds, of one trip.
const MAX_QUANTITY: u64 = 1_000_000_000;

/// The largest amount a trip may bring with it, in minor units.
pub const MAX_AMOUNT: MinorUnits = 1_000_000_000_000;

/// The largest dynamic factor.
const MAX_FACTOR: Decimal = Decimal::ONE_HUNDRED;

/// Why a trip could not be priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceError {
    /// A fact about the trip is outside what can be priced; the pointer is in WIT's words, such as "/ended-at".
    InvalidTrip(Problem),
    /// The item with this code came to more than minor units can hold, or the sum did after it.
    Overflow(String),
}

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
        Ok(Bill {
            currency: self.info.currency,
            basis: trip.basis,
            lines: lines(mem::take(&mut priced.lines)),
            total: priced.total,
            discounts: discounts.into_iter().map(coupon).collect(),
            payable,
            included: lines(mem::take(&mut priced.included)),
            rate_card: self.info.version.clone(),
        })
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
                overflow @ PriceError::Overflow(_) => overflow,
            })
        });
        let quoted = quoted.transpose()?;
        validate(trip).map_err(PriceError::InvalidTrip)?;
        let mut pricing = Pricing::new(self, trip, quoted.as_ref());
        for position in &self.order {
            if let Some(item) = self.items.get(*position) {
                pricing.price(*position, item)?;
            }
        }
        pricing.finish()
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

/// A trip that has been priced, but for discounts.
#[derive(Debug)]
pub(crate) struct Priced {
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
pub(crate) enum ItemStatus {
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
        let mocked = self.ride.trip.basis == Basis::Mocked;
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
            if mocked && !item.when_mocked.unwrap_or_else(|| branch.fee.charged_when_mocked()) {
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

impl Item {
    /// Whether a branch applies when the ride begins.
    fn applies(&self, ride: &Ride) -> bool {
        let mocked = ride.trip.basis == Basis::Mocked;
        self.branches.iter().any(|branch| {
            branch.when.holds(&ride.facts)
                && branch.fee.applies_to(ride.trip)
                && (!mocked || self.when_mocked.unwrap_or_else(|| branch.fee.charged_when_mocked()))
        })
    }

    /// The parts of the ride that each branch applies to.
    fn parts(&self, ride: &Ride) -> Vec<Vec<Part>> {
        let mut parts = vec![Vec::new(); self.branches.len()];
        let holds: Vec<bool> = self.branches.iter().map(|branch| branch.when.holds_for_ride(&ride.facts)).collect();
        ride.parts(&self.edges, |moment, part| {
            let mut branches = self.branches.iter().zip(&holds).zip(&mut parts);
            let applies = branches.find(|((branch, holds), _)| **holds && branch.when.calendar.holds(moment));
            if let Some((_, parts)) = applies {
                parts.push(part);
            }
        });
        parts
    }
}

/// Refuses what cannot be priced.
fn validate(trip: &Trip) -> Result<(), Problem> {
    let refuse =
        |pointer: String, code: &'static str, message: String| Err(Problem { pointer, code: code.into(), message });
    let in_calendar = |second: Option<i64>| second.is_some_and(|second| jiff::Timestamp::from_second(second).is_ok());
    let years = || "has to lie within the years -9999 to 9999".to_owned();
    for (pointer, quantity) in
        [("/distance", trip.distance_m), ("/duration", trip.duration_s), ("/waiting", trip.waiting_s)]
    {
        if quantity > MAX_QUANTITY {
            return refuse(pointer.into(), "out-of-range", format!("has to be at most {MAX_QUANTITY}"));
        }
    }
    if !in_calendar(Some(trip.started_at)) || !in_calendar(trip.started_at.checked_add_unsigned(trip.duration_s)) {
        return refuse("/started-at".into(), "out-of-range", years());
    }
    if trip.ended_at < trip.started_at {
        return refuse("/ended-at".into(), "ends-before-start", "has to be the start or later".into());
    }
    let one_price = trip.order.one_price.unwrap_or_default();
    for (pointer, amount) in [
        ("/tolls", trip.tolls),
        ("/parking", trip.parking),
        ("/highway", trip.highway),
        ("/order/one-price", one_price),
    ] {
        if !(0..=MAX_AMOUNT).contains(&amount) {
            return refuse(pointer.into(), "out-of-range", format!("has to be 0 to {MAX_AMOUNT} minor units"));
        }
    }
    if trip.dynamic_factor.is_some_and(|factor| factor <= Decimal::ZERO || factor > MAX_FACTOR || factor.scale() > 6) {
        let message = format!("has to be more than 0, at most {MAX_FACTOR}, with at most 6 decimals");
        return refuse("/dynamic-factor".into(), "out-of-range", message);
    }
    for (pointer, place) in [("/origin", trip.origin), ("/destination", trip.destination)] {
        let on_earth = place.is_none_or(|place| {
            place.latitude.unsigned_abs() <= 90_000_000 && place.longitude.unsigned_abs() <= 180_000_000
        });
        if !on_earth {
            return refuse(pointer.into(), "out-of-range", "latitudes go to 90 degrees, longitudes to 180".into());
        }
    }
    if trip.basis != Basis::Metered && !trip.segments.is_empty() {
        return refuse("/segments".into(), "not-metered", "only a metered trip has segments".into());
    }
    let (mut metres, mut seconds) = (0_u64, 0_u64);
    for (index, segment) in trip.segments.iter().enumerate() {
        if segment.distance_m > MAX_QUANTITY || segment.duration_s > MAX_QUANTITY {
            let message = format!("distance and duration have to be at most {MAX_QUANTITY}");
            return refuse(format!("/segments/{index}"), "out-of-range", message);
        }
        if !in_calendar(Some(segment.started_at))
            || !in_calendar(segment.started_at.checked_add_unsigned(segment.duration_s))
        {
            return refuse(format!("/segments/{index}/started-at"), "out-of-range", years());
        }
        metres = metres.saturating_add(segment.distance_m);
        seconds = seconds.saturating_add(segment.duration_s);
    }
    if !trip.segments.is_empty() && (metres, seconds) != (trip.distance_m, trip.duration_s) {
        let message =
            format!("add up to {metres} m and {seconds} s, which is not the distance and duration of the trip");
        return refuse("/segments".into(), "not-the-sum", message);
    }
    for (index, coupon) in trip.coupons.iter().enumerate() {
        if let Err(message) = discounts::validate(coupon) {
            return refuse(format!("/coupons/{index}"), "invalid-coupon", message);
        }
    }
    Ok(())
}
