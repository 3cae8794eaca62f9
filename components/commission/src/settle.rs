//! Take, take rate and top-up of one ride.

use crate::policy::{Base, Policy, Scenario};
use farebox_document::Problem;
use farebox_fare::Bill;
use farebox_money::{Currency, Decimal, MinorUnits, Rounding, divide};
use farebox_records::Settlement;

/// Decimals of a take rate.
const RATE_SCALE: u32 = 6;

/// The two totals of one ride, in minor units of one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RideTotals {
    /// Where it took place.
    pub city: String,
    /// What was booked.
    pub product: String,
    /// Of every amount.
    pub currency: Currency,
    /// The passenger's bill before coupons; not negative.
    pub passenger_total: MinorUnits,
    /// The driver's bill; not negative, and possibly more than the passenger's.
    pub driver_total: MinorUnits,
    /// The sum of the passenger's coupons, positive; at most `passenger_total`.
    pub coupons: MinorUnits,
}

impl RideTotals {
    /// A ride that was billed. Both bills are in the passenger's currency.
    pub fn of_bills(city: String, product: String, passenger: &Bill, driver: &Bill) -> Self {
        Self {
            city,
            product,
            currency: passenger.currency,
            passenger_total: passenger.total,
            driver_total: driver.total,
            coupons: passenger.total.saturating_sub(passenger.payable),
        }
    }
}

/// Why a ride could not be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleError {
    /// A fact about the ride makes no sense; the pointer is in WIT's words, such as "/driver-total".
    InvalidRide(Problem),
    /// An amount left the range of minor units.
    Overflow,
}

impl Policy {
    /// Finds the first scenario that matches the ride and settles the ride under it.
    ///
    /// # Errors
    ///
    /// See [`SettleError`].
    pub fn settle(&self, ride: &RideTotals) -> Result<Settlement, SettleError> {
        validate(ride).map_err(SettleError::InvalidRide)?;
        let scenario = self.scenarios.iter().find(|scenario| scenario.matches(ride));
        // The last scenario matches every ride: `Policy::parse` saw to it.
        let scenario = scenario.ok_or(SettleError::Overflow)?;
        settle(scenario, ride).ok_or(SettleError::Overflow)
    }
}

impl Scenario {
    fn matches(&self, ride: &RideTotals) -> bool {
        let any = |wanted: &[String], actual: &String| wanted.is_empty() || wanted.contains(actual);
        any(&self.cities, &ride.city) && any(&self.products, &ride.product)
    }
}

fn settle(scenario: &Scenario, ride: &RideTotals) -> Option<Settlement> {
    let base = match scenario.base {
        Base::Total => ride.passenger_total,
        Base::Payable => ride.passenger_total.checked_sub(ride.coupons)?,
    };
    let take = base.checked_sub(ride.driver_total)?;
    // The most that may be kept, rounded down so that the rate never ends above the cap.
    let cap = scenario.cap.normalize();
    let scale = 10_i128.checked_pow(cap.scale())?;
    let most = divide(i128::from(base).checked_mul(cap.mantissa())?, scale, Rounding::Down)?;
    let top_up = take.checked_sub(MinorUnits::try_from(most).ok()?)?.max(0);
    let take_after = take.checked_sub(top_up)?;
    Some(Settlement {
        scenario: scenario.name.clone(),
        currency: ride.currency,
        take,
        take_rate: rate(take, base)?,
        cap,
        top_up,
        take_after,
        take_rate_after: rate(take_after, base)?,
    })
}

/// `take / base`, half-even to [`RATE_SCALE`] decimals. A cap has no more decimals than that, so rounding a rate that
/// is within the cap cannot bring it over.
fn rate(take: MinorUnits, base: MinorUnits) -> Option<Decimal> {
    if base == 0 {
        return Some(Decimal::ZERO);
    }
    let scaled = i128::from(take).checked_mul(10_i128.pow(RATE_SCALE))?;
    let digits = divide(scaled, i128::from(base), Rounding::HalfEven)?;
    Decimal::try_from_i128_with_scale(digits, RATE_SCALE).ok().map(|rate| rate.normalize())
}

fn validate(ride: &RideTotals) -> Result<(), Problem> {
    let refuse = |pointer: &str, message: &str| {
        Err(Problem { pointer: pointer.to_owned(), code: "out-of-range".into(), message: message.to_owned() })
    };
    if ride.passenger_total < 0 {
        return refuse("/passenger-total", "has to be 0 or more");
    }
    if ride.driver_total < 0 {
        return refuse("/driver-total", "has to be 0 or more");
    }
    if !(0..=ride.passenger_total).contains(&ride.coupons) {
        return refuse("/coupons", "has to be 0 or more, and at most the passenger's total");
    }
    Ok(())
}
