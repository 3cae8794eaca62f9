//! What holds for every bill, whatever was priced.

use farebox_fare::Trip;
use farebox_money::charge_in_steps;
use farebox_pricing::{PriceError, RateCard};

/// Prices a trip. No bill contradicts itself, lines add up, each line can be recomputed from what it says, and the explanation and
/// the totals are of the same bill.
///
/// # Panics
///
/// When one of these is not so.
pub fn check_bill(card: &RateCard, trip: &Trip, quoted: Option<&Trip>) {
    let explanation = card.explain(trip, quoted);
    let bill = match card.price(trip, quoted) {
        Ok(bill) => bill,
        Err(error) => {
            assert!(!matches!(error, PriceError::Contradiction(_)), "{error:?}");
            return assert_eq!(explanation.err(), Some(error));
        }
    };
    assert_eq!(bill.lines.iter().map(|line| line.amount).sum::<i64>(), bill.total);
    assert_eq!(bill.discounts.iter().map(|line| line.amount).sum::<i64>() + bill.total, bill.payable);
    assert!(bill.payable >= 0, "{bill:?}");
    for line in bill.lines.iter().chain(&bill.discounts).chain(&bill.included) {
        let why = line.why;
        let again = charge_in_steps(line.quantity, line.rate, line.per, bill.currency, why.rounding, why.step);
        assert_eq!(again, Some(line.amount), "{line:?}");
        assert_ne!(line.amount, 0, "{line:?}");
    }
    if quoted.is_none() {
        let totals = card.totals(trip).expect("the bill has totals");
        assert_eq!((totals.total, totals.payable), (bill.total, bill.payable));
    }
    assert_eq!(explanation.map(|explanation| explanation.bill), Ok(bill));
}
