//! What a draw means, in double entry: what leaves one account arrives in another. What was entered is never changed; what was wrong is
//! entered once more, the other way round.

use crate::amounts::{Fault, counted, minus};
use farebox_money::{Currency, MinorUnits};
use std::collections::BTreeMap;

/// An account that something moves from or to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// A budget, under its name.
    Budget(String),
    /// What a driver is to be paid, under the driver's name.
    DriverPayable(String),
}

/// What one account gets: below zero it is what leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The one that gets it.
    pub account: Name,
    /// What the amount is in.
    pub currency: Currency,
    /// Not zero.
    pub amount: MinorUnits,
}

/// Entries that belong together: zero in sum, in each currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement(Vec<Entry>);

/// Why entries are no movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMovement {
    /// There are none, or one is of nothing.
    Empty,
    /// They do not add up to zero in this currency.
    Unbalanced(Currency),
    /// An amount cannot be.
    Fault(Fault),
}

impl Movement {
    /// Entries that belong together.
    ///
    /// # Errors
    ///
    /// When they do not add up to zero, or move nothing.
    pub fn new(entries: Vec<Entry>) -> Result<Self, NoMovement> {
        if entries.is_empty() || entries.iter().any(|entry| entry.amount == 0) {
            return Err(NoMovement::Empty);
        }
        // Exact whatever comes first: no sum of 64-bit amounts that fit into memory leaves 128 bits.
        let mut sums: BTreeMap<&str, (Currency, i128)> = BTreeMap::new();
        for Entry { currency, amount, .. } in &entries {
            crate::amounts::within(*amount).map_err(NoMovement::Fault)?;
            let (_, sum) = sums.entry(currency.code()).or_insert((*currency, 0));
            *sum = sum.checked_add(i128::from(*amount)).ok_or(NoMovement::Fault(Fault::Overflow))?;
        }
        match sums.values().find(|(_, sum)| *sum != 0) {
            Some((currency, _)) => Err(NoMovement::Unbalanced(*currency)),
            None => Ok(Self(entries)),
        }
    }

    /// What it means that a trip had drawn `before` of a budget, and has drawn `after`. `None` when that is the same.
    ///
    /// # Errors
    ///
    /// When one of them cannot be drawn.
    pub fn of_draw(
        budget: &str,
        driver: &str,
        currency: Currency,
        before: MinorUnits,
        after: MinorUnits,
    ) -> Result<Option<Self>, Fault> {
        let amount = minus(counted(after)?, counted(before)?)?;
        let to_driver = Entry { account: Name::DriverPayable(driver.to_owned()), currency, amount };
        let from_budget = Entry { account: Name::Budget(budget.to_owned()), currency, amount: minus(0, amount)? };
        Ok((amount != 0).then(|| Self(vec![from_budget, to_driver])))
    }

    /// All of them.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }
}

/// All movements that were entered, each under the trip and the revision that it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book(BTreeMap<(String, u32), Movement>);

/// What becomes of entering one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is entered now.
    Entered,
    /// It was entered before.
    Repeated,
    /// There is another one under the same revision, which stays.
    Conflict,
}

impl Book {
    /// What an account has, in a currency.
    ///
    /// # Errors
    ///
    /// When it is beyond what there may be.
    pub fn balance(&self, account: &Name, currency: Currency) -> Result<MinorUnits, Fault> {
        let entries = self.0.values().flat_map(Movement::entries);
        let of_it = entries.filter(|entry| entry.account == *account && entry.currency == currency);
        let sum = of_it.map(|entry| i128::from(entry.amount)).sum::<i128>();
        crate::amounts::within(MinorUnits::try_from(sum).map_err(|_| Fault::Overflow)?)
    }
}

/// Enters the movement of a revision of a trip, once.
pub fn step(mut book: Book, trip: &str, revision: u32, movement: Movement) -> (Book, Reply) {
    let key = (trip.to_owned(), revision);
    match book.0.get(&key) {
        Some(entered) if *entered == movement => (book, Reply::Repeated),
        Some(_) => (book, Reply::Conflict),
        None => {
            book.0.insert(key, movement);
            (book, Reply::Entered)
        }
    }
}
