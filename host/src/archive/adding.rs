//! What the lines of a file of an archive come to.

use anyhow::{Context as _, ensure};
use farebox_money::{Currency, MinorUnits};
use farebox_records::BillRecord;
use farebox_records::archive::{Contents, Line, Sums};
use std::collections::BTreeMap;

/// Adds up lines, one trip after the other, the revisions of each in order.
#[derive(Debug, Default)]
pub struct Adding {
    contents: Contents,
    newest: Option<BillRecord>,
    last: Option<Line>,
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
        let revision = record.repair.as_ref().map_or(1, |repair| repair.revision);
        self.last = Some(Line { trip_id: record.trip_id.clone(), revision });
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

    /// Which bill the last line was.
    pub fn last(&self) -> Option<Line> {
        self.last.clone()
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
