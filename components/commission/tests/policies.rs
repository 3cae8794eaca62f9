//! What a policy may not be.
#![allow(clippy::unwrap_used)]

use farebox_commission::Policy;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Parses a policy of these scenarios, and compares what is wrong with it: `pointer code`, joined by commas.
fn check(scenarios: &Value, expected: &str) {
    let document = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": scenarios});
    let problems = Policy::parse(&document.to_string()).err().unwrap_or_default();
    let actual: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.code)).collect();
    assert_eq!(actual.join(", "), expected, "{problems:?}");
}

fn scenario(name: &str, when: &Value) -> Value {
    json!({"name": name, "when": when, "cap_percent": "27"})
}

/// `count` scenarios, the last of which matches every ride.
fn scenarios(count: usize) -> Value {
    let of = |number| scenario(&format!("s{number}"), &json!({"city": [format!("{number}")]}));
    (1..count).map(of).chain([json!({"name": "all", "cap_percent": "27"})]).collect()
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

/// Every list has a limit, which is told where the list is.
#[test]
fn lists_have_limits() {
    check(&scenarios(1), "");
    check(&scenarios(1_000), "");
    check(&scenarios(1_001), "/scenarios wrong-length");
    check(&json!([]), "/scenarios empty");
    let all = json!({"name": "all", "cap_percent": "27"});
    for (list, most) in [("city", 1_000), ("product", 200)] {
        check(&json!([scenario("a", &json!({list: names(most)})), all]), "");
        let problem = format!("/scenarios/0/when/{list} wrong-length");
        check(&json!([scenario("a", &json!({list: names(most + 1)})), all]), &problem);
    }
}

/// However long a policy is, it takes no longer to refuse than to read. 14,000 scenarios took half a second once.
#[test]
fn a_long_policy_is_refused_at_once() {
    let of = |number: usize| scenario("the same name", &json!({"city": [number.to_string()]}));
    let long: Value = (0..14_000).map(of).collect();
    let begun = Instant::now();
    check(&long, "/scenarios wrong-length");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// A name stands for one scenario.
#[test]
fn names_are_unique() {
    let named = |name: &str| json!({"name": name, "when": {"city": ["a"]}, "cap_percent": "27"});
    let all = json!({"name": "b", "cap_percent": "27"});
    check(
        &json!([named("a"), named("b"), named("a"), all]),
        "/scenarios/2/name duplicate-name, /scenarios/3/name duplicate-name",
    );
}

/// A percentage is a plain number.
#[test]
fn percentages() {
    for good in ["0", "27", "27.5", "99.9999", "100", "100.0"] {
        check(&json!([{"name": "all", "cap_percent": good}]), "");
    }
    for bad in ["", "-0", "-1", "+1", "1_0", ".5", "5.", "1e1", "27%", " 27", "100.0001", "27.00001", "1.2.3"] {
        check(&json!([{"name": "all", "cap_percent": bad}]), "/scenarios/0/cap_percent invalid-percentage");
    }
}
