//! Conditions on facts that are names: one of these, or none of those.

use crate::limits;
use farebox_document::{AtMost, Problems};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The names of a condition.
type Names = AtMost<String, { limits::NAMES }>;

/// Which names will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Any of these: `["gold", "platinum"]`.
    In(Vec<String>),
    /// Any but these: `{"not": ["round-trip"]}`.
    NotIn(Vec<String>),
}

impl Choice {
    /// Whether a name will do.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::In(names) => names.iter().any(|one| one == name),
            Self::NotIn(names) => names.iter().all(|one| one != name),
        }
    }

    /// The names that are given, whichever way they count.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (Self::In(names) | Self::NotIn(names)) = self;
        names.iter().map(String::as_str)
    }

    /// Notes names that cannot be, when all that can be are `known`; and a choice that nothing meets.
    pub(crate) fn check(&self, known: Option<&[&str]>, pointer: &str, problems: &mut Problems) {
        if matches!(self, Self::In(names) if names.is_empty()) {
            problems.add(pointer, "empty", "an empty list is never met; name something or leave it out");
        }
        let place = if matches!(self, Self::In(_)) { pointer.to_owned() } else { format!("{pointer}/not") };
        for (index, _) in self.names().enumerate().filter(|(_, name)| name.is_empty()) {
            let message = "a name is never empty; \"none\" is a fact that is not known";
            problems.add(format!("{place}/{index}"), "empty-name", message);
        }
        let Some(known) = known else { return };
        for (index, name) in self.names().enumerate() {
            if !name.is_empty() && !known.contains(&name) {
                let message = format!("\"{name}\" is not known here; known are {}", known.join(", "));
                problems.add(format!("{place}/{index}"), "unknown-name", message);
            }
        }
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Not {
            not: Names,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Choice;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names, or {\"not\": [names]}")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<Choice, A::Error> {
                Names::deserialize(SeqAccessDeserializer::new(names)).map(|names| Choice::In(names.0))
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Choice, A::Error> {
                Not::deserialize(MapAccessDeserializer::new(fields)).map(|Not { not }| Choice::NotIn(not.0))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Choice {
    fn schema_name() -> Cow<'static, str> {
        "Choice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names = Names::json_schema(generator);
        json_schema!({
            "description": "Any of these names; or, with \"not\", any but these.",
            "anyOf": [
                names,
                { "type": "object", "properties": { "not": names }, "required": ["not"], "additionalProperties": false },
            ],
        })
    }
}
