//! Types that are text in a document. What is wrong with the text is found while it is visited, so that the reader knows
//! where it stands.

use crate::{BadValue, number_as_text, say};
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;

/// Reads text with `read`.
///
/// # Errors
///
/// That it is not text, or what `read` says.
pub fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl Fn(&str) -> Result<T, BadValue>,
) -> Result<T, D::Error> {
    let mut value = None;
    let mut keep = |text: &str| read(text).map(|read| value = Some(read));
    deserializer.deserialize_str(Text { read: &mut keep, right: "text" })?;
    value.ok_or_else(|| D::Error::custom("was not read"))
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
    read: impl Fn(&str) -> Result<T, BadValue>,
) -> Result<T, D::Error> {
    let mut value = None;
    let mut keep = |text: &str| read(text).map(|read| value = Some(read));
    deserializer.deserialize_any(Text { read: &mut keep, right })?;
    value.ok_or_else(|| D::Error::custom("was not read"))
}

/// One visitor for all types, so that it is compiled once and not for each of them.
struct Text<'r> {
    read: &'r mut dyn FnMut(&str) -> Result<(), BadValue>,
    right: &'static str,
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.right)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        (self.read)(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        Err(number_as_text(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        Err(number_as_text(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        Err(number_as_text(say::number(number)))
    }
}
