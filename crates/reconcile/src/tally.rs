//! How many, and how much in each currency.

use crate::error::Error;
use farebox_money::{Currency, MinorUnits};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A sum on its way. Wider than any amount, and so than the sum of as many of them as can be counted: that it does not fit is found out at
/// the end, and does not depend on the order in which amounts come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sum {
    currency: Currency,
    count: u64,
    amount: i128,
}

/// Amounts, counted and added up by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, Sum>);

/// How many amounts of a currency there are, and what they come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many.
    pub count: u64,
    /// Their sum, in minor units.
    pub amount: MinorUnits,
}

impl Tally {
    pub(crate) fn add(&mut self, currency: Currency, amount: MinorUnits) {
        self.add_sum(Sum { currency, count: 1, amount: amount.into() });
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        other.0.values().for_each(|sum| self.add_sum(*sum));
    }

    fn add_sum(&mut self, Sum { currency, count, amount }: Sum) {
        let sum = self.0.entry(currency.code()).or_insert(Sum { currency, count: 0, amount: 0 });
        sum.count += count;
        sum.amount += amount;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are, of all currencies.
    pub fn count(&self) -> u64 {
        self.0.values().map(|sum| sum.count).sum()
    }

    /// The currencies, by code.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.0.values().map(|sum| sum.currency)
    }

    /// How many there are of a currency, and what they come to.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`]: their sum does not fit. `what` says whose it is.
    pub(crate) fn total(&self, currency: Currency, what: &str) -> Result<Total, Error> {
        let Some(sum) = self.0.get(currency.code()) else { return Ok(Total::default()) };
        let amount = sum.amount.try_into().map_err(|_| Error::TooLarge { currency, what: what.to_owned() })?;
        Ok(Total { count: sum.count, amount })
    }
}

/// How many there are: a sum in the middle of a list is nobody's.
impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.count())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What does not fit is an error, whichever way it came about, and what fits in the end is none.
    #[test]
    fn sums_never_wrap() {
        let cny = Currency::from_code("CNY").unwrap();
        let total = |amounts: &[MinorUnits]| {
            let mut tally = Tally::default();
            amounts.iter().for_each(|amount| tally.add(cny, *amount));
            tally.total(cny, "what is owed").map(|total| (total.count, total.amount)).map_err(|error| error.to_string())
        };
        assert_eq!(total(&[MinorUnits::MAX, 1, -2]), Ok((3, MinorUnits::MAX - 1)));
        assert_eq!(total(&[MinorUnits::MIN, MinorUnits::MAX]), Ok((2, -1)));
        for wide in [[MinorUnits::MAX, 1], [MinorUnits::MIN, -1]] {
            let said = "the sum of what is owed in CNY does not fit into 64 bits of its smallest unit";
            assert_eq!(total(&wide), Err(said.to_owned()));
        }
    }
}
