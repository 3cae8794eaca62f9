//! Take, take rate and top-up of one ride.

use crate::document::Base;
use crate::paying::Paid;
use crate::policy::Policy;
use crate::scenario::{Fees, Scenario};
use crate::when::Circumstances;
use farebox_document::Problem;
use farebox_fare::{Bill, Line};
use farebox_money::{Currency, Decimal, MinorUnits, Rounding, divide};
use farebox_records::{Counted, Settlement};

/// Decimals of a take rate.
const RATE_SCALE: u32 = 6;

/// What one ride comes to, in minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Of every amount.
    pub currency: Currency,
    /// The passenger's bill before coupons; not negative.
    pub passenger_total: MinorUnits,
    /// The driver's bill; not negative, and possibly more than the passenger's.
    pub driver_total: MinorUnits,
    /// The sum of the passenger's coupons, positive; at most `passenger_total`.
    pub coupons: MinorUnits,
}

/// A ride that was billed, in one currency.
#[derive(Clone, Copy, Debug)]
pub struct Billed<'a> {
    /// The passenger's bill.
    pub passenger: &'a Bill,
    /// The driver's bill. What the driver pays of coupons is a discount on it.
    pub driver: &'a Bill,
    /// What partners pay of the passenger's coupons, in minor units; not negative.
    pub partners: MinorUnits,
}

/// Why a ride could not be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleError {
    /// A fact about the ride makes no sense; the pointer is in WIT's words, such as "/driver-total".
    InvalidRide(Problem),
    /// An amount left the range of minor units.
    Overflow,
}

/// What counts of a ride on both sides, in minor units.
pub(crate) struct Sides {
    pub currency: Currency,
    pub passenger: Counted,
    pub driver: MinorUnits,
}

impl Policy {
    /// Finds the first scenario that applies to a ride, and settles it under that. Nothing is known of its fees: all of what it
    /// comes to counts.
    ///
    /// # Errors
    ///
    /// See [`SettleError`].
    pub fn settle(&self, ride: &Circumstances, totals: &Totals) -> Result<Settlement, SettleError> {
        validate(totals).map_err(SettleError::InvalidRide)?;
        let scenario = self.scenario(ride)?;
        let Totals { currency, passenger_total, driver_total, coupons } = *totals;
        let platform = Coupons { all: coupons, driver: 0, partners: 0 };
        let sides = platform.off(scenario.base, passenger_total).map(|base| Sides {
            currency,
            passenger: Counted { base, passed_on: 0, partners: 0 },
            driver: driver_total,
        });
        sides.and_then(|sides| settle(scenario, &sides)).ok_or(SettleError::Overflow)
    }

    /// The same for a ride that was billed: of its fees, those count that the scenario says.
    ///
    /// # Errors
    ///
    /// See [`SettleError`].
    pub fn settle_bills(&self, ride: &Circumstances, billed: Billed<'_>) -> Result<Settlement, SettleError> {
        let scenario = self.scenario(ride)?;
        settle(scenario, &scenario.of_bills(billed)?).ok_or(SettleError::Overflow)
    }

    /// The first scenario that applies to a ride.
    pub(crate) fn scenario(&self, ride: &Circumstances) -> Result<&Scenario, SettleError> {
        let facts = ride.facts();
        // One applies to every ride: `Policy::parse` saw to it.
        self.scenarios.iter().find(|scenario| scenario.when.holds(&facts)).ok_or(SettleError::Overflow)
    }
}

impl Scenario {
    /// What counts of two bills.
    pub(crate) fn of_bills(&self, Billed { passenger, driver, partners }: Billed<'_>) -> Result<Sides, SettleError> {
        let currency = passenger.currency;
        let off = |bill: &Bill| bill.total.checked_sub(bill.payable).ok_or(SettleError::Overflow);
        let coupons = Coupons { all: off(passenger)?, driver: off(driver)?, partners };
        let totals =
            Totals { currency, passenger_total: passenger.total, driver_total: driver.total, coupons: coupons.all };
        validate(&totals).and_then(|()| coupons.validate()).map_err(SettleError::InvalidRide)?;
        let counted = || {
            let counted = self.counted(passenger)?;
            let base = coupons.off(self.base, counted)?;
            let passed_on = passenger.total.checked_sub(counted)?;
            let driver = self.counted(driver)?.checked_sub(coupons.driver)?;
            Some(Sides { currency, passenger: Counted { base, passed_on, partners }, driver })
        };
        counted().ok_or(SettleError::Overflow)
    }

