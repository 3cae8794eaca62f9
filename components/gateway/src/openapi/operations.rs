//! How a route is put down: what it takes, and what it is answered with.

use super::answers::{self, OF_EVERY_BODY, OF_EVERY_ROUTE};
use crate::keeping::Keeping;
use farebox_access::Need;
use farebox_web::body::BODY_BYTES;
use serde_json::{Map, Value, json};

/// One operation, as it is written.
pub(super) struct Operation(Value);

impl Operation {
    /// One that is called `id` in programs.
    pub(super) fn new(id: &str, tag: &str, summary: &str) -> Self {
        let operation = json!({"operationId": id, "tags": [tag], "summary": summary, "responses": {}});
        Self(operation).takes(&["traceparent"]).refuses(&OF_EVERY_ROUTE)
    }

    /// What a caller needs. Nobody needs a key where signatures are off, on the machine itself.
    pub(super) fn needs(mut self, need: Need) -> Self {
        let (scopes, said) = match need {
            Need::Nothing => {
                self.0["security"] = json!([]);
                return self;
            }
            Need::AnyKey => (json!([]), "Needs a key, whatever it is for.".to_owned()),
            Need::Scope(scope) => {
                let word = scope.word();
                (json!([word]), format!("Needs a key for `{word}`."))
            }
        };
        self.0["security"] = json!([{"signature": scopes}, {}]);
        let about = self.0["description"].as_str().map(|about| format!("{about} {said}"));
        self.0["description"] = about.unwrap_or(said).into();
        self.may_be_limited().refuses(&[401, 403, 429])
    }

    /// Whoever needs a key may be let only so often, and is told how often that is.
    fn may_be_limited(mut self) -> Self {
        let own = self.0["responses"].as_object_mut().into_iter().flat_map(Map::values_mut);
        for headers in own.filter_map(|answer| answer.get_mut("headers")) {
            for (name, header) in answers::limited() {
                headers[name] = header;
            }
        }
        self
    }

    /// What else there is to say of it.
    pub(super) fn about(mut self, description: &str) -> Self {
        self.0["description"] = description.into();
        self
    }

    /// Parameters of the document, by name.
    pub(super) fn takes(mut self, parameters: &[&str]) -> Self {
        let mut all: Vec<Value> =
            parameters.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")})).collect();
        all.extend(self.0["parameters"].as_array().cloned().unwrap_or_default());
        self.0["parameters"] = all.into();
        self
    }

    /// A body has to be sent.
    pub(super) fn reads(mut self, schema: &Value) -> Self {
        let description = format!("At most {BODY_BYTES} bytes.");
        let content = json!({"application/json": {"schema": schema}});
        self.0["requestBody"] = json!({"required": true, "description": description, "content": content});
        self.refuses(&[415, 422])
    }

    /// The body is waited for, though none may be needed.
    pub(super) fn waits_for_body(self) -> Self {
        self.refuses(&OF_EVERY_BODY)
    }

    /// Statuses that it can be refused with besides.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            let reference = format!("#/components/responses/{}", answers::name(*status));
            self.0["responses"][status.to_string()] = json!({"$ref": reference});
        }
        self
    }

    /// What it is answered with when it is carried out.
    pub(super) fn answers(mut self, status: u16, description: &str, schema: &Value) -> Self {
        self.0["responses"][status.to_string()] = json!({
            "description": description,
            "headers": answers::traced(),
            "content": {"application/json": {"schema": schema}},
        });
        self
    }

    /// What it is answered with may be kept, and asked for again only when it is another.
    pub(super) fn may_be_kept(self, keeping: Keeping) -> Self {
        let mut this = self.takes(&["if-none-match"]);
        this.0["responses"]["200"]["headers"] = answers::kept(keeping);
        this.0["responses"]["304"] = answers::not_modified(keeping);
        this
    }

    /// An answer under a status that refusals have as well.
    pub(super) fn answers_or_refuses(mut self, status: u16, description: &str, schema: &Value) -> Self {
        let mut answer = answers::refusal(status);
        answer["description"] =
            format!("{description} Or {}", answer["description"].as_str().unwrap_or_default()).into();
        answer["content"]["application/json"] = json!({"schema": schema});
        // Refusals have it.
        answer["headers"]["retry-after"]["required"] = false.into();
        self.0["responses"][status.to_string()] = answer;
        self
    }

    /// With what of its answer another operation can be asked.
    pub(super) fn leads_to(mut self, statuses: &[u16], operation: &str, parameters: &Value) -> Self {
        for status in statuses {
            let link = json!({"operationId": operation, "parameters": parameters});
            self.0["responses"][status.to_string()]["links"][operation] = link;
        }
        self
    }

    pub(super) fn write(self) -> Value {
        self.0
    }
}
