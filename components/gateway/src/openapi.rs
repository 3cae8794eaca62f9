//! The description of the API: an OpenAPI 3.1 document.
//!
//! It is made from the types that requests are read into and answers are written from, and committed as docs/openapi.json,
//! which is what is served. A test holds the two together; `UPDATE_GOLDEN=1 cargo test -p farebox-gateway` writes the file anew.

/// The document, as it is served.
pub const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The JSON Schema of rate cards, as it is served. The pricing engine makes it, and holds the file to it.
pub const RATE_CARD_SCHEMA: &str = include_str!("../../../docs/rate-card.schema.json");

/// The JSON Schema of the documents of cities.
pub const CITY_SCHEMA: &str = include_str!("../../../docs/city.schema.json");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::DOCUMENT;
    use crate::refusals;
    use crate::routes::Route;
    use farebox_billing::answers::{
        BillPage, CitiesDocument, CommissionDocument, EstimateDocument, EstimatePage, ReadinessDocument,
        StatusDocument, TotalsDocument,
    };
    use farebox_billing::config::city::CityRules;
    use farebox_billing::limits;
    use farebox_billing::refusal::Refusal;
    use farebox_billing::requests::{BillRequest, CommissionRequest, EstimateRequest, SegmentsRequest, Tariffs};
    use farebox_billing::schema::{Name, Token};
    use farebox_document::{MOST_PROBLEMS, without_limit};
    use farebox_fare::schema::Version;
    use farebox_money::Currency;
    use farebox_records::BillRecord;
    use farebox_web::body::BODY_BYTES;
    use http::{Method, StatusCode};
    use schemars::generate::SchemaSettings;
    use schemars::{JsonSchema, SchemaGenerator};
    use serde::Serialize;
    use serde_json::ser::{PrettyFormatter, Serializer};
    use serde_json::{Map, Value, json};
    use std::collections::BTreeSet;

    /// What is served says what is enforced.
    #[test]
    fn document_is_current() {
        // The component carries the document, so a level of it is one space.
        let mut current = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut current, PrettyFormatter::with_indent(b" "));
        document().serialize(&mut serializer).unwrap();
        let mut current = String::from_utf8(current).unwrap();
        current.push('\n');
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json"), &current).unwrap();
            return;
        }
        assert!(current == DOCUMENT, "docs/openapi.json is out of date; run this test with UPDATE_GOLDEN=1");
    }

    /// Every `$ref` leads somewhere, and no schema is left over.
    #[test]
    fn references_resolve() {
        fn collect(value: &Value, references: &mut BTreeSet<String>) {
            match value {
                Value::Object(fields) => {
                    references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    fields.values().for_each(|value| collect(value, references));
                }
                Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
                _ => {}
            }
        }
        let document = document();
        let mut references = BTreeSet::new();
        collect(&document, &mut references);
        for reference in &references {
            assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
        }
        let components = document["components"].as_object().unwrap();
        for (kind, entries) in components {
            for name in entries.as_object().unwrap().keys() {
                assert!(references.contains(&format!("#/components/{kind}/{name}")), "{kind} {name} is never used");
            }
        }
    }

    /// Every list and table of a request has a limit, and so has every one of a city's document. A policy within a request is free
    /// here; the limits of its lists are those that commission reads it with.
    #[test]
    fn every_list_of_a_request_has_a_limit() {
        const POLICY: &str = "/components/schemas/CommissionRequest/properties/policy";
        let document = document();
        let mut bodies = 0;
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                let path = path.replace('/', "~1");
                let body = format!("/paths/{path}/{method}/requestBody/content/application~1json/schema");
                bodies += usize::from(document.pointer(&body).is_some());
                let mut endless = without_limit(&document, &body);
                endless.retain(|pointer| pointer != POLICY);
                assert_eq!(endless, [""; 0], "{method} {path}");
            }
        }
        assert_eq!(bodies, 4);
        assert_eq!(without_limit(&CityRules::schema(), ""), [""; 0]);
    }

    /// What is asked for by each route: a method, and a path of the document. A route that is not here does not compile.
    macro_rules! routes {
        ($($route:ident: $method:literal $path:literal,)*) => {
            const ROUTES: &[(&str, &str)] = &[$(($method, $path)),*];

            fn of(route: &Route) -> (&'static str, &'static str) {
                match route {
                    $(Route::$route { .. } => ($method, $path),)*
                }
            }
        };
    }

    routes! {
        CreateEstimate: "post" "/v1/estimates",
        EstimateDetail: "get" "/v1/estimates/{estimate_id}/details/{product}",
        AddSegments: "post" "/v1/trips/{trip_id}/segments",
        CreateBill: "post" "/v1/trips/{trip_id}/bill",
        Bill: "get" "/v1/trips/{trip_id}/bill",
        BillDetail: "get" "/v1/trips/{trip_id}/bill/detail",
        Commission: "post" "/v1/commission",
        Cities: "get" "/v1/cities",
        RateCard: "get" "/v1/cities/{city}/rate-cards/{version}",
        Health: "get" "/healthz",
        Ready: "get" "/readyz",
        Status: "get" "/statusz",
        OpenApi: "get" "/openapi.json",
        RateCardSchema: "get" "/rate-card.schema.json",
        CitySchema: "get" "/city.schema.json",
    }

    /// Every route is described, and whatever is described is a route.
    #[test]
    fn routes_and_paths_agree() {
        let document = document();
        let mut described = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let example = path.replace("{version}", &"0a".repeat(32)).replace(['{', '}'], "");
            for method in operations.as_object().unwrap().keys() {
                let route = Route::find(&Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), &example);
                assert_eq!(of(&route.unwrap()), (method.as_str(), path.as_str()));
                described.insert((method.clone(), path.clone()));
            }
        }
        let routes = ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
        assert_eq!(described, routes.collect());
    }

    /// A field is required by the document if, and only if, a body without it is refused for that.
    #[test]
    fn required_fields_are_required() {
        let document = document();
        let check = |schema: &str, method: &str, path: &str, problems: Vec<farebox_document::Problem>| {
            let missing = problems.iter().filter(|problem| problem.code == "missing");
            let missing: BTreeSet<&str> = missing.map(|problem| problem.pointer.trim_start_matches('/')).collect();
            let schema = &document["components"]["schemas"][schema];
            let required = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            assert_eq!(missing, required.collect(), "{method} {path}");
            assert_eq!(schema["additionalProperties"], false, "{method} {path}");
        };
        let nothing = json!({});
        check(
            "EstimateRequest",
            "post",
            "/v1/estimates",
            EstimateRequest::decode(&nothing, &Nowhere).unwrap_err().problems,
        );
        let bill = BillRequest::decode(&nothing, &Nowhere, |_| None).unwrap_err();
        check("BillRequest", "post", "/v1/trips/{trip_id}/bill", bill.problems);
        let segments = SegmentsRequest::decode(&nothing, &Nowhere).unwrap_err();
        check("SegmentsRequest", "post", "/v1/trips/{trip_id}/segments", segments.problems);
        let commission = CommissionRequest::decode(&nothing, &Nowhere).unwrap_err();
        check("CommissionRequest", "post", "/v1/commission", commission.problems);
    }

    /// Nothing can be priced.
    struct Nowhere;

    impl Tariffs for Nowhere {
        fn currency(&self, _: &str, _: &str) -> Result<Option<Currency>, Refusal> {
            Ok(None)
        }

        fn serves(&self, _: &str) -> bool {
            false
        }

        fn products(&self, _: &str) -> Vec<&str> {
            Vec::new()
        }

        fn cities(&self) -> Vec<&str> {
            Vec::new()
        }
    }

    /// The schemas that the document refers to, as they are asked for.
    struct Schemas {
        requests: SchemaGenerator,
        answers: SchemaGenerator,
    }

    impl Schemas {
        fn new() -> Self {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            });
            Self { requests: settings.clone().into_generator(), answers: settings.for_serialize().into_generator() }
        }

        fn request<T: JsonSchema>(&mut self) -> Value {
            self.requests.subschema_for::<T>().to_value()
        }

        fn answer<T: JsonSchema>(&mut self) -> Value {
            self.answers.subschema_for::<T>().to_value()
        }

        /// All of them, by name. What a request and an answer have in common has to be the same.
        fn finish(mut self) -> Map<String, Value> {
            let mut schemas = self.requests.take_definitions(true);
            for (name, mut schema) in self.answers.take_definitions(true) {
                open(&mut schema);
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

    /// Answers may get more fields; and what is absent in one is left out, so that nothing is ever null.
    fn open(schema: &mut Value) {
        match schema {
            Value::Object(fields) => {
                // What is a schema is that of a map's values.
                if fields.get("additionalProperties").is_some_and(Value::is_boolean) {
                    fields.remove("additionalProperties");
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
                fields.values_mut().for_each(open);
            }
            Value::Array(items) => items.iter_mut().for_each(open),
            _ => {}
        }
    }

    fn document() -> Value {
        let mut schemas = Schemas::new();
        let paths = paths(&mut schemas);
        let parameters = parameters(&mut schemas);
        let mut schemas = schemas.finish();
        schemas.insert("Problem".into(), problem());
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Farebox",
                "version": "1",
                "description": "Prices rides, keeps their meter, bills them and settles them. Money is decimal text in \
                    the currency's exponent, times are RFC 3339 with an offset, distances are whole metres, durations \
                    whole seconds. Fields that are not described are refused by name.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": paths,
            "components": {
                "parameters": parameters,
                "responses": {"Problem": {
                    "description": "What went wrong, under a stable `code`. `Retry-After` says when it makes sense to \
                        ask again.",
                    "headers": {"traceparent": {"description": "W3C Trace Context.", "schema": {"type": "string"}}},
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }},
                "schemas": schemas,
            },
        })
    }

    fn paths(schemas: &mut Schemas) -> Value {
        let any = || json!({"type": "object"});
        let detail = [parameter("scene"), parameter("locale")];
        let with = |first: &[&str]| first.iter().map(|name| parameter(name)).collect::<Vec<_>>();
        json!({
            "/v1/estimates": {"post": operation(
                "Price a ride before it begins",
                "Answers totals only. What they were priced from is kept for `quote_ttl_s` seconds, for whoever asks for \
                 details, and for the bill.",
                &[], Some(schemas.request::<EstimateRequest>()),
                &[(201, "The totals.", schemas.answer::<EstimateDocument>())], &[400, 413, 415, 422],
            )},
            "/v1/estimates/{estimate_id}/details/{product}": {"get": operation(
                "Show how an estimated total came about",
                "When the details are gone, the totals still show and `degraded` is true.",
                &[with(&["estimate_id", "product"]), detail.to_vec()].concat(), None,
                &[(200, "The page.", schemas.answer::<EstimatePage>())], &[400, 404],
            )},
            "/v1/trips/{trip_id}/segments": {"post": operation(
                "Add metered pieces to a trip",
                "All are added or none. A piece that is there already is not counted again, so sending a request again \
                 is always safe, in any order.",
                &with(&["trip_id"]), Some(schemas.request::<SegmentsRequest>()),
                &[(200, "The sums over all pieces.", schemas.answer::<TotalsDocument>())], &[400, 409, 413, 415, 422, 503],
            )},
            "/v1/trips/{trip_id}/bill": {
                "post": operation(
                    "Bill a trip",
                    "A trip is billed once; the same request again gets the same bill. Without the measurements that there \
                     should be, the bill is `mocked` from the two ends of the ride; one that was called off, or that \
                     `metering` says was not to be measured, lacks none. Without a store it is `kept: nowhere`: ask \
                     again. With `estimate_id`, it is priced with the rate cards that the estimate was priced with, as long as \
                     the quote is kept; `pinned` says whether it was, and why not.",
                    &with(&["trip_id"]), Some(schemas.request::<BillRequest>()),
                    &[(200, "The bill that was made before.", schemas.answer::<BillRecord>()), (201, "The bill.", schemas.answer::<BillRecord>())],
                    &[400, 409, 413, 415, 422],
                ),
                "get": operation(
                    "Fetch the bill of a trip", "",
                    &with(&["trip_id", "city"]), None,
                    &[(200, "The bill, as it was made.", schemas.answer::<BillRecord>())], &[400, 404, 409, 503],
                ),
            },
            "/v1/trips/{trip_id}/bill/detail": {"get": operation(
                "Show the bill of a trip",
                "The driver's bill in the scene `driver`, otherwise the passenger's.",
                &[with(&["trip_id", "city"]), detail.to_vec()].concat(), None,
                &[(200, "The page.", schemas.answer::<BillPage>())], &[400, 404, 409, 503],
            )},
            "/v1/commission": {"post": operation(
                "Settle a ride from its totals", "Keeps nothing.",
                &[], Some(schemas.request::<CommissionRequest>()),
                &[(200, "The settlement.", schemas.answer::<CommissionDocument>())], &[400, 413, 415, 422],
            )},
            "/v1/cities": {"get": operation(
                "List what can be priced", "", &[], None, &[(200, "The cities.", schemas.answer::<CitiesDocument>())], &[400],
            )},
            "/v1/cities/{city}/rate-cards/{version}": {"get": operation(
                "Fetch a rate card by its version",
                "One that is in use, or that an estimate or a bill was priced with. Never another one under this name.",
                &[json!({"name": "city", "in": "path", "required": true, "schema": schemas.answer::<Token>()}),
                  json!({"name": "version", "in": "path", "required": true, "schema": schemas.answer::<Version>()})], None,
                &[(200, "The rate card.", any())], &[400, 404, 503],
            )},
            "/healthz": {"get": operation(
                "Say whether the service runs", "Looks at nothing: point liveness probes at it.",
                &[], None, &[(200, "It runs.", json!({"type": "object", "properties": {"status": {"const": "ok"}}}))], &[],
            )},
            "/readyz": {"get": operation(
                "Say whether bills can be answered",
                "Point readiness probes at it. The variables have to be right, a configuration in force, and some product \
                 one that can be priced for both sides. Whatever else is wrong is told, and decides nothing: degraded is ready.",
                &[], None,
                &[
                    (200, "They can: `ready`, or `degraded`.", schemas.answer::<ReadinessDocument>()),
                    (503, "They cannot: `not-ready`.", schemas.answer::<ReadinessDocument>()),
                ], &[],
            )},
            "/statusz": {"get": operation(
                "Say how everything stands",
                "For people and monitoring, on the machine itself: whoever else asks is told `local-only`. It writes to the \
                 store, under one city, what is gone a minute later.",
                &[], None, &[(200, "How it stands, whatever that is.", schemas.answer::<StatusDocument>())], &[403],
            )},
            "/openapi.json": {"get": operation(
                "This document", "", &[], None, &[(200, "OpenAPI 3.1.", any())], &[],
            )},
            "/rate-card.schema.json": {"get": operation(
                "What a rate card may say", "", &[], None, &[(200, "JSON Schema, draft 2020-12.", any())], &[],
            )},
            "/city.schema.json": {"get": operation(
                "What a city may decide for itself", "", &[], None, &[(200, "JSON Schema, draft 2020-12.", any())], &[],
            )},
        })
    }

    fn operation(
        summary: &str,
        description: &str,
        parameters: &[Value],
        body: Option<Value>,
        answers: &[(u16, &str, Value)],
        refusals: &[u16],
    ) -> Value {
        let mut responses = json!({"default": {"$ref": "#/components/responses/Problem"}});
        for (status, description, schema) in answers {
            let content = json!({"application/json": {"schema": schema}});
            responses[status.to_string()] = json!({"description": description, "content": content});
        }
        for status in refusals {
            responses[status.to_string()] = json!({"$ref": "#/components/responses/Problem"});
        }
        let mut operation = json!({"summary": summary, "responses": responses});
        if !description.is_empty() {
            operation["description"] = description.into();
        }
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = body {
            let description = format!("At most {} bytes.", BODY_BYTES);
            let content = json!({"application/json": {"schema": body}});
            operation["requestBody"] = json!({"required": true, "description": description, "content": content});
        }
        operation
    }

    fn parameters(schemas: &mut Schemas) -> Value {
        let path = |name: &str, schema: Value| json!({"name": name, "in": "path", "required": true, "schema": schema});
        let query = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "query", "description": description, "schema": schema});
        json!({
            "estimate_id": path("estimate_id", json!({"type": "string", "maxLength": limits::ESTIMATE_ID_CHARS})),
            "product": path("product", schemas.answer::<Token>()),
            "trip_id": path("trip_id", schemas.answer::<Name>()),
            "city": json!({"name": "city", "in": "query", "required": true, "schema": schemas.answer::<Token>(),
                "description": "The city that the trip began in."}),
            "scene": query("scene", "Which lines to show, and how. Without it, the first scene of the layout.", text()),
            "locale": query("locale", "A BCP 47 tag. Without it, what `Accept-Language` prefers.", text()),
        })
    }

    /// What refusals look like; see [`farebox_web::problem`].
    fn problem() -> Value {
        let codes: Vec<_> = refusals::kinds().iter().map(|kind| kind.code).collect();
        let statuses: BTreeSet<u16> = refusals::kinds().iter().map(|kind| StatusCode::as_u16(&kind.status)).collect();
        let error = json!({
            "pointer": described("A JSON Pointer into the body.", text()),
            "parameter": described("A path or query parameter.", text()),
            "code": text(),
            "message": text(),
        });
        let errors = json!({"type": "object", "properties": error});
        json!({"type": "object", "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": text(),
            "status": {"enum": statuses},
            "detail": text(),
            "code": {"enum": codes},
            "errors": {"type": "array", "maxItems": MOST_PROBLEMS, "items": errors},
            "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        }})
    }

    fn parameter(name: &str) -> Value {
        json!({"$ref": format!("#/components/parameters/{name}")})
    }

    fn described(description: &str, mut schema: Value) -> Value {
        schema["description"] = description.into();
        schema
    }

    fn text() -> Value {
        json!({"type": "string"})
    }
}
