//! Pricing a trip: each item in the card's order, then the discounts.

use crate::card::{Branch, Item, RateCard};
use crate::discounts;
use crate::kinds::{Charge, OutOfRange};
use farebox_types::{Basis, Bill, Currency, Decimal, Line, MinorUnits, Problem, Rounding, Timestamp, Trip, charge};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The most metres, or seconds, of one trip.
const MAX_QUANTITY: u64 = 1_000_000_000;

/// The largest amount a trip may bring with it, in minor units.
const MAX_AMOUNT: MinorUnits = 1_000_000_000_000;

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

/// A trip while it is being priced: what fees may look at.
#[derive(Debug)]
pub struct Ride<'a> {
    /// The facts.
    pub trip: &'a Trip,
    /// The card's.
    pub currency: Currency,
    /// The amounts of the items priced so far, by position on the card.
    pub amounts: Vec<MinorUnits>,
    zone: &'a TimeZone,
}

impl Ride<'_> {
    /// The local time of a moment. `None` beyond the years -9999 to 9999.
    pub fn local(&self, moment: Timestamp) -> Option<DateTime> {
        jiff::Timestamp::from_second(moment).ok().map(|moment| self.zone.to_datetime(moment))
    }
}

impl RateCard {
    /// Prices a trip. Lines come in the card's order; a line that would be zero is left out.
    ///
    /// # Errors
    ///
    /// See [`PriceError`].
    pub fn price(&self, trip: &Trip) -> Result<Bill, PriceError> {
        let local_start = validate(trip, &self.zone).map_err(PriceError::InvalidTrip)?;
        let currency = self.info.currency;
        let mut ride = Ride { trip, currency, amounts: Vec::with_capacity(self.items.len()), zone: &self.zone };
        let mut lines = Vec::with_capacity(self.items.len());
        let mut total: MinorUnits = 0;
        for item in &self.items {
            let overflow = || PriceError::Overflow(item.code.clone());
            let charges = item.charges(&ride, local_start).map_err(|OutOfRange| overflow())?;
            let mut amount: MinorUnits = 0;
            for charge in charges {
                let line = line(&item.code, charge, currency, self.rounding).ok_or_else(overflow)?;
                amount = amount.checked_add(line.amount).ok_or_else(overflow)?;
                if line.amount != 0 {
                    lines.push(line);
                }
            }
            total = total.checked_add(amount).ok_or_else(overflow)?;
            ride.amounts.push(amount);
        }
        if total < 0 {
            return Err(PriceError::InvalidTrip(Problem {
                pointer: "/dynamic-factor".to_owned(),
                code: "negative-fare",
                message: "brings the fare below zero on this card".to_owned(),
            }));
        }
        let (discounts, payable) = discounts::apply(&trip.coupons, total, currency, self.rounding)
            .ok_or_else(|| PriceError::Overflow(discounts::CODE.to_owned()))?;
        Ok(Bill { currency, basis: trip.basis, lines, total, discounts, payable, rate_card: self.info.version.clone() })
    }
}

impl Item {
    fn charges(&self, ride: &Ride, local_start: DateTime) -> Result<Vec<Charge>, OutOfRange> {
        let mut charges = Vec::new();
        for Branch { when, fee } in &self.branches {
            if ride.trip.basis == Basis::Mocked && !fee.charged_when_mocked() {
                continue;
            }
            match fee.charges_by_segment(ride, when) {
                Some(by_segment) => charges.append(&mut by_segment?),
                None if when.holds(local_start) => charges.append(&mut fee.charges(ride)?),
                None => {}
            }
        }
        Ok(charges)
    }
}

/// Prices a charge: the one place where an amount is rounded.
pub(crate) fn line(code: &str, from: Charge, currency: Currency, rounding: Rounding) -> Option<Line> {
    let amount = charge(from.quantity, from.rate, from.per, currency, rounding)?;
    Some(Line {
        code: code.to_owned(),
        quantity: from.quantity,
        unit: from.unit,
        rate: from.rate,
        per: from.per,
        amount,
        reference: None,
    })
}

/// Refuses what cannot be priced; returns the local time of the start.
fn validate(trip: &Trip, zone: &TimeZone) -> Result<DateTime, Problem> {
    let refuse = |pointer: String, code, message: String| Err(Problem { pointer, code, message });
    let Ok(start) = jiff::Timestamp::from_second(trip.started_at) else {
        return refuse("/started-at".into(), "out-of-range", "has to lie within the years -9999 to 9999".into());
    };
    if trip.ended_at < trip.started_at {
        return refuse("/ended-at".into(), "ends-before-start", "has to be the start or later".into());
    }
    for (pointer, quantity) in [("/distance", trip.distance_m), ("/duration", trip.duration_s)] {
        if quantity > MAX_QUANTITY {
            return refuse(pointer.into(), "out-of-range", format!("has to be at most {MAX_QUANTITY}"));
        }
    }
    if !(0..=MAX_AMOUNT).contains(&trip.tolls) {
        return refuse("/tolls".into(), "out-of-range", format!("has to be 0 to {MAX_AMOUNT} minor units"));
    }
    if trip.dynamic_factor.is_some_and(|factor| factor <= Decimal::ZERO || factor > MAX_FACTOR || factor.scale() > 6) {
        let message = format!("has to be more than 0, at most {MAX_FACTOR}, with at most 6 decimals");
        return refuse("/dynamic-factor".into(), "out-of-range", message);
    }
    if trip.basis != Basis::Metered && !trip.segments.is_empty() {
        return refuse("/segments".into(), "not-metered", "only a metered trip has segments".into());
    }
    for (index, segment) in trip.segments.iter().enumerate() {
        if segment.distance_m > MAX_QUANTITY || segment.duration_s > MAX_QUANTITY {
            let message = format!("distance and duration have to be at most {MAX_QUANTITY}");
            return refuse(format!("/segments/{index}"), "out-of-range", message);
        }
    }
    for (index, coupon) in trip.coupons.iter().enumerate() {
        if let Err(message) = discounts::validate(coupon, MAX_AMOUNT) {
            return refuse(format!("/coupons/{index}"), "invalid-coupon", message);
        }
    }
    Ok(zone.to_datetime(start))
}
