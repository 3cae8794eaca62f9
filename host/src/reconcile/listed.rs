//! What people are shown of findings: the first of each class, whose number is bounded, as cells of a table.

use crate::table::Align::{self, Left, Right};
use farebox_reconcile::{Class, Finding, Owed, Paid};
use std::collections::BTreeMap;

/// How many findings of a class are shown.
pub const MOST_SHOWN: usize = 20;

/// What is above the columns of [`rows`].
pub const HEAD: [&str; 8] = ["city", "trip", "revision", "owed", "ledger", "paid", "payment", ""];

/// On which side of its column each of them stands.
pub const ALIGNED: [Align; 8] = [Left, Left, Right, Right, Left, Right, Left, Left];

/// The first findings of each class, in the order of their keys. What was paid once as it is owed nobody has to look at.
#[derive(Debug, Default)]
pub struct Listed(BTreeMap<Class, Vec<Finding>>);

impl Listed {
    /// Keeps one, if it is among the first.
    pub fn add(&mut self, finding: &Finding) {
        if finding.class == Class::Matched {
            return;
        }
        let first = self.0.entry(finding.class).or_default();
        if first.len() < MOST_SHOWN {
            first.push(finding.clone());
        }
    }

    /// The classes that there is something of, and the first of each.
    pub fn classes(&self) -> impl Iterator<Item = (Class, &[Finding])> {
        self.0.iter().map(|(class, findings)| (*class, &**findings))
    }
}

/// A finding in columns: its records and its payments side by side.
pub fn rows(finding: &Finding) -> Vec<[String; 8]> {
    let Finding { key, owed, paid, more_owed, more_paid, .. } = finding;
    let row = |at: usize| {
        let [owed_amount, ledger] = owed.get(at).map(owed_cells).unwrap_or_default();
        let [paid_amount, payment] = paid.get(at).map(paid_cells).unwrap_or_default();
        let [city, trip, revision] = match at {
            0 => [key.city.clone(), key.trip_id.clone(), key.revision.to_string()],
            _ => Default::default(),
        };
        let drivers = match (owed.get(at), paid.get(at)) {
            (Some(owed), Some(paid)) => drivers(owed, paid),
            _ => String::new(),
        };
        [city, trip, revision, owed_amount, ledger, paid_amount, payment, drivers]
    };
    let mut rows: Vec<[String; 8]> = (0..owed.len().max(paid.len())).map(row).collect();
    if more_owed.count() + more_paid.count() > 0 {
        let mut more: [String; 8] = Default::default();
        more[7] = format!("{} more records, {} more payments", more_owed.count(), more_paid.count());
        rows.push(more);
    }
    rows
}

fn owed_cells(Owed { place, record }: &Owed) -> [String; 2] {
    [format!("{} {}", record.currency.format(record.amount), record.currency), place.to_string()]
}

fn paid_cells(Paid { place, payment }: &Paid) -> [String; 2] {
    let said = [&payment.paid_at, &payment.reference].into_iter().flatten().map(|text| printable(text));
    let payment_place = std::iter::once(place.to_string()).chain(said).collect::<Vec<_>>().join(", ");
    [format!("{} {}", payment.currency.format(payment.amount), payment.currency), payment_place]
}

/// Whose they are, where both say and do not agree.
fn drivers(owed: &Owed, paid: &Paid) -> String {
    match (&owed.record.driver_id, &paid.payment.driver_id) {
        (Some(owed), Some(paid)) if owed != paid => {
            format!("owed to {}, paid to {}", printable(owed), printable(paid))
        }
        _ => String::new(),
    }
}

/// The longest text of somebody else's that is shown, in characters.
const MOST_CHARS: usize = 40;

/// What comes from a bank, without what moves a cursor, and not all of it if it is long.
fn printable(text: &str) -> String {
    let safe = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut shown: String = text.chars().take(MOST_CHARS).map(safe).collect();
    if text.chars().nth(MOST_CHARS).is_some() {
        shown.push_str("...");
    }
    shown
}
