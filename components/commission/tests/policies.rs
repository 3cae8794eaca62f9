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
    for list in ["city", "product", "campaign"] {
        check(&json!([scenario("a", &json!({list: names(1_000)})), all]), "");
        let problem = format!("/scenarios/0/when/{list} wrong-length");
        check(&json!([scenario("a", &json!({list: names(1_001)})), all]), &problem);
    }
    let fees = |count| json!([{"name": "all", "cap_percent": "27", "fees": {"exempt": names(count)}}]);
    check(&fees(200), "");
    check(&fees(201), "/scenarios/0/fees/exempt wrong-length");
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
    let named = |name: &str, city: &str| json!({"name": name, "when": {"city": [city]}, "cap_percent": "27"});
    let all = json!({"name": "b", "cap_percent": "27"});
    check(
        &json!([named("a", "x"), named("b", "y"), named("a", "z"), all]),
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

/// Every ride has a scenario, and every scenario a ride. What is wrong is told with a ride to show it.
#[test]
fn scenarios_together() {
    let of = |whens: &[Value]| -> Value {
        whens.iter().enumerate().map(|(number, when)| scenario(&format!("s{number}"), when)).collect()
    };
    let all = json!({});
    check(&of(&[json!({"city": ["a"]}), all.clone()]), "");
    check(&of(&[json!({"city": ["a"]}), json!({"city": {"not": ["a"]}})]), "");
    check(&of(&[json!({"outcome": ["completed"]}), json!({"outcome": ["cancelled"]})]), "");
    check(&of(&[json!({"holidays": "only"}), json!({"holidays": "except"})]), "");
    check(&of(&[json!({"city": ["a"]})]), "/scenarios hole");
    check(&of(&[json!({"local_time": ["05:00-23:00"]}), json!({"local_time": ["23:00-04:59"]})]), "/scenarios hole");
    check(&of(&[json!({"tier": ["gold"]}), json!({"tier": ["none"]})]), "/scenarios hole");
    check(&of(&[all.clone(), json!({"city": ["a"]})]), "/scenarios/1/when unreachable");
    check(&of(&[all.clone(), all.clone()]), "/scenarios/1/when unreachable");
    // Two before it leave nothing to the third.
    let halves = [
        json!({"city": ["a"], "weekdays": ["sat", "sun"]}),
        json!({"city": ["a", "b"], "weekdays": ["mon", "tue", "wed", "thu", "fri"]}),
    ];
    check(
        &of(&[halves[0].clone(), halves[1].clone(), json!({"city": ["a"]}), all.clone()]),
        "/scenarios/2/when unreachable",
    );
    check(&of(&[halves[0].clone(), halves[1].clone(), json!({"city": ["b"]}), all.clone()]), "");
    // All at once, each in its place.
    check(
        &of(&[
            json!({"city": ["a"]}),
            json!({"city": ["a"], "tier": ["gold"]}),
            json!({"city": ["a"], "scene": ["x"]}),
        ]),
        "/scenarios/1/when unreachable, /scenarios/2/when unreachable, /scenarios hole",
    );
    check(
        &of(&[json!({"city": []}), json!({"weather": ["rain"]})]),
        "/scenarios/0/when/city empty, /scenarios/1/when/weather unknown-field",
    );
}

/// Where the order of two scenarios decides for some rides, and neither is for all that the other is for, that is told.
#[test]
fn overlaps() {
    let warnings = |whens: &[Value]| {
        let scenarios: Value =
            whens.iter().enumerate().map(|(number, when)| scenario(&format!("s{number}"), when)).collect();
        let document = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": scenarios});
        let policy = Policy::parse(&document.to_string()).unwrap();
        policy.warnings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let all = json!({});
    assert_eq!(warnings(&[json!({"city": ["a"]}), all.clone()]), "");
    let night = json!({"local_time": ["23:00-05:00"]});
    assert_eq!(
        warnings(&[json!({"city": ["a"]}), night, all.clone()]),
        "/scenarios/1/when: \"s0\" applies as well, for example on Monday at 00:00, city a, and counts because it comes first [overlap]"
    );
    let campaign = json!({"campaign": ["spring"], "city": ["a", "b"]});
    assert_eq!(
        warnings(&[json!({"city": ["b", "c"], "partner": {"not": ["none"]}}), campaign, all]),
        "/scenarios/1/when: \"s0\" applies as well, for example on Monday at 00:00, city b, campaign spring, and counts because it comes first [overlap]"
    );
}

/// What would take too long to find out is not taken for good, unless the last scenario is for every ride.
#[test]
fn what_is_too_complex() {
    // Three names of 200 facts each, in a way that nearly every combination leaves others standing.
    let some = |number: usize| -> Vec<String> {
        (0..40).filter(|name| (number * 7919 + name * 104_729) % 7 < 3).map(|name| name.to_string()).collect()
    };
    let mut whens: Vec<Value> = Vec::new();
    for number in 0..60_usize {
        let fact = ["tier", "scene", "campaign"][number % 3];
        let partner = json!([format!("p{number}")]);
        whens.push(json!({fact: some(number), "partner": partner}));
        whens.push(json!({fact: {"not": some(number)}, "partner": partner}));
    }
    let partners: Vec<String> = (0..60).map(|number| format!("p{number}")).collect();
    whens.push(json!({"partner": {"not": partners}}));
    let of = |whens: &[Value]| -> Value {
        whens.iter().enumerate().map(|(number, when)| scenario(&format!("s{number}"), when)).collect()
    };
    check(&of(&whens), "/scenarios too-complex");
    whens.push(json!({}));
    check(&of(&whens), "");
}
