//! How an item of a card is written down.

use crate::figure::Figure;
use crate::growth::GrowthDocument;
use crate::kind::Splits;
use crate::kinds::KINDS;
use crate::limits;
use crate::rounding::RoundingDocument;
use crate::when::WhenDocument;
use farebox_document::AtMost;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Value, json};

/// One fee.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Item")]
pub struct ItemDocument {
    /// The fee code on the lines of the bill: 1 to 32 letters, digits, - and _; unique on the card.
    pub code: String,
    /// How the fee is charged.
    pub kind: String,
    /// Whether one of the branches has to apply at every time, to every completed ride: `true` refuses a hole, `false`
    /// says that holes are meant. Left out, a hole between several branches is a warning.
    pub required: Option<bool>,
    /// Whether a ride whose distance and duration are guessed from its two ends is charged this fee. Left out, it is; in a
    /// city that asks for what is measured only, fees on distance and time are, and others are not.
    pub when_mocked: Option<bool>,
    /// For fees on distance and time: whether the branch that applies at the start is good for the whole ride, as when
    /// this is left out, or each part of the ride is charged under the branch that applies when it is ridden.
    pub windows: Option<Windows>,
    /// Unless as the card says.
    pub rounding: Option<RoundingDocument>,
    /// The least the item comes to, when it applies.
    pub floor: Option<Figure>,
    /// The most the item comes to.
    pub cap: Option<Figure>,
    /// How far the item may grow from quote to bill.
    pub growth: Option<GrowthDocument>,
    /// Codes of items that are not charged when this one applies.
    #[serde(default)]
    pub replaces: AtMost<String, { limits::CODES }>,
    /// Under which conditions, with which figures. No two may apply to one ride at one time.
    pub branches: AtMost<Value, { limits::BRANCHES }>,
}

/// When the branch of a fee is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Windows {
    /// Once, by when the ride begins.
    Start,
    /// For each part of the ride, by when it is ridden: measured by segments, otherwise spread evenly over the ride.
    Split,
}

/// The schema of the items of a card: each is of one of the kinds, with the figures of that kind.
pub fn items_schema(generator: &mut SchemaGenerator) -> Schema {
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
                if let Some(branches) = properties.get_mut("branches").and_then(Value::as_object_mut) {
                    branches.insert("minItems".to_owned(), json!(1));
                    branches.insert("items".to_owned(), json!(branch));
                }
                if kind.splits != Splits::Optional {
                    properties.remove("windows");
                }
            }
            item
        })
        .collect();
    json_schema!({ "type": "array", "minItems": 1, "maxItems": limits::ITEMS, "items": { "oneOf": kinds } })
}

fn properties(schema: &mut Schema) -> Option<&mut serde_json::Map<String, Value>> {
    let object = schema.ensure_object();
    object.entry("properties").or_insert_with(|| json!({})).as_object_mut()
}
