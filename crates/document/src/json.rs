//! Reading JSON text, and refusing what two readers could understand differently.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Value};
use std::fmt;

/// Reads one JSON document. A key that occurs twice in an object is refused, since JSON does not say which one counts.
///
/// # Errors
///
/// What is wrong, with line and column. Depth is limited to 128.
pub fn parse_json(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(text).map(|Strict(value)| value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            match object.entry(key) {
                Entry::Vacant(place) => {
                    let Strict(value) = entries.next_value()?;
                    place.insert(value);
                }
                Entry::Occupied(there) => {
                    let start: String = there.key().chars().take(64).collect();
                    return Err(A::Error::custom(format_args!("the key {start:?} occurs twice in one object")));
                }
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(text: &str, expected: &str) {
        let error = parse_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }

    /// Whatever is not one unambiguous JSON document is refused, and the reader is told where.
    #[test]
    fn refusals() {
        check("{", "line 1 column 1");
        check("{}{}", "trailing characters");
        check("{\"a\":1,\n\"a\":2}", "\"a\" occurs twice in one object at line 2");
        check("{\"x\":[{\"a\":1,\"\\u0061\":2}]}", "\"a\" occurs twice");
        check("[1e999]", "number out of range");
        check("NaN", "expected");
        check(&"[".repeat(1_000_000), "recursion limit");
        assert!(parse_json(b"\"\xff\"").is_err());
    }

    /// Everything else reads as serde_json reads it.
    #[test]
    fn agrees_with_serde_json() {
        for text in ["null", "true", "-1", "18446744073709551615", "1.5", "\"\\n\"", r#"{"a":[{},[],{"b":null}]}"#] {
            assert_eq!(parse_json(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
    }
}
