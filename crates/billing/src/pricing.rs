//! Pricing a ride: which card, which trip, and what a refusal means to the caller.

use crate::config::Card;
use crate::engines::{Price, PriceError, RateCard};
use crate::funding::less_what_the_driver_pays;
use crate::limits;
use crate::planted::{Bug, planted};
use crate::refusal::{Code, Refusal};
use crate::trip::{self, Asked};
use farebox_fare::{Bill, Outcome, Trip};
use farebox_money::MinorUnits;
use std::rc::Rc;

/// What an estimated trip comes to on each of the cards.
pub(crate) fn estimate<C: RateCard>(cards: &[Rc<Card<C>>], trip: &Trip) -> Result<Vec<Price>, Refusal> {
    let cards: Vec<_> = cards.iter().map(|card| &card.rates).collect();
    let prices = C::estimate(&cards, trip).into_iter();
    prices.map(|price| price.map_err(|error| refused(error, Asked::Estimate))).collect()
}

/// Prices a trip; `quoted` is the trip that the passenger was quoted for on this card. A refusal points into the request
/// that `asked` says the trip was made from.
pub(crate) fn price<C: RateCard>(
    card: &Card<C>,
    trip: &Trip,
    quoted: Option<&Trip>,
    asked: Asked,
) -> Result<Bill, Refusal> {
    let bill = card.rates.price(trip, quoted).map_err(|error| refused(error, asked))?;
    if bill.currency != card.currency || bill.rate_card != card.version {
        return Err(Refusal::internal(format!("pricing made a bill of another rate card than {}", card.version)));
    }
    Ok(bill)
}

/// Both bills of a ride: the passenger's, and the driver's, less what the driver pays of the passenger's coupons.
///
/// # Errors
///
/// Why it cannot be priced, pointing into the request for its bill.
pub fn both_sides<C: RateCard>(
    passenger: &Card<C>,
    driver: &Card<C>,
    trip: &Trip,
    quoted: Option<&Trip>,
) -> Result<(Bill, Bill), Refusal> {
    let passenger = price(passenger, trip, quoted, Asked::Bill)?;
    let quoted = quoted.cloned().map(of_the_driver);
    let driver = price(driver, &of_the_driver(trip.clone()), quoted.as_ref(), Asked::Bill)?;
    let too_much =
        || Refusal::new(Code::TripNotBillable, "what the driver pays of a coupon would be more than can be billed");
    let driver = less_what_the_driver_pays(&trip.coupons, &passenger, driver).ok_or_else(too_much)?;
    Ok((passenger, driver))
}

/// What a trip comes to: the passenger's total and what of it is payable, and what it pays the driver. `None` when it cannot be
/// priced.
pub(crate) fn comes_to<C: RateCard>(
    passenger: &Card<C>,
    driver: &Card<C>,
    trip: &Trip,
    quoted: Option<&Trip>,
) -> Option<[MinorUnits; 3]> {
    let (passenger, driver) = both_sides(passenger, driver, trip, quoted).ok()?;
    Some([passenger.total, passenger.payable, driver.payable])
}

/// Whether what a ride costs the passenger, or pays the driver, depends on what is measured. Tried with no distance and
/// duration at all, with those of an ordinary ride, and with the most that can be billed.
pub(crate) fn is_measured<C: RateCard>(
    passenger: &Card<C>,
    driver: &Card<C>,
    trip: &Trip,
    quoted: Option<&Trip>,
) -> bool {
    let comes_to =
        |distance_m, duration_s| comes_to(passenger, driver, &Trip { distance_m, duration_s, ..trip.clone() }, quoted);
    let (most_m, most_s) = (*limits::TRIP_DISTANCE_M.end(), *limits::TRIP_DURATION_S.end());
    let nothing = comes_to(0, 0);
    // What cannot be told is measured.
    nothing.is_none() || [(10_000, 1_800), (most_m, most_s)].into_iter().any(|(m, s)| comes_to(m, s) != nothing)
}

/// Whether a price was agreed for a ride, and no item of a card charges it: it comes to the same bill without.
pub(crate) fn ignores_agreed_price<C: RateCard>(
    card: &Card<C>,
    trip: &Trip,
    quoted: Option<&Trip>,
    bill: &Bill,
) -> bool {
    if trip.order.one_price.is_none() || trip.order.outcome == Outcome::Cancelled {
        return false;
    }
    let mut without = trip.clone();
    without.order.one_price = None;
    price(card, &without, quoted, Asked::Bill).is_ok_and(|without| without == *bill)
}

/// The trip that the driver's bill is priced from: coupons are good for the passenger's fees. What of them the driver pays comes off
/// afterwards.
pub fn of_the_driver(mut trip: Trip) -> Trip {
    if !planted(Bug::DriverPaysCoupons) {
        trip.coupons.clear();
    }
    trip
}

fn refused(error: PriceError, asked: Asked) -> Refusal {
    match error {
        PriceError::InvalidTrip(problem) => trip::refused(asked, problem),
        PriceError::Overflow(code) => {
            let detail = format!("the amount of the fee {code} would be more than can be billed");
            Refusal::new(Code::TripNotBillable, detail)
        }
        PriceError::Other(why) => Refusal::internal(format!("pricing: {why}")),
    }
}
