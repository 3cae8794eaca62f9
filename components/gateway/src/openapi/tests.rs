//! The document is what is served, and says what is enforced.

#![allow(clippy::unwrap_used)]
use super::DOCUMENT;
use super::document::document;
use crate::routes::Route;
use farebox_billing::config::city::CityRules;
use farebox_billing::refusal::Refusal;
use farebox_billing::requests::{BillRequest, CommissionRequest, EstimateRequest, SegmentsRequest, Tariffs};
use farebox_document::{Problem, without_limit};
use farebox_limits::LimitsDocument;
use farebox_money::Currency;
use http::Method;
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
    // Schemes are named by `security`, and not referred to.
    for (kind, entries) in components.iter().filter(|(kind, _)| *kind != "securitySchemes") {
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
    assert_eq!(bodies, 5);
    assert_eq!(without_limit(&CityRules::schema(), ""), [""; 0]);
    assert_eq!(without_limit(&LimitsDocument::schema(), ""), [""; 0]);
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
    AddBatch: "post" "/v1/segments",
    CreateBill: "post" "/v1/trips/{trip_id}/bill",
    Bill: "get" "/v1/trips/{trip_id}/bill",
    BillDetail: "get" "/v1/trips/{trip_id}/bill/detail",
    BillHistory: "get" "/v1/trips/{trip_id}/bill/history",
    RepairBill: "post" "/v1/trips/{trip_id}/bill/repair",
    DrainJournal: "post" "/internal/jobs/drain",
    RepairDue: "post" "/internal/jobs/repair",
    SweepBills: "post" "/internal/jobs/sweep",
    ErasePassenger: "delete" "/v1/trips/{trip_id}/passenger",
    Commission: "post" "/v1/commission",
    Cities: "get" "/v1/cities",
    CityBills: "get" "/v1/cities/{city}/bills",
    CityTopUps: "get" "/v1/cities/{city}/top-ups",
    RateCard: "get" "/v1/cities/{city}/rate-cards/{version}",
    Health: "get" "/healthz",
    Ready: "get" "/readyz",
    Status: "get" "/statusz",
    OpenApi: "get" "/openapi.json",
    RateCardSchema: "get" "/rate-card.schema.json",
    CitySchema: "get" "/city.schema.json",
    LimitsSchema: "get" "/limits.schema.json",
    PolicySchema: "get" "/commission-policy.schema.json",
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

/// A field is required by the document if, and only if, a body without it is refused for that; and null is the same as nothing.
#[test]
fn required_fields_are_required() {
    let document = document();
    let check = |name: &str, problems: &dyn Fn(&Value) -> Vec<Problem>| {
        let schema = &document["components"]["schemas"][name];
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let fields = schema["properties"].as_object().unwrap();
        let nulls: Map<String, Value> = fields.keys().map(|name| (name.clone(), Value::Null)).collect();
        for body in [json!({}), nulls.into()] {
            let problems = problems(&body);
            assert!(problems.iter().all(|problem| problem.code == "missing"), "{name} {body}: {problems:?}");
            let missing = problems.iter().map(|problem| problem.pointer.trim_start_matches('/'));
            assert_eq!(missing.collect::<BTreeSet<&str>>(), required, "{name} {body}");
        }
        let nullable = fields.iter().filter(|(_, field)| allows_null(field)).map(|(name, _)| name.as_str());
        let optional = fields.keys().map(String::as_str).filter(|field| !required.contains(field));
        assert_eq!(nullable.collect::<BTreeSet<&str>>(), optional.collect(), "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}");
    };
    check("EstimateRequest", &|body| EstimateRequest::decode(body, &Nowhere).unwrap_err().problems);
    check("BillRequest", &|body| BillRequest::decode(body, &Nowhere, |_| None).unwrap_err().problems);
    check("SegmentsRequest", &|body| SegmentsRequest::decode(body, &Nowhere).unwrap_err().problems);
    check("CommissionRequest", &|body| CommissionRequest::decode(body, &Nowhere).unwrap_err().problems);
}

fn allows_null(schema: &Value) -> bool {
    let among = |keyword: &str, allows: fn(&Value) -> bool| {
        schema[keyword].as_array().is_some_and(|all| all.iter().any(allows))
    };
    among("type", |name| name == "null") || among("anyOf", |choice| choice["type"] == "null")
}

/// What is answered has the fields that are described, and no others; nothing in it is null.
#[test]
fn answers_are_closed() {
    let document = document();
    let mut seen = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let answer = match answer["$ref"].as_str() {
                    Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
                    None => answer,
                };
                for content in answer["content"].as_object().into_iter().flat_map(Map::values) {
                    closed(&document, &content["schema"], &mut seen, &format!("{method} {path} {status}"));
                }
            }
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}

fn closed<'d>(document: &'d Value, schema: &'d Value, seen: &mut BTreeSet<&'d str>, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        if seen.insert(reference) {
            closed(document, document.pointer(reference.trim_start_matches('#')).unwrap(), seen, reference);
        }
        return;
    }
    assert!(!allows_null(schema), "{at} may be null");
    if let Some(fields) = schema["properties"].as_object() {
        assert_eq!(schema["additionalProperties"], false, "{at} may have any fields");
        for (name, field) in fields {
            closed(document, field, seen, &format!("{at}/{name}"));
        }
    }
    for keyword in ["items", "additionalProperties"] {
        if schema[keyword].is_object() {
            closed(document, &schema[keyword], seen, &format!("{at}/{keyword}"));
        }
    }
}

/// Every operation has a name of its own, and every answer of it says what it is: none is left to a default.
#[test]
fn operations_say_everything() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name} is the name of two operations");
            let statuses: BTreeSet<&str> =
                operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut least = BTreeSet::from(["400", "414", "431", "500", "503", "504"]);
            if !path.ends_with('z') {
                least.extend(["408", "413"]);
            }
            if path.contains('{') {
                least.insert("404");
            }
            if operation["requestBody"].is_object() {
                least.extend(["415", "422"]);
            }
            assert!(statuses.is_superset(&least), "{method} {path}: {statuses:?}");
            assert!(!statuses.contains("default"), "{method} {path}");
        }
    }
    // A link leads to an operation that there is.
    let text = document.to_string();
    for link in text.split("\"operationId\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(names.contains(link), "{link}");
    }
}

/// What a key is needed for is said with its scope, and so is what whoever has none is answered; of nothing else.
#[test]
fn operations_say_who_may() {
    let document = document();
    let mut scopes = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let at = format!("{method} {path}");
            let is_refused = |status: &str| operation["responses"].get(status).is_some();
            let security = operation["security"].as_array().unwrap();
            let needs_a_key = path.starts_with("/v1/") || path.starts_with("/internal/") || path == "/statusz";
            assert_eq!(!security.is_empty(), needs_a_key, "{at}");
            assert_eq!(["401", "403", "429"].map(is_refused), [needs_a_key; 3], "{at}");
            for scope in security.first().and_then(|first| first["signature"].as_array()).into_iter().flatten() {
                let scope = scope.as_str().unwrap();
                scopes.insert(scope);
                let said = format!("Needs a key for `{scope}`.");
                assert!(operation["description"].as_str().unwrap().contains(&said), "{at}");
            }
        }
    }
    assert_eq!(scopes, BTreeSet::from(["bill", "estimate", "jobs", "meter", "operate", "read", "read:driver"]));
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
