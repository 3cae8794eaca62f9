//! Reading parts of a document from JSON, with errors a person can act on.

use crate::Problems;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};
use serde_path_to_error::Segment;
use std::borrow::Cow;

/// Reads one part of a document. Every field of it that is wrong is noted under `pointer`, where the part is; reading can
/// then go on with the next part.
pub fn read_part<T: DeserializeOwned>(value: &Value, pointer: &str, problems: &mut Problems) -> Option<T> {
    let before = problems.len();
    let mut value = Cow::Borrowed(value);
    loop {
        let error = match serde_path_to_error::deserialize(Plain(&value)) {
            Ok(part) if problems.len() == before => return Some(part),
            // What could not be read was left out.
            Ok(_) => return None,
            Err(error) => error,
        };
        let mut place = pointer.to_owned();
        let mut field = None;
        for segment in error.path() {
            let name = match segment {
                Segment::Map { key } => pointer_segment(key),
                Segment::Seq { index } => index.to_string(),
                _ => continue,
            };
            field = field.or(match segment {
                Segment::Map { key } => Some(key.clone()),
                _ => None,
            });
            place = format!("{place}/{name}");
        }
        // Without the field, what else is wrong comes to light; but not that it is missing.
        let removed = field.and_then(|field| value.to_mut().as_object_mut()?.remove(&field));
        let message = error.into_inner().to_string();
        if removed.is_some() || problems.len() == before {
            problems.add(place, "invalid-value", message);
        }
        removed?;
    }
}

/// A key as a segment of a JSON Pointer (RFC 6901).
pub fn pointer_segment(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A value that is read as what it is. Left to itself, serde takes a list for an object, field by field, and `{"a": null}`
/// for the word "a"; a document would mean something that its schema refuses.
struct Plain<'v>(&'v Value);

impl<'de> Deserializer<'de> for Plain<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(Plain));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Object(fields) => {
                let mut fields = MapDeserializer::new(fields.iter().map(|(key, value)| (key.as_str(), Plain(value))));
                let value = visitor.visit_map(&mut fields)?;
                fields.end()?;
                Ok(value)
            }
            simple => simple.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_object() { self.deserialize_any(visitor) } else { Err(Error::custom("has to be an object")) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(fields) if fields.len() != 1 || fields.values().any(Value::is_null) => {
                Err(Error::custom(format!("has to be one of {}", variants.join(", "))))
            }
            _ => self.0.deserialize_enum(name, variants, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Plain<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "lowercase")]
    #[expect(dead_code, reason = "read and thrown away")]
    struct Part {
        name: String,
        choice: Choice,
        list: Option<Vec<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[expect(dead_code, reason = "read and thrown away")]
    enum Choice {
        Word,
        With(u8),
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read and thrown away")]
    struct Inner {
        number: u8,
    }

    fn check(value: Value, expected: &[&str]) {
        let mut problems = Problems::default();
        let part = read_part::<Part>(&value, "/at", &mut problems);
        let found: Vec<_> =
            problems.into_vec().iter().map(|problem| format!("{} {}", problem.pointer, problem.message)).collect();
        assert_eq!(found.len(), expected.len(), "{value}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{value}: {found}");
        }
        assert_eq!(part.is_some(), expected.is_empty(), "{value}");
    }

    /// Every wrong field is told, once.
    #[test]
    fn all_fields_are_told() {
        check(json!({"name": "a", "choice": "word"}), &[]);
        check(json!({"name": "a", "choice": {"with": 1}, "list": [{"number": 1}]}), &[]);
        check(
            json!({"name": 1, "choice": "other", "list": [{"number": 1}, {"number": "x"}], "more": 1}),
            &[
                "/at/choice unknown variant",
                "/at/list/1/number invalid type",
                "/at/more unknown field",
                "/at/name invalid type",
            ],
        );
        check(json!({"name": "a"}), &["/at missing field `choice`"]);
    }

    /// Nothing is taken for something else.
    #[test]
    fn nothing_is_read_by_position() {
        check(json!(["a", "word"]), &["/at has to be an object"]);
        check(json!({"name": "a", "choice": "word", "list": [[1]]}), &["/at/list/0 has to be an object"]);
        check(json!({"name": "a", "choice": {"word": null}}), &["/at/choice has to be one of word, with"]);
        check(json!({"name": "a", "choice": {"word": null, "with": 1}}), &["/at/choice has to be one of word, with"]);
    }
}
