//! Bills that left the store: what a file of an archive says of itself, and what the store has in the place of a bill.
//!
//! A file has the bills of a city that were made on a day, all revisions: records, a line each, a trip after the other, compressed
//! with gzip. It has many members, each of a few trips, so that one bill can be read without all that come before it.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// In which format archives are written.
pub const FORMAT: &str = "farebox-archive/1";

/// How the document begins that stands in the place of a bill. No bill begins so.
const BEGINS: &str = r#"{"format":"farebox-archived/"#;

/// What is in a file.
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
    /// The revision on the last line. `None` when there is no line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Line>,
    /// What the lines come to.
    pub contents: Contents,
}

/// Which bill a line is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The trip.
    pub trip_id: String,
    /// The number of the revision.
    pub revision: u32,
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

/// The format of what stands in the place of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArchivedFormat {
    /// The first.
    #[serde(rename = "farebox-archived/1")]
    One,
}

/// What stands in the place of a bill that is in an archive: where it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archived {
    /// The format.
    pub format: ArchivedFormat,
    /// The day of the file that it is in.
    pub day: String,
    /// Where the member begins that it is in, in bytes from the beginning of the file.
    pub at: u64,
    /// How long that is, in bytes.
    pub bytes: u32,
    /// SHA-256 of the bill, in hexadecimal digits.
    pub sha256: String,
}

impl Archived {
    /// Whether a document stands in the place of a bill.
    pub fn is(document: &str) -> bool {
        document.starts_with(BEGINS)
    }

    /// Reads what stands in the place of a bill. `None` when the document is the bill itself.
    ///
    /// # Errors
    ///
    /// This release does not understand it.
    pub fn read(document: &str) -> Option<Result<Self, String>> {
        Self::is(document).then(|| serde_json::from_str(document).map_err(|error| error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What stands in the place of a bill is told from bills by its beginning, and is read back; what a later release wrote is no bill either.
    #[test]
    fn what_stands_in_the_place_of_a_bill() {
        let archived = Archived {
            format: ArchivedFormat::One,
            day: "2026-10-01".to_owned(),
            at: 123,
            bytes: 45,
            sha256: "ab".to_owned(),
        };
        let document = serde_json::to_string(&archived).unwrap();
        assert_eq!(document, r#"{"format":"farebox-archived/1","day":"2026-10-01","at":123,"bytes":45,"sha256":"ab"}"#);
        assert_eq!(Archived::read(&document), Some(Ok(archived)));
        assert!(Archived::read(r#"{"format":"farebox-archived/2"}"#).unwrap().is_err());
        assert_eq!(Archived::read(r#"{"format":"farebox-bill/1"}"#), None);
        assert_eq!(Archived::read(""), None);
    }
}
