//! Taking out of a record who rode.

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The field that names the passenger, in whatever format a bill is.
const PASSENGER: &str = "passenger_id";

/// The record of a bill without the passenger's identifier. All else stays, to the byte, and what a later release has written as well, so
/// that no sum, no line and no version is another. `None` when the identifier is not in it.
///
/// # Errors
///
/// Why the text is no record.
pub fn without_passenger(document: &str) -> Result<Option<String>, serde_json::Error> {
    let Fields(fields) = serde_json::from_str(document)?;
    if !fields.iter().any(|(name, _)| name == PASSENGER) {
        return Ok(None);
    }
    let mut text = String::with_capacity(document.len());
    for (name, value) in fields.into_iter().filter(|(name, _)| name != PASSENGER) {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&serde_json::to_string(&name)?);
        text.push(':');
        text.push_str(value.get());
    }
    if text.is_empty() {
        text.push('{');
    }
    text.push('}');
    Ok(Some(text))
}

/// Whether a record is another one with who rode taken out of it.
pub fn is_without_passenger(record: &str, other: &str) -> bool {
    without_passenger(other).is_ok_and(|without| without.as_deref() == Some(record))
}

/// The fields of an object, in their order, each as it is written.
struct Fields<'d>(Vec<(String, &'d RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<(String, &RawValue)> = Vec::new();
                while let Some(field) = map.next_entry::<String, &RawValue>()? {
                    if fields.iter().any(|(name, _)| *name == field.0) {
                        return Err(A::Error::custom(format!("{} occurs twice", field.0)));
                    }
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A record is taken for what erasing leaves of another one only if it is that, to the byte.
    #[test]
    fn what_erasing_leaves() {
        let record = r#"{"passenger_id":"p-1","a":1.10}"#;
        for (other, expected) in
            [(r#"{"a":1.10}"#, true), (r#"{"a":1.1}"#, false), (record, false), ("{}", false), ("", false)]
        {
            assert_eq!(is_without_passenger(other, record), expected, "{other}");
        }
        assert!(!is_without_passenger(record, r#"{"a":1.10}"#) && !is_without_passenger("", ""));
    }

    /// Nothing else is touched: neither the order of fields, nor how numbers and texts are written, nor what only looks like it.
    #[test]
    fn nothing_else_is_touched() {
        for (document, expected) in [
            (r#"{"passenger_id":"p-1"}"#, Some("{}")),
            (r#"{"passenger_id":"p-1","a":1.10}"#, Some(r#"{"a":1.10}"#)),
            (r#"{"z":1e3,"passenger_id":"p-1","a":"\u00e9\/"}"#, Some(r#"{"z":1e3,"a":"\u00e9\/"}"#)),
            (
                r#"{"z":{"passenger_id":"p-1"}, "passenger_id" : null , "a\n":[1, 2]}"#,
                Some(r#"{"z":{"passenger_id":"p-1"},"a\n":[1, 2]}"#),
            ),
            (r#"{"passenger":{"passenger_id":"p-1"},"driver_id":"d"}"#, None),
            ("{}", None),
        ] {
            assert_eq!(without_passenger(document).unwrap().as_deref(), expected, "{document}");
        }
        for document in ["", "[]", "7", r#"{"a":1,"a":2}"#, r#"{"passenger_id":"p""#] {
            assert!(without_passenger(document).is_err(), "{document}");
        }
    }
}
