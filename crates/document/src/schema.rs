//! What documents look like, as JSON Schema: limits come from where reading takes them.

use crate::{AtMost, Given, List, Table, Whole};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<const LEAST: u64, const MOST: u64> JsonSchema for Whole<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Whole_{LEAST}_to_{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

impl<T: JsonSchema, const LEAST: usize, const MOST: usize> JsonSchema for List<T, LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List_of_{LEAST}_to_{MOST}_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": items, "minItems": LEAST, "maxItems": MOST })
    }
}

impl<T: JsonSchema, const MOST: usize> JsonSchema for AtMost<T, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List_of_at_most_{MOST}_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": items, "maxItems": MOST })
    }
}

impl<K: JsonSchema, V: JsonSchema, const MOST: usize> JsonSchema for Table<K, V, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Table_of_{MOST}_{}_by_{}", V::schema_name(), K::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (names, values) = (generator.subschema_for::<K>(), generator.subschema_for::<V>());
        json_schema!({
            "type": "object",
            "propertyNames": names,
            "additionalProperties": values,
            "maxProperties": MOST,
        })
    }
}

/// The JSON Schema (draft 2020-12) of a document that says its format, as it is published: under a name with a version, such as "city-1".
pub fn document_schema<T: JsonSchema>(name: &str, format: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), json!(format!("https://farebox.dev/schemas/{name}.json")));
    let mut schema = schema.to_value();
    if let Some(said) = schema.pointer_mut("/properties/format") {
        *said = json!({ "description": "What this document is.", "const": format });
    }
    schema
}

/// The lists and tables that the schema at `pointer` of a document allows to be of any length, wherever in it, by pointer. There
/// should be none: what has no limit takes as long to look at as somebody else likes.
pub fn without_limit(document: &Value, pointer: &str) -> Vec<String> {
    let mut walk = Walk { document, seen: BTreeSet::new(), found: Vec::new() };
    walk.schema(pointer.to_owned());
    walk.found
}

struct Walk<'d> {
    document: &'d Value,
    seen: BTreeSet<String>,
    found: Vec<String>,
}

impl Walk<'_> {
    fn schema(&mut self, pointer: String) {
        let Some(Value::Object(schema)) = self.document.pointer(&pointer) else { return };
        if !self.seen.insert(pointer.clone()) {
            return;
        }
        let is = |right: &str| match schema.get("type") {
            Some(Value::String(of)) => of == right,
            Some(Value::Array(types)) => types.iter().any(|of| of == right),
            _ => false,
        };
        let has_known_fields = schema.get("additionalProperties") == Some(&Value::Bool(false));
        let endless_list = is("array") && !schema.contains_key("maxItems");
        let endless_table = is("object") && !has_known_fields && !schema.contains_key("maxProperties");
        if endless_list || endless_table {
            self.found.push(pointer.clone());
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#')) {
            self.schema(reference.to_owned());
        }
        for (keyword, value) in schema {
            let inside = format!("{pointer}/{keyword}");
            match (&**keyword, value) {
                ("items" | "additionalProperties" | "propertyNames" | "not" | "if" | "then" | "else", _) => {
                    self.schema(inside);
                }
                ("properties" | "patternProperties", Value::Object(fields)) => {
                    for name in fields.keys() {
                        self.schema(format!("{inside}/{}", name.replace('~', "~0").replace('/', "~1")));
                    }
                }
                ("oneOf" | "anyOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                    (0..schemas.len()).for_each(|index| self.schema(format!("{inside}/{index}")));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever has no limit is found, and nothing else.
    #[test]
    fn what_has_no_limit_is_found() {
        let list = json!({ "type": "array", "items": { "type": "string" } });
        let document = json!({
            "$defs": {
                "Short": { "type": ["array", "null"], "maxItems": 3, "items": list },
                "Again": { "type": "object", "additionalProperties": false, "properties": { "again": { "$ref": "#/$defs/Again" } } },
                "Unused": list,
            },
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "short": { "$ref": "#/$defs/Short" },
                "again": { "$ref": "#/$defs/Again" },
                "type": list,
                "items": { "type": "string" },
                "any": { "type": "object" },
                "table": { "type": "object", "additionalProperties": list },
                "small": { "type": "object", "maxProperties": 5, "additionalProperties": { "anyOf": [{ "type": "null" }, list] } },
            },
        });
        assert_eq!(
            without_limit(&document, ""),
            [
                "/properties/any",
                "/$defs/Short/items",
                "/properties/small/additionalProperties/anyOf/1",
                "/properties/table",
                "/properties/table/additionalProperties",
                "/properties/type",
            ]
        );
    }
}
