//! The schemas that the document refers to.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The schemas, as they are asked for.
pub(super) struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self { requests: settings.clone().into_generator(), answers: settings.for_serialize().into_generator() }
    }

    pub(super) fn request<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    pub(super) fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// All of them, by name. What a request and an answer have in common has to be the same.
    pub(super) fn finish(mut self) -> Map<String, Value> {
        let mut schemas = self.requests.take_definitions(true);
        schemas.values_mut().for_each(absent_may_be_null);
        for (name, mut schema) in self.answers.take_definitions(true) {
            close(&mut schema);
            if let Some(other) = schemas.get(&name) {
                assert_eq!(*other, schema, "{name}");
            }
            schemas.insert(name, schema);
        }
        schemas.values_mut().for_each(flow);
        schemas
    }
}

/// Where comments break their lines is not for readers of the document.
fn flow(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(description)) = fields.get_mut("description") {
                *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            fields.values_mut().for_each(flow);
        }
        Value::Array(items) => items.iter_mut().for_each(flow),
        _ => {}
    }
}

/// In a request, what may be left out may be null, which is the same.
fn absent_may_be_null(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let required = fields.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            if let Some(Value::Object(properties)) = fields.get_mut("properties") {
                let optional = properties.iter_mut().filter(|(name, _)| !required.iter().any(|other| other == *name));
                optional.for_each(|(_, property)| allow_null(property));
            }
            if let Some(entry @ Value::Object(_)) = fields.get_mut("additionalProperties") {
                allow_null(entry);
            }
            fields.values_mut().for_each(absent_may_be_null);
        }
        Value::Array(items) => items.iter_mut().for_each(absent_may_be_null),
        _ => {}
    }
}

fn allow_null(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    if let Some(reference) = fields.remove("$ref") {
        fields.insert("anyOf".into(), json!([{"$ref": reference}, {"type": "null"}]));
    } else if let Some(words) = fields.remove("enum") {
        // Of null among the words, generators of clients make several enumerations.
        fields.remove("type");
        fields.insert("anyOf".into(), json!([{"type": "string", "enum": words}, {"type": "null"}]));
    } else if let Some(of @ Value::String(_)) = fields.get_mut("type") {
        *of = json!([of.take(), "null"]);
    }
}

/// An answer has the fields that are described; and what is absent in one is left out, so that nothing is ever null.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            // What is a schema is that of a map's values.
            if fields.get("properties").is_some_and(Value::is_object) && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".into(), false.into());
            }
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert("type".into(), only);
                }
            }
            // "uint64" and the like say how wide a number is in memory.
            if fields.get("type").is_some_and(|name| name == "integer") {
                fields.remove("format");
            }
            if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
                choices.retain(|choice| choice["type"] != "null");
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    fields.remove("anyOf");
                    fields.extend(only);
                }
            }
            if let Some(Value::Array(words)) = fields.get_mut("enum") {
                words.retain(|word| !word.is_null());
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

pub(super) fn described(description: &str, mut schema: Value) -> Value {
    schema["description"] = description.into();
    schema
}
