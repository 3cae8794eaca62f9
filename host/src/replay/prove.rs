//! Prices every bill again on its own versions, and compares it with the record.

use super::diff::{Comparison, Difference};
use super::first::First;
use super::record::Record;
use super::settling::circumstances;
use super::stream::{Line, Tally};
use crate::bill_text;
use crate::card::archive::Archive;
use farebox_commission::Billed;
use farebox_fare::Bill;
use farebox_pricing::Side;
use farebox_records::Settlement;
use std::collections::BTreeMap;

/// What replaying came to.
#[derive(Debug)]
pub struct Proof<'a> {
    archive: &'a Archive,
    /// Records whose bills, both, come to what is recorded, to the byte.
    pub same_bytes: u64,
    /// Records whose bills come to what is recorded, but which something laid out anew.
    pub same_content: u64,
    /// How many records fail, by why.
    pub failed: BTreeMap<Failing, u64>,
    /// The first that fail.
    pub failures: First<Failure>,
    /// How many records each version of the engine priced.
    pub engines: BTreeMap<u32, u64>,
}

/// Why a record fails; in the order of how it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failing {
    /// A bill comes to something else.
    Different,
    /// The bills settle to something else.
    SettledDifferently,
    /// The facts cannot be priced.
    NotPriced,
    /// A rate card, or the policy, of that version is not there.
    UnknownVersion,
    /// The line is not the record of a bill.
    Unreadable,
}

/// A record that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The trip; empty when it cannot be read.
    pub trip_id: String,
    /// Whose bill.
    pub side: Option<Side>,
    /// Why, in short.
    pub failing: Failing,
    /// What happened, or how the bills differ.
    pub detail: Detail,
}

/// The long form of why a record fails.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// In words.
    Message(String),
    /// How the bills differ.
    Difference(Difference),
}

impl Failing {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Different, Self::SettledDifferently, Self::NotPriced, Self::UnknownVersion, Self::Unreadable];

    /// The word for it, for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::SettledDifferently => "settled_differently",
            Self::NotPriced => "not_priced",
            Self::UnknownVersion => "unknown_version",
            Self::Unreadable => "unreadable",
        }
    }
}

impl<'a> Proof<'a> {
    /// Nothing yet. Keeps the first `show` failures.
    #[must_use]
    pub fn new(archive: &'a Archive, show: usize) -> Self {
        Self {
            archive,
            same_bytes: 0,
            same_content: 0,
            failed: BTreeMap::new(),
            failures: First::new(show),
            engines: BTreeMap::new(),
        }
    }

    /// How many records fail.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failures.count()
    }

    fn fail(&mut self, line: u64, failure: Failure) {
        *self.failed.entry(failure.failing).or_default() += 1;
        self.failures.add(line, || failure);
    }
}

impl Tally for Proof<'_> {
    fn add(&mut self, line: Line) {
        let record = match read(line) {
            Ok(record) => record,
            Err(message) => {
                let detail = Detail::Message(message);
                let failure = Failure { trip_id: String::new(), side: None, failing: Failing::Unreadable, detail };
                return self.fail(line.number, failure);
            }
        };
        *self.engines.entry(record.engine()).or_default() += 1;
        let (side, failing, detail) = match again(self.archive, &record) {
            Ok(true) => return self.same_bytes += 1,
            Ok(false) => return self.same_content += 1,
            Err(failed) => failed,
        };
        self.fail(line.number, Failure { trip_id: record.trip_id.into_owned(), side, failing, detail });
    }

    fn merge(&mut self, other: Self) {
        self.same_bytes += other.same_bytes;
        self.same_content += other.same_content;
        for (failing, count) in other.failed {
            *self.failed.entry(failing).or_default() += count;
        }
        self.failures.merge(other.failures);
        for (engine, count) in other.engines {
            *self.engines.entry(engine).or_default() += count;
        }
    }
}

/// Reads a record.
///
/// # Errors
///
/// Why the line is not one.
pub fn read(line: Line<'_>) -> Result<Record<'_>, String> {
    let limit = super::stream::MAX_LINE;
    let text = line.text.ok_or_else(|| format!("the line is longer than {limit} bytes"))?;
    Record::parse(text)
}

/// Makes a bill again. Whether it comes to the same bytes, and not only to the same.
fn again(archive: &Archive, record: &Record) -> Result<bool, (Option<Side>, Failing, Detail)> {
    let mut same_bytes = true;
    let mut compare = |side, bill: &Bill| match Comparison::of(record.bill(side), bill) {
        Comparison::SameBytes => Ok(()),
        Comparison::SameContent => {
            same_bytes = false;
            Ok(())
        }
        Comparison::Different(difference) => Err((Some(side), Failing::Different, Detail::Difference(difference))),
    };
    let price = |side| {
        let failed = |(failing, message)| (Some(side), failing, Detail::Message(message));
        priced(archive, record, side).map_err(failed)
    };
    let failed = |side| move |why| (side, Failing::Unreadable, Detail::Message(why));
    let passenger = price(Side::Passenger)?;
    compare(Side::Passenger, &passenger)?;
    let driver = record.earned(&passenger, price(Side::Driver)?).map_err(failed(Some(Side::Driver)))?;
    compare(Side::Driver, &driver)?;
    let partners = record.partners(&passenger).map_err(failed(None))?;
    let billed = Billed { passenger: &passenger, driver: &driver, partners };
    settle(archive, record, billed).map_err(|(failing, message)| (None, failing, Detail::Message(message)))?;
    Ok(same_bytes)
}

/// What the rate card of a side comes to.
fn priced(archive: &Archive, record: &Record, side: Side) -> Result<Bill, (Failing, String)> {
    let card = record.card(side, archive).map_err(|why| (Failing::UnknownVersion, why))?;
    let ride = record.ride(side, card.info().currency).map_err(|why| (Failing::Unreadable, why))?;
    let bill = card.price(&ride.trip, ride.quoted.as_ref());
    bill.map_err(|error| (Failing::NotPriced, bill_text::price_error(&error)))
}

/// Settles two bills again, and compares with the record.
fn settle(archive: &Archive, record: &Record, billed: Billed<'_>) -> Result<(), (Failing, String)> {
    let (version, recorded) = match (record.policy(), &record.settlement) {
        (Some(version), Some(settlement)) => (version, settlement),
        // Nothing was settled, and nothing is owed.
        (None, None) => return Ok(()),
        _ => return Err((Failing::Unreadable, "a settlement and its policy are only ever there together".to_owned())),
    };
    let policy = archive.policy(version).map_err(|why| (Failing::UnknownVersion, why))?;
    let ride = circumstances(archive, record).map_err(|why| (Failing::Unreadable, why))?;
    let settled = policy
        .settle_bills(&ride, billed)
        .map_err(|error| (Failing::NotPriced, format!("it cannot be settled: {error:?}")))?;
    if settled.confirms(recorded) {
        return Ok(());
    }
    let text = |settlement: &Settlement| {
        let amount = |minor| settlement.currency.format(minor);
        let Settlement { scenario, take, cap, top_up, .. } = settlement;
        format!("scenario {scenario}, take {}, cap {cap}, top-up {}", amount(*take), amount(*top_up))
    };
    let message = format!("recorded is {}; it settles to {}", text(recorded), text(&settled));
    Err((Failing::SettledDifferently, message))
}
