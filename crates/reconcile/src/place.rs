//! Where something stands in what was read.

use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// A line of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// What the input is called in front of people.
    #[serde(serialize_with = "text")]
    pub file: Arc<str>,
    /// Which line of it, counted from 1. Of a row with line ends in its fields: the first.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

fn text<S: Serializer>(file: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(file)
}
