//! The published JSON Schema of rate cards, made from the types that read them.

use crate::card::FORMAT;
use crate::document::{CardDocument, ItemDocument};
use crate::kinds::{KINDS, Splits};
use crate::when::WhenDocument;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// The JSON Schema (draft 2020-12) of a rate card.
///
/// A card that does not fit it is refused by [`RateCard::parse`](crate::RateCard::parse). The reverse is not true: no
/// schema can say that branches do not overlap.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<CardDocument>();
    schema.insert("$id".to_owned(), json!("https://farebox.dev/schemas/rate-card-1.json"));
    let mut schema = schema.to_value();
    if let Some(format) = schema.pointer_mut("/properties/format") {
        *format = json!({ "description": "What this document is.", "const": FORMAT });
    }
    schema
}

/// One of the kinds of item, each with its own figures.
pub fn items(generator: &mut SchemaGenerator) -> Schema {
    let kinds: Vec<Schema> = KINDS
        .iter()
        .map(|kind| {
            let mut item = ItemDocument::json_schema(generator);
            let mut branch = (kind.schema)(generator);
            let description = branch.remove("description");
            if let Some(properties) = properties(&mut branch) {
                properties.insert("when".to_owned(), generator.subschema_for::<WhenDocument>().to_value());
            }
            item.insert("title".to_owned(), json!(kind.name));
            if let Some(description) = description {
                item.insert("description".to_owned(), description);
            }
            if let Some(properties) = properties(&mut item) {
                properties.insert("kind".to_owned(), json!({ "const": kind.name }));
                properties.insert(
                    "branches".to_owned(),
                    json!({
                        "description": "Under which conditions, with which figures. No two may apply to one ride at one time.",
                        "type": "array", "minItems": 1, "items": branch,
                    }),
                );
                if kind.splits != Splits::Optional {
                    properties.remove("windows");
                }
            }
            item
        })
        .collect();
    json_schema!({ "type": "array", "minItems": 1, "items": { "oneOf": kinds } })
}

/// The schema of a rounding mode.
pub fn rounding_mode(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": ["half-up", "half-even", "down", "up"] })
}

fn properties(schema: &mut Schema) -> Option<&mut serde_json::Map<String, Value>> {
    let object = schema.ensure_object();
    object.entry("properties").or_insert_with(|| json!({})).as_object_mut()
}
