//! How amounts are rounded: the mode, and to a multiple of what.

use crate::figure::Figure;
use farebox_document::Problems;
use farebox_money::{Currency, MinorUnits, Rounding};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A mode, and the amount of which every result is a multiple, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounded {
    pub mode: Rounding,
    pub step: MinorUnits,
}

impl Rounded {
    pub fn to_minor(mode: Rounding) -> Self {
        Self { mode, step: 1 }
    }

    /// Reads a rule; what is wrong is noted under `pointer`.
    pub fn read(document: RoundingDocument, currency: Currency, pointer: &str, problems: &mut Problems) -> Self {
        let RoundingDocument { mode, to } = document;
        let Some(to) = to else { return Self::to_minor(mode) };
        let step = currency.parse(&to.0.to_string()).ok().filter(|step| *step > 0);
        let step = step.unwrap_or_else(|| {
            let least = currency.format(1);
            let message = format!("{} is not an amount to round to in {currency}; use a multiple of {least}", to.0);
            problems.add(format!("{pointer}/to"), "invalid-step", message);
            1
        });
        Self { mode, step }
    }
}

/// `"half-up"`, or `{"mode": "half-up", "to": "0.50"}`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundingDocument {
    mode: Rounding,
    to: Option<Figure>,
}

impl<'de> Deserialize<'de> for RoundingDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Full {
            #[serde(default)]
            mode: Rounding,
            to: Figure,
        }

        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = RoundingDocument;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"half-up\", or {\"mode\": \"half-up\", \"to\": \"0.50\"}")
            }

            fn visit_str<E: Error>(self, mode: &str) -> Result<RoundingDocument, E> {
                Rounding::deserialize(mode.into_deserializer()).map(|mode| RoundingDocument { mode, to: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<RoundingDocument, A::Error> {
                let full = Full::deserialize(MapAccessDeserializer::new(fields))?;
                Ok(RoundingDocument { mode: full.mode, to: Some(full.to) })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for RoundingDocument {
    fn schema_name() -> Cow<'static, str> {
        "Rounding".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mode = mode_schema(generator);
        json_schema!({
            "description": "A mode; and, unless it is the minor unit, the amount to a multiple of which is rounded.",
            "anyOf": [
                mode,
                {
                    "type": "object",
                    "properties": { "mode": mode, "to": generator.subschema_for::<Figure>() },
                    "required": ["to"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

pub fn mode_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": [Rounding::HalfUp, Rounding::HalfEven, Rounding::Down, Rounding::Up] })
}
