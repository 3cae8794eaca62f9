//! What all keys come to, proven against what was read.

use crate::error::Error;
use crate::finding::{Class, Finding};
use crate::tally::{Tally, Total};
use farebox_money::{Currency, MinorUnits};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

/// What was owed and what was paid.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sides {
    pub owed: Tally,
    pub paid: Tally,
}

/// Adds findings up.
#[derive(Debug, Default)]
pub(crate) struct Adding {
    /// By class, in the order of [`Class::ALL`].
    classes: [(u64, Sides); Class::ALL.len()],
}

/// How many keys are of a class, and what they come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfClass {
    /// Which class.
    pub class: Class,
    /// How many keys.
    pub keys: u64,
}

/// What is owed and paid in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// The currency.
    pub currency: Currency,
    /// What the ledger owes, and what was paid: each is the sum of what follows.
    pub all: Balance,
    /// By class, those that there is something of.
    pub classes: Vec<(Class, Balance)>,
}

/// What is owed against what was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// What the records of the ledger come to, each counted once.
    pub owed: Total,
    /// What the payments come to.
    pub paid: Total,
}

/// What all of it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many lines of the ledger say what another one says.
    pub repeated: u64,
    /// How many different records there are.
    pub records: u64,
    /// How many payments there are.
    pub payments: u64,
    /// How many keys are of each class.
    pub classes: Vec<OfClass>,
    /// By currency, in the order of their codes.
    pub sums: Vec<Sums>,
}

impl Adding {
    pub fn add(&mut self, finding: &Finding) {
        let place = Class::ALL.iter().position(|class| *class == finding.class);
        let Some((keys, sides)) = place.and_then(|at| self.classes.get_mut(at)) else { return };
        *keys += 1;
        finding.owed.iter().for_each(|owed| sides.owed.add(owed.record.currency, owed.record.amount));
        finding.paid.iter().for_each(|paid| sides.paid.add(paid.payment.currency, paid.payment.amount));
        sides.owed.add_all(&finding.more_owed);
        sides.paid.add_all(&finding.more_paid);
    }

    /// Proves that what was read went into the classes, each record and each payment once, but for records that were there before.
    ///
    /// # Errors
    ///
    /// [`Error::Unproven`] and [`Error::TooLarge`].
    pub fn prove(&self, read: &Sides, repeated: &Tally) -> Result<Summary, Error> {
        let mut all = Sides::default();
        for (_, sides) in &self.classes {
            all.owed.add_all(&sides.owed);
            all.paid.add_all(&sides.paid);
        }
        let mut with_repeated = all.owed.clone();
        with_repeated.add_all(repeated);
        for (what, are, were) in
            [("what is owed", &with_repeated, &read.owed), ("what was paid", &all.paid, &read.paid)]
        {
            if are != were {
                return Err(Error::Unproven { what: what.to_owned() });
            }
        }
        let mut currencies = Tally::default();
        currencies.add_all(&all.owed);
        currencies.add_all(&all.paid);
        let sums = currencies.currencies().map(|currency| self.of(currency, &all)).collect::<Result<_, _>>()?;
        let keys = Class::ALL.iter().zip(&self.classes);
        Ok(Summary {
            repeated: repeated.count(),
            records: all.owed.count(),
            payments: all.paid.count(),
            classes: keys.map(|(class, (keys, _))| OfClass { class: *class, keys: *keys }).collect(),
            sums,
        })
    }

    fn of(&self, currency: Currency, all: &Sides) -> Result<Sums, Error> {
        let balance = |sides: &Sides| -> Result<Balance, Error> {
            Ok(Balance {
                owed: sides.owed.total(currency, "what is owed")?,
                paid: sides.paid.total(currency, "what was paid")?,
            })
        };
        let mut classes = Vec::new();
        for (class, (_, sides)) in Class::ALL.iter().zip(&self.classes) {
            classes.push((*class, balance(sides)?));
        }
        classes.retain(|(_, balance)| *balance != Balance::default());
        Ok(Sums { currency, all: balance(all)?, classes })
    }
}

impl Summary {
    /// Whether everything that is owed was paid once, and nothing else.
    pub fn matches(&self) -> bool {
        self.classes.iter().all(|of| of.class == Class::Matched || of.keys == 0)
    }

    /// How many keys are of a class.
    pub fn keys(&self, class: Class) -> u64 {
        self.classes.iter().find(|of| of.class == class).map_or(0, |of| of.keys)
    }
}

impl Balance {
    /// What was paid beyond what is owed, in minor units; below zero where less was. `None` when that does not fit.
    pub fn difference(&self) -> Option<MinorUnits> {
        self.paid.amount.checked_sub(self.owed.amount)
    }
}

/// The JSON form: money as decimal text.
impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'s> {
            matches: bool,
            records: u64,
            repeated: u64,
            payments: u64,
            classes: Classes<'s>,
            sums: Vec<SumsDocument<'s>>,
        }
        #[derive(Serialize)]
        struct SumsDocument<'s> {
            currency: Currency,
            #[serde(flatten)]
            all: BalanceDocument,
            classes: Balances<'s>,
        }
        let Self { records, repeated, payments, .. } = *self;
        let sums = self.sums.iter().map(|Sums { currency, all, classes }| SumsDocument {
            currency: *currency,
            all: BalanceDocument::new(*currency, all),
            classes: Balances(*currency, classes),
        });
        let (matches, classes, sums) = (self.matches(), Classes(&self.classes), sums.collect());
        Document { matches, records, repeated, payments, classes, sums }.serialize(serializer)
    }
}

struct Classes<'s>(&'s [OfClass]);

impl Serialize for Classes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|of| (of.class, of.keys)))
    }
}

struct Balances<'s>(Currency, &'s [(Class, Balance)]);

impl Serialize for Balances<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.1.len()))?;
        for (class, balance) in self.1 {
            map.serialize_entry(class, &BalanceDocument::new(self.0, balance))?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct BalanceDocument {
    records: u64,
    owed: String,
    payments: u64,
    paid: String,
}

impl BalanceDocument {
    fn new(currency: Currency, Balance { owed, paid }: &Balance) -> Self {
        let [records, payments] = [owed, paid].map(|total| total.count);
        let [owed, paid] = [owed, paid].map(|total| currency.format(total.amount));
        Self { records, owed, payments, paid }
    }
}
