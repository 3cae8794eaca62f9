//! A table in CSV: a row for each record and each payment, those of a key side by side.
//!
//! What is owed and what was paid stands in one row each, so that a spreadsheet adds the columns up to what the report says.

use crate::finding::{Finding, Owed, Paid};
use crate::reconciliation::Outcome;
use crate::refused::{Refused, RefusedLine};
use std::io::{self, Write};

/// The columns.
const HEADER: Row = [
    "class",
    "city",
    "trip_id",
    "revision",
    "owed_currency",
    "owed",
    "owed_driver_id",
    "ledger",
    "paid_currency",
    "paid",
    "paid_driver_id",
    "payment",
    "paid_at",
    "reference",
    "note",
];

type Row<'r> = [&'r str; 15];

/// Writes a table.
#[derive(Debug)]
pub struct CsvTable<W: Write>(csv::Writer<W>);

impl<W: Write> CsvTable<W> {
    /// Writes to `out`, the header first.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn new(out: W) -> io::Result<Self> {
        let mut table = csv::Writer::from_writer(out);
        table.write_record(HEADER)?;
        Ok(Self(table))
    }

    /// Writes what became of a key.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let Finding { class, key, owed, paid, more_owed, more_paid } = finding;
        let revision = key.revision.to_string();
        for row in 0..owed.len().max(paid.len()) {
            let [owed_currency, owed, owed_driver, ledger] = owed.get(row).map(owed_cells).unwrap_or_default();
            let [currency, paid, driver, payment, paid_at, reference] =
                paid.get(row).map(paid_cells).unwrap_or_default();
            let begin =
                [class.word(), &key.city, &key.trip_id, &revision, &owed_currency, &owed, &owed_driver, &ledger];
            let end = [&*currency, &paid, &driver, &payment, &paid_at, &reference, ""];
            self.0.write_record(begin.into_iter().chain(end))?;
        }
        if more_owed.count() + more_paid.count() > 0 {
            let (owed, paid) = (more_owed.count(), more_paid.count());
            let note = format!("{owed} more records and {paid} more payments of this key");
            let begin = [class.word(), &key.city, &key.trip_id, &revision];
            self.0.write_record(begin.into_iter().chain([""; 10]).chain([&*note]))?;
        }
        Ok(())
    }

    /// Ends the table, with a row for each line that cannot be used.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn finish(mut self, outcome: &Outcome) -> io::Result<()> {
        if let Outcome::Refused(refused) = outcome {
            self.refused(refused)?;
        }
        self.0.flush()
    }

    fn refused(&mut self, refused: &Refused) -> io::Result<()> {
        let told = refused.lines().iter().map(RefusedLine::to_string);
        for note in told.chain(refused.not_told().map(|more| format!("{more} more lines cannot be used"))) {
            self.0.write_record(["refused"].into_iter().chain([""; 13]).chain([&*note]))?;
        }
        Ok(())
    }
}

fn owed_cells(Owed { place, record }: &Owed) -> [String; 4] {
    let driver = record.driver_id.clone().unwrap_or_default();
    [record.currency.code().to_owned(), record.currency.format(record.amount), driver, place.to_string()]
}

fn paid_cells(Paid { place, payment }: &Paid) -> [String; 6] {
    let [driver, paid_at, reference] =
        [&payment.driver_id, &payment.paid_at, &payment.reference].map(|said| said.clone().unwrap_or_default());
    let amount = payment.currency.format(payment.amount);
    [payment.currency.code().to_owned(), amount, driver, place.to_string(), paid_at, reference]
}
