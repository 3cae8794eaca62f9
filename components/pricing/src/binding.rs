//! What the figures of a branch are read against.

use crate::figure::Figure;
use crate::notes::Notes;
use farebox_money::Currency;

/// What a branch is read against: the other items, and where to note what is wrong.
pub struct Binding<'a> {
    /// The codes of all items of the card, in its order.
    pub codes: &'a [&'a str],
    /// The position of the item that the branch belongs to.
    pub position: usize,
    pub currency: Currency,
    /// Where the branch is.
    pub pointer: &'a str,
    /// What is wrong with it, and what is odd about it.
    pub notes: &'a mut Notes,
}

impl Binding<'_> {
    pub fn add(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.notes.problems.add(format!("{}/{field}", self.pointer), code, message);
    }

    pub fn warn(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.notes.warnings.add(format!("{}/{field}", self.pointer), code, message);
    }

    /// What is zero is never charged.
    pub fn warn_of_zero(&mut self, field: &str, figure: Figure) {
        if figure.0.is_zero() {
            self.warn(field, "zero", format!("with a {field} of zero this is never charged"));
        }
    }

    /// An amount has to be payable in the card's currency: no more decimals than that has.
    pub fn require_payable(&mut self, field: &str, amount: Figure) {
        amount.amount(self.currency, &format!("{}/{field}", self.pointer), &mut self.notes.problems);
    }

    /// A divisor, or the length of a period.
    pub fn require_positive(&mut self, field: &str, positive: bool) {
        if !positive {
            self.add(field, "zero", "has to be more than zero");
        }
    }
}

/// The codes of a card, for messages. An item that cannot be read has none.
pub fn known(codes: &[&str]) -> String {
    let codes: Vec<_> = codes.iter().copied().filter(|code| !code.is_empty()).collect();
    codes.join(", ")
}
