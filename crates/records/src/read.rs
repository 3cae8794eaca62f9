//! Reading records.

use farebox_document::{Problems, read_json, read_part};
use serde::de::DeserializeOwned;

/// Why a record cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is not as this release writes it. Says where.
    Unreadable(String),
    /// It contradicts itself. Says how.
    Contradiction(String),
}

/// Reads a record that has nothing but what is known.
///
/// # Errors
///
/// What is wrong first, and where.
pub(crate) fn strictly<T: DeserializeOwned>(document: &str) -> Result<T, String> {
    serde_json::from_str(document).map_err(|error| {
        // Read again, and slowly, for the sake of a message that says what would be right.
        let mut problems = Problems::default();
        let value = read_json(document, "", &mut problems);
        value.and_then(|value| read_part::<T>(&value, "", &mut problems));
        problems.iter().next().map_or_else(|| error.to_string(), ToString::to_string)
    })
}
