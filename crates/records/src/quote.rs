//! Quotes: what it takes to price an estimate again.

use crate::read;
use farebox_document::words;
use farebox_fare::Facts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// In which format a quote is written.
    #[derive(Default)]
    pub enum QuoteFormat {
        /// This release's.
        #[default]
        One = "farebox-quote/1",
    }
}

/// What the store keeps of an estimate: what it takes to price it again, for the detail page and for the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// The format of the record.
    pub format: QuoteFormat,
    /// What was priced.
    pub facts: Facts,
    /// The cards of each product.
    pub cards: BTreeMap<String, CardVersions>,
}

/// The versions of the cards of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardVersions {
    /// The passenger's.
    pub passenger: String,
    /// The driver's. Absent when it could not be used when the quote was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
}

impl Quote {
    /// Reads a record whole: what this release does not know may be what the price depends on.
    ///
    /// # Errors
    ///
    /// What is wrong first, and where.
    pub fn read(document: &str) -> Result<Self, String> {
        read::strictly(document)
    }
}
