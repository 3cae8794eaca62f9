//! What holds of every bill, whoever priced it and wherever it was kept.

use crate::{Bill, Line};
use farebox_money::{Currency, MinorUnits, charge_in_steps};
use std::error::Error;
use std::fmt;

/// A number on a bill that the others do not come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Where it stands: a JSON Pointer into the bill.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

impl Bill {
    /// Checks the bill against itself: every line is what its quantity and rate come to, the lines add up to the total, the
    /// total and the discounts to what is payable, discounts add nothing, and nobody is paid for riding.
    ///
    /// # Errors
    ///
    /// The first number that contradicts the others.
    pub fn verify(&self) -> Result<(), Contradiction> {
        for (list, lines) in [("lines", &self.lines), ("discounts", &self.discounts), ("included", &self.included)] {
            for (index, line) in lines.iter().enumerate() {
                if line.comes_to(self.currency) != Some(line.amount) {
                    return Err(self.wrong_line(format!("/{list}/{index}/amount"), line));
                }
            }
        }
        if let Some(index) = self.discounts.iter().position(|line| line.amount > 0) {
            let message = "a discount takes off, and this adds".to_owned();
            return Err(Contradiction { pointer: format!("/discounts/{index}/amount"), message });
        }
        self.add_up()?;
        if self.payable < 0 {
            let message = format!("{} is less than nothing", self.currency.format(self.payable));
            return Err(Contradiction { pointer: "/payable".to_owned(), message });
        }
        Ok(())
    }

    /// Checks the sums alone, whatever the lines are made of.
    ///
    /// # Errors
    ///
    /// The sum that is not one.
    pub fn add_up(&self) -> Result<(), Contradiction> {
        let total = sum(0, &self.lines);
        if total != Some(self.total) {
            return Err(self.wrong_sum("/total", self.total, "the lines add up to", total));
        }
        let payable = sum(self.total, &self.discounts);
        if payable != Some(self.payable) {
            return Err(self.wrong_sum("/payable", self.payable, "the total and the discounts come to", payable));
        }
        Ok(())
    }

    fn wrong_line(&self, pointer: String, line: &Line) -> Contradiction {
        let Line { code, quantity, rate, per, amount, .. } = line;
        let (says, comes_to) = (self.currency.format(*amount), self.words(line.comes_to(self.currency)));
        let message = format!("\"{code}\" is {says}, but {quantity} x {rate} / {per} comes to {comes_to}");
        Contradiction { pointer, message }
    }

    fn wrong_sum(&self, pointer: &str, says: MinorUnits, what: &str, sum: Option<MinorUnits>) -> Contradiction {
        let message = format!("{}, but {what} {}", self.currency.format(says), self.words(sum));
        Contradiction { pointer: pointer.to_owned(), message }
    }

    fn words(&self, amount: Option<MinorUnits>) -> String {
        amount.map_or_else(|| "no amount".to_owned(), |amount| self.currency.format(amount))
    }
}

impl Line {
    /// What the line has to amount to. `None` when that is no amount.
    fn comes_to(&self, currency: Currency) -> Option<MinorUnits> {
        charge_in_steps(self.quantity, self.rate, self.per, currency, self.why.rounding, self.why.step)
    }
}

/// `None` when the sum does not fit.
fn sum(start: MinorUnits, lines: &[Line]) -> Option<MinorUnits> {
    lines.iter().try_fold(start, |sum, line| sum.checked_add(line.amount))
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.message)
    }
}

