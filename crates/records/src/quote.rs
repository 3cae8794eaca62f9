//! Quotes: what it takes to price an estimate again.

use farebox_fare::Facts;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the store keeps of an estimate: what it takes to price it again, for the detail page and for the bill.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote<'a> {
    /// What was priced.
    pub facts: Facts,
    /// The cards of each product.
    pub cards: BTreeMap<Cow<'a, str>, CardVersions<'a>>,
}

/// The versions of the cards of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardVersions<'a> {
    /// The passenger's.
    pub passenger: Cow<'a, str>,
    /// The driver's. Absent when it could not be used when the quote was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Cow<'a, str>>,
}
