//! An entry of a journal, as people look at it.

use farebox_records::{BillRecord, ShownBill};
use serde::Serialize;

/// An entry that waits, or of which something else became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its number: they count up from 1.
    pub number: u64,
    /// When it was entered, in milliseconds since 1970.
    pub entered_ms: i64,
    /// Of which city.
    pub city: String,
    /// Of which trip.
    pub trip: String,
    /// What it is.
    pub what: What,
    /// How it stands.
    pub state: State,
}

/// What was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A bill.
    Bill {
        /// Which revision.
        revision: u32,
        /// What the passenger is charged, with its currency.
        charged: Option<String>,
        /// What the driver is owed for good, with its currency.
        top_up: Option<String>,
    },
    /// Segments of a trip.
    Segments {
        /// How many.
        count: usize,
        /// How far they are together, in metres.
        distance_m: u64,
    },
}

/// How an entry stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum State {
    /// The shared store may not have it yet. Nobody was answered that it is here: it may be taken back.
    Entered,
    /// It was answered as being here.
    Kept,
    /// The shared store had it, and has lost something.
    Recalled,
    /// Another bill of the trip counts.
    Superseded {
        /// When that was found out, in milliseconds since 1970.
        at_ms: i64,
        /// What the passenger is charged by that, with its currency.
        charged: Option<String>,
    },
    /// The shared store will never take it.
    Refused {
        /// When it said so, in milliseconds since 1970.
        at_ms: i64,
        /// Why.
        why: String,
    },
}

impl What {
    /// Reads what was entered; `revision` of a bill, `top_up` in its currency.
    pub fn read(revision: Option<u32>, top_up: Option<String>, content: &str) -> Self {
        if let Some(revision) = revision {
            return Self::Bill { revision, charged: charged(content), top_up };
        }
        // Sequence, when it began, how far and how long it was.
        let segments: Vec<(u64, i64, u64, u64)> = serde_json::from_str(content).unwrap_or_default();
        Self::Segments {
            count: segments.len(),
            distance_m: segments.iter().map(|(_, _, distance_m, _)| distance_m).sum(),
        }
    }
}

/// What the passenger is charged by a bill, with its currency; by one that this release does not understand all of, what it comes to.
pub fn charged(document: &str) -> Option<String> {
    if let Ok(record) = BillRecord::read(document) {
        let currency = record.passenger.currency;
        return Some(format!("{} {}", currency.format(record.charged()), currency.code()));
    }
    let shown = ShownBill::read(document).ok()?;
    Some(format!("{} {}", shown.passenger.currency.format(shown.passenger.payable), shown.passenger.currency.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments are counted and added up; what makes no sense is nothing, and is found by its checksum.
    #[test]
    fn what_was_entered() {
        let segments = |count, distance_m| What::Segments { count, distance_m };
        assert_eq!(What::read(None, None, "[[1,1795219200,4000,200],[2,1795219400,500,60]]"), segments(2, 4_500));
        assert_eq!(What::read(None, None, "[["), segments(0, 0));
        let bill = What::Bill { revision: 2, charged: None, top_up: Some("1.13 CNY".to_owned()) };
        assert_eq!(What::read(Some(2), Some("1.13 CNY".to_owned()), "{"), bill);
    }
}