impl Error for Contradiction {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Basis, Reason, Rule, Source, Unit};
    use farebox_money::Rounding;
    use rust_decimal::Decimal;

    fn line(code: &str, quantity: &str, rate: &str, per: &str, amount: MinorUnits) -> Line {
        Line {
            code: code.to_owned(),
            quantity: quantity.parse().unwrap(),
            unit: Unit::Piece,
            rate: rate.parse().unwrap(),
            per: per.parse().unwrap(),
            amount,
            reference: None,
            why: Reason { rule: Rule::Rate, branch: None, source: Source::Trip, rounding: Rounding::HalfUp, step: 1 },
        }
    }

    /// 10.00 and 4,100 m at 1.35 / km, of which 3.30 is tax, less 5.00.
    fn bill() -> Bill {
        Bill {
            currency: Currency::from_code("CNY").unwrap(),
            basis: Basis::Metered,
            lines: vec![line("start", "1", "10.00", "1", 1000), line("mileage", "4100", "1.35", "1000", 554)],
            total: 1554,
            discounts: vec![line("coupon", "1", "-5.00", "1", -500)],
            payable: 1054,
            included: vec![line("tax", "15.54", "27", "127", 330)],
            rate_card: "ab".to_owned(),
        }
    }

    /// What is said of a bill into which a violation was planted.
    fn planted(plant: impl FnOnce(&mut Bill)) -> String {
        let mut bill = bill();
        plant(&mut bill);
        bill.verify().unwrap_err().to_string()
    }

    /// A bill that adds up is sound, and so is one of nothing.
    #[test]
    fn sound() {
        bill().verify().unwrap();
        let nothing =
            Bill { lines: Vec::new(), discounts: Vec::new(), included: Vec::new(), total: 0, payable: 0, ..bill() };
        nothing.verify().unwrap();
        let mut stepped = bill();
        stepped.lines[1].why = Reason { rounding: Rounding::Up, step: 50, ..stepped.lines[1].why };
        (stepped.lines[1].amount, stepped.total, stepped.payable) = (600, 1600, 1100);
        stepped.verify().unwrap();
    }

    /// A line that is one minor unit off is named, in each of the lists, even where the sums are right.
    #[test]
    fn lines_are_what_they_come_to() {
        assert_eq!(
            planted(|bill| (bill.lines[1].amount, bill.total, bill.payable) = (553, 1553, 1053)),
            "/lines/1/amount: \"mileage\" is 5.53, but 4100 x 1.35 / 1000 comes to 5.54"
        );
        assert_eq!(
            planted(|bill| (bill.discounts[0].amount, bill.payable) = (-501, 1053)),
            "/discounts/0/amount: \"coupon\" is -5.01, but 1 x -5.00 / 1 comes to -5.00"
        );
        assert_eq!(
            planted(|bill| bill.included[0].amount = 331),
            "/included/0/amount: \"tax\" is 3.31, but 15.54 x 27 / 127 comes to 3.30"
        );
    }

    /// How a line says that it was rounded counts.
    #[test]
    fn lines_are_rounded_as_they_say() {
        assert!(planted(|bill| bill.lines[1].why.rounding = Rounding::Down).starts_with("/lines/1/amount: "));
        assert!(planted(|bill| bill.lines[0].why.step = 300).starts_with("/lines/0/amount: "));
    }

    /// What comes to no amount at all contradicts every amount.
    #[test]
    fn lines_come_to_an_amount() {
        for no_amount in [
            planted(|bill| bill.lines[0].per = Decimal::ZERO),
            planted(|bill| bill.lines[0].why.step = 0),
            planted(|bill| (bill.lines[0].quantity, bill.lines[0].rate) = (Decimal::MAX, Decimal::MAX)),
        ] {
            assert!(
                no_amount.starts_with("/lines/0/amount: ") && no_amount.ends_with("comes to no amount"),
                "{no_amount}"
            );
        }
    }

    #[test]
    fn lines_add_up() {
        assert_eq!(
            planted(|bill| (bill.total, bill.payable) = (1555, 1055)),
            "/total: 15.55, but the lines add up to 15.54"
        );
        assert_eq!(planted(|bill| drop(bill.lines.pop())), "/total: 15.54, but the lines add up to 10.00");
        let most =
            |bill: &mut Bill| bill.lines = vec![line("most", "1", "92233720368547758.07", "1", MinorUnits::MAX); 2];
        assert_eq!(planted(most), "/total: 15.54, but the lines add up to no amount");
    }

    #[test]
    fn discounts_lead_to_what_is_payable() {
        assert_eq!(
            planted(|bill| bill.payable = 1055),
            "/payable: 10.55, but the total and the discounts come to 10.54"
        );
        assert_eq!(
            planted(|bill| bill.discounts.clear()),
            "/payable: 10.54, but the total and the discounts come to 15.54"
        );
    }

    #[test]
    fn discounts_add_nothing() {
        let more = |bill: &mut Bill| {
            bill.discounts = vec![line("coupon", "1", "5.00", "1", 500)];
            bill.payable = 2054;
        };
        assert_eq!(planted(more), "/discounts/0/amount: a discount takes off, and this adds");
    }

    #[test]
    fn nobody_is_paid_for_riding() {
        let less = |bill: &mut Bill| {
            bill.discounts = vec![line("coupon", "1", "-15.55", "1", -1555)];
            bill.payable = -1;
        };
        assert_eq!(planted(less), "/payable: -0.01 is less than nothing");
    }
}
