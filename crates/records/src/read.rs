//! Reading records.

use farebox_document::read_text;
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
        let problems = read_text::<T>(document).err().unwrap_or_default();
        problems.first().map_or_else(|| error.to_string(), ToString::to_string)
    })
}
