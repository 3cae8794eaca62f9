//! The document of limits: what is wrong with it, who has which tier, and its schema.
#![allow(clippy::unwrap_used)]

use farebox_limits::{Limit, Limits, LimitsDocument, RouteClass, Window};
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "format": "farebox-limits/1",
        "title": "Everybody's",
        "tiers": [
            {"name": "small", "estimate": {"rate": 5, "burst": 10}, "bill": {"rate": 1, "burst": 5, "window": {"requests": 100, "seconds": 3600}}},
            {"name": "large", "estimate": {"rate": 500, "burst": 2000}},
            {"name": "none"},
        ],
        "default": "small",
        "keys": [{"key": "dispatch", "tier": "large"}, {"key": "audit", "tier": "none"}],
        "cities": [
            {"city": "110000", "default": "large", "keys": [{"key": "dispatch", "tier": "small"}]},
            {"city": "120000", "keys": []},
        ],
    })
}

fn problems(document: &Value) -> Vec<String> {
    Limits::parse(&document.to_string())
        .map_or_else(|all| all.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

/// Who has which tier: what is said of a key in a city, else of the key, else of the city, else of everybody.
#[test]
fn tiers() {
    let limits = Limits::parse(&good().to_string()).unwrap();
    for (key, city, class, expected) in [
        (Some("dispatch"), Some("110000"), "estimate", Some(("small", 5))),
        (Some("dispatch"), Some("120000"), "estimate", Some(("large", 500))),
        (Some("dispatch"), None, "estimate", Some(("large", 500))),
        (Some("dispatch"), None, "bill", None),
        (Some("dispatch"), Some("110000"), "bill", Some(("small", 1))),
        (Some("audit"), Some("110000"), "estimate", None),
        (Some("other"), Some("110000"), "estimate", Some(("large", 500))),
        (Some("other"), Some("370100"), "estimate", Some(("small", 5))),
        (Some("other"), None, "read", None),
        (None, Some("110000"), "estimate", Some(("large", 500))),
        (None, Some("120000"), "estimate", Some(("small", 5))),
        (None, None, "bill", Some(("small", 1))),
    ] {
        let of = limits.of(key, city, RouteClass::from_word(class).unwrap());
        assert_eq!(of.map(|(tier, limit)| (tier, limit.rate)), expected, "{key:?} {city:?} {class}");
    }
    let (_, limit) = limits.of(None, None, RouteClass::Bill).unwrap();
    let window = Some(Window { requests: 100, seconds: 3_600 });
    assert_eq!(*limit, Limit { rate: 1, burst: 5, window });
    let nobody = Limits::parse(r#"{"format": "farebox-limits/1", "tiers": []}"#).unwrap();
    assert_eq!(nobody.of(Some("dispatch"), Some("110000"), RouteClass::Read), None);
}

/// All that is wrong is told at once, each with its field and what would be right.
#[test]
fn what_is_wrong() {
    assert_eq!(problems(&good()), [""; 0]);
    for (pointer, value, expected) in [
        ("/format", json!("farebox-limits/2"), &["/format: has to be \"farebox-limits/1\""][..]),
        ("/tiers", json!({}), &["/tiers: is an object; it has to be a list"]),
        (
            "/tiers/0/name",
            json!("a b"),
            &[
                "/tiers/0/name: is \"a b\"; a tier is named by 1 to 32 letters",
                "/default: is \"small\", and there is no such tier; there are: a b, large, none",
                "/cities/0/keys/0/tier: is \"small\", and there is no such tier",
            ],
        ),
        (
            "/tiers/1/name",
            json!("none"),
            &[
                "/tiers/2/name: none stands there already",
                "/keys/0/tier: is \"large\", and there is no such tier; there are: small, none, none",
                "/cities/0/default: is \"large\"",
            ],
        ),
        ("/tiers/0/estimate/rate", json!(0), &["/tiers/0/estimate/rate: is 0; 1 to 100000 is allowed"]),
        ("/tiers/0/estimate/rate", json!(0.5), &["/tiers/0/estimate/rate: is 0.5"]),
        (
            "/tiers/0/estimate/burst",
            json!(1_000_001),
            &["/tiers/0/estimate/burst: is 1000001; 1 to 1000000 is allowed"],
        ),
        (
            "/tiers/0/bill/window/seconds",
            json!(86_401),
            &["/tiers/0/bill/window/seconds: is 86401; 1 to 86400 is allowed"],
        ),
        ("/tiers/0/bill/window/requests", json!(0), &["/tiers/0/bill/window/requests: is 0; 1 to 10000000 is allowed"]),
        ("/tiers/0/bill/window", json!({"requests": 1}), &["/tiers/0/bill/window/seconds: `seconds` is missing"]),
        ("/tiers/0/bill/colour", json!(1), &["/tiers/0/bill/colour: there is no field \"colour\""]),
        (
            "/tiers/0/write",
            json!({}),
            &["/tiers/0/write: there is no field \"write\"; known are name, estimate, meter"],
        ),
        (
            "/default",
            json!("huge"),
            &["/default: is \"huge\", and there is no such tier; there are: small, large, none"],
        ),
        ("/keys/1/key", json!("dispatch"), &["/keys/1/key: dispatch stands there already"]),
        ("/keys/1/key", json!("~"), &["/keys/1/key: is \"~\"; a key is named by 1 to 32 letters"]),
        ("/cities/1/city", json!("110000"), &["/cities/1/city: 110000 stands there already"]),
        ("/cities/1/city", json!(""), &["/cities/1/city: is \"\"; a city is named by 1 to 32 letters"]),
        (
            "/keys",
            Value::Array(vec![json!({"key": "a", "tier": "small"}); 1_001]),
            &["/keys: has 1001 items; 0 to 1000 are allowed"],
        ),
    ] {
        let mut document = good();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Object(fields) => _ = fields.insert(field.to_owned(), value),
            other => panic!("{other}"),
        }
        let told = problems(&document);
        assert_eq!(told.len(), expected.len(), "{pointer}: {told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{pointer}: {told}");
        }
    }
    assert!(problems(&json!("x"))[0].starts_with("(document): "));
    assert_eq!(problems(&json!({})).len(), 2);
}

/// What is read fits the published schema, and what does not fit is refused.
#[test]
fn schema() {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("limits.schema.json", LimitsDocument::schema()).unwrap();
    let schema = compiler.compile("limits.schema.json", &mut schemas).unwrap();
    let fits = |document: &Value| schemas.validate(document, schema).is_ok();
    assert!(fits(&good()));
    assert!(fits(&json!({"format": "farebox-limits/1", "tiers": []})));
    for (pointer, value) in [
        ("/format", json!("farebox-limits/2")),
        ("/tiers/0/name", json!("a b")),
        ("/tiers/0/estimate/rate", json!(0)),
        ("/tiers/0/estimate/burst", json!(1_000_001)),
        ("/tiers/0/bill/window/seconds", json!(86_401)),
        ("/keys/0/key", json!("~")),
        ("/cities", json!({})),
    ] {
        let mut document = good();
        *document.pointer_mut(pointer).unwrap() = value;
        assert!(!fits(&document), "{pointer}");
        assert_ne!(problems(&document), [""; 0], "{pointer}");
    }
}
