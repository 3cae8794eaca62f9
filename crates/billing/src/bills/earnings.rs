//! What the driver is told of a ride: what it earned them, what the platform adds, and how that comes about.
//!
//! Both are bills, so that operators arrange and word them as they do any other.

use farebox_fare::codes::COMMISSION_REWARD;
use farebox_fare::{Bill, Line, Unit};
use farebox_money::MinorUnits;
use farebox_records::{Difference, LineDifference, RewardChange, Settlement, ShownBill};

/// What a line refers to whose amount does not count for good yet.
const PENDING: &str = "pending";

/// The driver's bill with what the platform adds: its total is the driver's pay. `is_pending` is whether what is added is not owed for good yet.
/// `None` when it does not fit.
pub(super) fn pay(shown: &ShownBill, is_pending: bool) -> Option<Bill> {
    let mut bill = shown.driver.clone();
    let Some(settlement) = shown.settlement.as_ref().filter(|settlement| settlement.top_up != 0) else {
        return Some(bill);
    };
    bill.lines.push(reward(settlement, settlement.top_up, is_pending));
    bill.total = bill.total.checked_add(settlement.top_up)?;
    bill.payable = bill.payable.checked_add(settlement.top_up)?;
    holds(bill)
}

/// How what the platform keeps of a ride comes about, from what the passenger paid: its total is the take. Without a settlement that says
/// what it counted there is nothing to state but what was earned. `None` when it does not fit, or does not add up.
pub(super) fn statement(shown: &ShownBill, is_pending: bool) -> Option<Bill> {
    let Some((settlement, counted)) = shown.settlement.as_ref().and_then(|one| Some((one, one.counted?))) else {
        return pay(shown, is_pending);
    };
    let currency = shown.passenger.currency;
    let paid = shown.repair.as_ref().map_or(shown.passenger.payable, |repair| repair.passenger.after);
    // Coupons that the platform bears, and what it does not charge of a bill that was made again.
    let borne = counted.base.checked_add(counted.passed_on)?.checked_sub(paid)?.checked_sub(counted.partners)?;
    let line = |code, amount| Line::of(code, currency, amount);
    let lines = [
        (line("passenger_paid", paid), true),
        (line("partners_pay", counted.partners), counted.partners != 0),
        (line("platform_bears", borne), borne != 0),
        (line("passed_on", counted.passed_on.checked_neg()?), counted.passed_on != 0),
        (line("driver_pay", counted.driver(settlement.take)?.checked_neg()?), true),
        (reward(settlement, settlement.top_up.checked_neg()?, is_pending), settlement.top_up != 0),
    ];
    holds(Bill {
        currency,
        basis: shown.basis,
        lines: lines.into_iter().filter(|(_, is_told)| *is_told).map(|(line, _)| line).collect(),
        total: settlement.take_after,
        discounts: Vec::new(),
        payable: settlement.take_after,
        included: Vec::new(),
        rate_card: shown.driver.rate_card.clone(),
    })
}

/// How the driver's pay differs from what it was by the revision before: with what the platform adds. `None` when it does not fit.
pub(super) fn pay_difference(earned: &Difference, reward: Option<RewardChange>) -> Option<Difference> {
    let mut difference = earned.clone();
    let Some(RewardChange { before, after, .. }) = reward else { return Some(difference) };
    difference.before = difference.before.checked_add(before)?;
    difference.after = difference.after.checked_add(after)?;
    if before != after {
        difference.lines.push(LineDifference { code: COMMISSION_REWARD.to_owned(), before, after });
    }
    Some(difference)
}

/// The line of what the platform adds: it says of what base the cap is which percentage, as far as the settlement does.
fn reward(settlement: &Settlement, amount: MinorUnits, is_pending: bool) -> Line {
    let currency = settlement.currency;
    let line = Line::of(COMMISSION_REWARD, currency, amount);
    let line = match settlement.counted {
        Some(counted) => {
            Line { unit: Unit::Money, quantity: currency.to_major(counted.base), rate: settlement.cap, ..line }
        }
        None => line,
    };
    Line { reference: is_pending.then(|| PENDING.to_owned()), ..line }
}

/// Nothing is shown to a driver that does not add up.
fn holds(bill: Bill) -> Option<Bill> {
    bill.add_up().is_ok().then_some(bill)
}