    /// What a bill comes to, of the fees that count.
    pub(crate) fn counted(&self, bill: &Bill) -> Option<MinorUnits> {
        let sum = |lines: &[Line], has: &dyn Fn(&str) -> bool| {
            lines
                .iter()
                .filter(|line| has(&line.code))
                .try_fold(0, |sum: MinorUnits, line| sum.checked_add(line.amount))
        };
        let lines = sum(&bill.lines, &|code| self.fees.has(code))?;
        match &self.fees {
            Fees::Of(_) => Some(lines),
            // A tax that is contained in the prices is no line of its own, and counts as little as one.
            Fees::Exempt(_) => lines.checked_sub(sum(&bill.included, &|code| !self.fees.has(code))?),
        }
    }
}

/// What coupons take off, in minor units: all of it, and who pays how much of that beside the platform.
struct Coupons {
    all: MinorUnits,
    driver: MinorUnits,
    partners: MinorUnits,
}

impl Coupons {
    /// A total less the coupons that lower it. What a driver gives away was never charged, so it is off both sides; what a partner pays is
    /// paid to the platform, and off neither. What the platform pays is off where the scenario says so.
    fn off(&self, base: Base, total: MinorUnits) -> Option<MinorUnits> {
        let off = match base {
            Base::Total => self.driver,
            Base::Payable => self.all.checked_sub(self.partners)?,
        };
        total.checked_sub(off)
    }

    fn validate(&self) -> Result<(), Problem> {
        let both = self.driver.checked_add(self.partners);
        if self.driver >= 0 && self.partners >= 0 && both.is_some_and(|both| both <= self.all) {
            return Ok(());
        }
        let message = "is more than the passenger's coupons come to, with what the driver pays of them";
        Err(out_of_range("/partners", message))
    }
}

/// Works out the settlement under a scenario. `None` when an amount does not fit.
pub(crate) fn settle(scenario: &Scenario, sides: &Sides) -> Option<Settlement> {
    let Sides { currency, passenger, driver } = *sides;
    let base = passenger.base;
    let take = base.checked_sub(driver)?;
    // The most that may be kept, rounded down so that the rate never ends above the cap. Of less than nothing that is nothing.
    let cap = scenario.cap.normalize();
    let scale = 10_i128.checked_pow(cap.scale())?;
    let most = divide(i128::from(base.max(0)).checked_mul(cap.mantissa())?, scale, Rounding::Down)?;
    let owed = take.checked_sub(MinorUnits::try_from(most).ok()?)?.max(0);
    let Paid { top_up, held_back } = scenario.paying.pay(currency, base, take, owed)?;
    let take_after = take.checked_sub(top_up)?;
    Some(Settlement {
        scenario: scenario.name.clone(),
        currency,
        counted: Some(passenger),
        take,
        take_rate: rate(take, base)?,
        cap,
        top_up,
        held_back,
        take_after,
        take_rate_after: rate(take_after, base)?,
    })
}

/// `take / base`, half-even to [`RATE_SCALE`] decimals; zero of nothing, or of less. A cap has no more decimals than that, so rounding a rate that
/// is within the cap cannot bring it over.
fn rate(take: MinorUnits, base: MinorUnits) -> Option<Decimal> {
    if base <= 0 {
        return Some(Decimal::ZERO);
    }
    let scaled = i128::from(take).checked_mul(10_i128.pow(RATE_SCALE))?;
    let digits = divide(scaled, i128::from(base), Rounding::HalfEven)?;
    Decimal::try_from_i128_with_scale(digits, RATE_SCALE).ok().map(|rate| rate.normalize())
}

fn validate(totals: &Totals) -> Result<(), Problem> {
    let refuse = |pointer, message| Err(out_of_range(pointer, message));
    if totals.passenger_total < 0 {
        return refuse("/passenger-total", "has to be 0 or more");
    }
    if totals.driver_total < 0 {
        return refuse("/driver-total", "has to be 0 or more");
    }
    if !(0..=totals.passenger_total).contains(&totals.coupons) {
        return refuse("/coupons", "has to be 0 or more, and at most the passenger's total");
    }
    Ok(())
}

fn out_of_range(pointer: &str, message: &str) -> Problem {
    Problem { pointer: pointer.to_owned(), code: "out-of-range".into(), message: message.to_owned() }
}
