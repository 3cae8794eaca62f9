//! Conditions on facts that are names: one of these, or none of those.

use farebox_document::Problems;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::borrow::Cow;

/// The most names in a condition.
const MAX_NAMES: usize = 200;

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

    /// The names on the card, whichever way they count.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (Self::In(names) | Self::NotIn(names)) = self;
        names.iter().map(String::as_str)
    }

    /// Notes names that cannot be, when all that can be are `known`; and a choice that nothing meets.
    pub fn check(&self, known: Option<&[&str]>, pointer: &str, problems: &mut Problems) {
        if matches!(self, Self::In(names) if names.is_empty()) {
            problems.add(pointer, "empty", "an empty list is never met; name something or leave it out");
        }
        if self.names().count() > MAX_NAMES {
            let message = format!("a condition has at most {MAX_NAMES} names, not {}", self.names().count());
            problems.add(pointer, "name-count", message);
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
        use serde::de::Error;
        let names = |value: &Value| {
            let list = value.as_array()?;
            list.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        };
        let value = Value::deserialize(deserializer)?;
        let choice = match value.as_object() {
            Some(object) if object.len() == 1 => object.get("not").and_then(names).map(Self::NotIn),
            Some(_) => None,
            None => names(&value).map(Self::In),
        };
        choice.ok_or_else(|| D::Error::custom("give a list of names, or {\"not\": [names]}"))
    }
}

impl JsonSchema for Choice {
    fn schema_name() -> Cow<'static, str> {
        "Choice".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = serde_json::json!({ "type": "array", "items": { "type": "string" } });
        json_schema!({
            "description": "Any of these names; or, with \"not\", any but these.",
            "anyOf": [
                names,
                { "type": "object", "properties": { "not": names }, "required": ["not"], "additionalProperties": false },
            ],
        })
    }
}
