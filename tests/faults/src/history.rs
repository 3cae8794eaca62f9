//! What was asked of a trip and what was answered; and what the store has of it afterwards. The audit knows nothing else.

use crate::rides::Price;
use farebox_fare::Basis;
use farebox_records::{BillRecord, Kept};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A bill, as it was answered or is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The bytes, as they are where they are kept: where that is may be told otherwise when it is answered again.
    pub document: String,
    /// Whether it says that it lacks something.
    pub degraded: bool,
    /// Whether it says that it may yet be put right.
    pub provisional: bool,
    /// Whether it says that the shared store has it.
    pub kept: bool,
    /// Whether it was guessed.
    pub mocked: bool,
    /// What it lacks.
    pub reasons: Vec<String>,
    /// The segments that it was made from.
    pub segments: BTreeSet<u64>,
    /// What it comes to.
    pub price: Price,
    /// What it owes the driver for good, in minor units.
    pub owed: i64,
    /// What it says of the ride: all but which it is, when it was made, and what became of it.
    pub ride: String,
}

/// What of a bill is another for every trip, or depends on whether its quote could be had: the cards and prices are the same here.
const NOT_OF_THE_RIDE: [&str; 8] =
    ["trip_id", "billed_at", "repair", "kept", "degraded", "reasons", "pinned", "estimate_id"];

/// What a record says of the ride.
fn ride(document: &str) -> Result<String, String> {
    let mut record: Value = serde_json::from_str(document).map_err(|error| error.to_string())?;
    if let Some(fields) = record.as_object_mut() {
        fields.retain(|name, _| !NOT_OF_THE_RIDE.contains(&&**name));
    }
    if let Some(facts) = record["facts"].as_object_mut() {
        facts.remove("quoted");
    }
    Ok(record.to_string())
}

impl Bill {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// It is none, or contradicts itself.
    pub fn read(document: &str) -> Result<Self, String> {
        let record = BillRecord::read(document).map_err(|error| format!("{error:?}"))?;
        let trip = record.facts.trip.trip(record.passenger.currency)?;
        Ok(Self {
            document: BillRecord::kept_in(document, Kept::Shared),
            degraded: record.degraded,
            provisional: record.provisional,
            kept: record.kept == Kept::Shared,
            mocked: record.basis == Basis::Mocked,
            reasons: record.reasons.iter().map(|reason| reason.word().to_owned()).collect(),
            segments: trip.segments.iter().map(|segment| segment.sequence).collect(),
            price: Price::of(&record),
            owed: record.owed().map_or(0, |settlement| settlement.top_up),
            ride: ride(document)?,
        })
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An estimate.
    Estimate,
    /// Segments were posted: their numbers.
    Segments(BTreeSet<u64>),
    /// A bill, always by the same request.
    Bill,
    /// A bill, by a request of other content.
    Other,
    /// To read the bill.
    Read,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// What was asked for, where it is no bill.
    Done,
    /// A bill.
    Bill(Box<Bill>),
    /// Something else: the status and the code.
    Refused(u16, String),
    /// Nothing, or half of something.
    Nothing(String),
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was asked.
    pub asked: Asked,
    /// What was answered.
    pub answered: Answered,
    /// When it was sent.
    pub sent: Duration,
    /// When the answer was there, or it was given up.
    pub heard: Duration,
}

/// What the store has of a trip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The bills, by number.
    pub revisions: BTreeMap<u32, Bill>,
    /// The entries of the ledger, in minor units, by the number of their revision.
    pub ledger: BTreeMap<u32, i64>,
    /// Whether something has to be done again.
    pub due: bool,
    /// Where it is listed: the day, and the number of the revision.
    pub listed: BTreeSet<(String, u32)>,
    /// The numbers of its segments.
    pub segments: BTreeSet<u64>,
    /// Documents that are listed as superseded.
    pub superseded: BTreeSet<String>,
    /// Documents that wait in a journal.
    pub waiting: BTreeSet<String>,
    /// The numbers of segments that wait in a journal.
    pub journaled: BTreeSet<u64>,
}

impl Stored {
    /// The newest revision.
    pub fn head(&self) -> Option<(u32, &Bill)> {
        self.revisions.last_key_value().map(|(number, bill)| (*number, bill))
    }

    /// The number of the revision that this is.
    pub fn number(&self, bill: &Bill) -> Option<u32> {
        self.revisions.iter().find(|(_, revision)| revision.document == bill.document).map(|(number, _)| *number)
    }
}

/// All that is known of a trip.
#[derive(Clone, Debug, Default)]
pub struct Trip {
    /// What was asked and answered, in order of sending.
    pub exchanges: Vec<Exchange>,
    /// What the store has.
    pub stored: Stored,
    /// Which segments a host finds when it is asked afterwards. `None` when none was.
    pub found: Option<BTreeSet<u64>>,
}

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From here on.
    pub from: Duration,
    /// Until here.
    pub to: Duration,
}

impl Span {
    /// Whether a request was under way then.
    pub fn meets(self, exchange: &Exchange) -> bool {
        exchange.sent <= self.to && exchange.heard >= self.from
    }
}

/// When what could not be answered.
#[derive(Clone, Debug, Default)]
pub struct Excuses {
    /// There was no store for segments and reads: 503.
    pub away: Vec<Span>,
    /// There was neither store nor journal: bills are 503 as well.
    pub unkept: Vec<Span>,
    /// There was no host: nothing.
    pub killed: Vec<Span>,
}
