//! What a file of an archive says of itself.

use anyhow::{Context as _, ensure};
use farebox_money::{Currency, MinorUnits};
use farebox_records::BillRecord;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// In which format archives are written.
pub const FORMAT: &str = "farebox-archive/1";

/// What is in a file: the bills of a city that were made on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format.
    pub format: String,
    /// The city.
    pub city: String,
    /// The day, by the clock of the city.
    pub day: String,
    /// When it was written.
    pub written_at: String,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// The size of the file.
    pub bytes: u64,
    /// What the lines come to.
    pub contents: Contents,
}

/// What lines come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// How many trips there are.
    pub bills: u64,
    /// How many revisions of their bills: a line each.
    pub revisions: u64,
    /// How many of the newest may yet be put right.
    pub provisional: u64,
    /// What the newest revisions come to, by currency.
    pub sums: BTreeMap<String, Sums>,
    /// The versions of the rate cards that they were made with.
    pub cards: BTreeSet<String>,
}

/// What bills come to in a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sums {
    /// What passengers are charged.
    pub charged: String,
    /// What drivers are paid, without top-ups.
    pub paid: String,
    /// What they are owed as top-ups, for good.
    pub top_ups: String,
}

/// Adds up lines, one trip after the other, the revisions of each in order.
#[derive(Debug, Default)]
pub struct Adding {
    contents: Contents,
    newest: Option<BillRecord>,
    sums: BTreeMap<&'static str, (Currency, [MinorUnits; 3])>,
}

impl Adding {
    /// Takes a line in.
    ///
    /// # Errors
    ///
    /// It is no bill of this city, or does not add up.
    pub fn add(&mut self, city: &str, line: &str) -> anyhow::Result<()> {
        let record = BillRecord::read(line).map_err(|error| anyhow::anyhow!("it is no bill record: {error:?}"))?;
        ensure!(record.city == city, "it is a bill of {}, and not of {city}", record.city);
        self.contents.revisions += 1;
        self.contents.cards.extend([record.versions.rate_card.clone(), record.versions.driver_rate_card.clone()]);
        if self.newest.as_ref().is_some_and(|newest| newest.trip_id != record.trip_id) {
            self.close()?;
        }
        self.newest = Some(record);
        Ok(())
    }

    fn close(&mut self) -> anyhow::Result<()> {
        let Some(newest) = self.newest.take() else { return Ok(()) };
        self.contents.bills += 1;
        self.contents.provisional += u64::from(newest.provisional);
        let currency = newest.passenger.currency;
        let (_, sums) = self.sums.entry(currency.code()).or_insert((currency, [0; 3]));
        let owed = newest.owed().map_or(0, |settlement| settlement.top_up);
        for (sum, amount) in sums.iter_mut().zip([newest.charged(), newest.paid(), owed]) {
            *sum = sum.checked_add(amount).context("a sum is too large")?;
        }
        Ok(())
    }

    /// What all of them come to.
    ///
    /// # Errors
    ///
    /// A sum is too large.
    pub fn contents(mut self) -> anyhow::Result<Contents> {
        self.close()?;
        for (code, (currency, [charged, paid, top_ups])) in self.sums {
            let [charged, paid, top_ups] = [charged, paid, top_ups].map(|sum| currency.format(sum));
            self.contents.sums.insert(code.to_owned(), Sums { charged, paid, top_ups });
        }
        Ok(self.contents)
    }
}
