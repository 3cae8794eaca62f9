//! Conditions on facts that are quantities.

use farebox_document::Problems;
use schemars::JsonSchema;
use serde::Deserialize;

/// From the first number up to but not including the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The smallest quantity that will do.
    pub from: u64,
    /// The smallest above those that will do; the largest number there is for no limit.
    pub to: u64,
}

/// Whole numbers from `from` up to but not including `to`. Either may be left out.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Range")]
pub struct RangeDocument {
    #[serde(default)]
    from: u64,
    to: Option<u64>,
}

impl Range {
    /// Reads a range. `None` when nothing is in it, which is noted.
    pub fn read(document: RangeDocument, pointer: &str, problems: &mut Problems) -> Option<Self> {
        let range = Self { from: document.from, to: document.to.unwrap_or(u64::MAX) };
        if range.from >= range.to {
            let message =
                format!("nothing is from {} up to but not including {}; `to` has to be more", range.from, range.to);
            problems.add(pointer, "empty-range", message);
            return None;
        }
        Some(range)
    }

    /// Whether a quantity will do.
    pub fn has(self, quantity: u64) -> bool {
        (self.from..self.to).contains(&quantity)
    }
}
