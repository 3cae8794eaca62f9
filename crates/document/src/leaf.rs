//! Types that are text in a document. What is wrong with the text is found while it is visited, so that the reader knows
//! where it stands.

use crate::{Refusal, number_as_text};
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// Reads text with `read`.
///
/// # Errors
///
/// That it is not text, or what `read` says.
pub fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(Text { read, right: "text" })
}

/// Reads text that holds a number with `read`. JSON numbers are refused, since many programs read them as doubles. `right`
/// says what belongs there: "an amount as text, such as "12.50"".
///
/// # Errors
///
/// That it is not text, or what `read` says.
pub fn number_in_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    right: &'static str,
    read: impl FnOnce(&str) -> Result<T, Refusal>,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Text { read, right })
}

struct Text<R> {
    read: R,
    right: &'static str,
}

impl<T, R: FnOnce(&str) -> Result<T, Refusal>> Visitor<'_> for Text<R> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.right)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Err(number_as_text(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Err(number_as_text(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        Err(number_as_text(format_args!("{number:?}")))
    }
}
