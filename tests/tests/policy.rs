//! `farebox policy`: what it says of policies and settlements.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts::repository;
use farebox_tests::command::farebox_given;
use serde_json::{Value, json};

/// What `farebox policy` answers, and its exit code.
fn policy(arguments: &[&str], stdin: &str) -> (String, i32) {
    let (code, text) = farebox_given(&[&["policy"], arguments].concat(), stdin);
    (text, code.unwrap())
}

/// The published schema is the one that the engine makes; the example of the documentation and the policies that ship fit it, and are
/// good. `UPDATE_GOLDEN=1` writes the file anew.
#[test]
fn the_schema_is_published() {
    let path = repository().join("docs/commission-policy.schema.json");
    let (schema, code) = policy(&["schema"], "");
    assert_eq!(code, 0);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(schema == published, "{} is out of date; run this test with UPDATE_GOLDEN=1", path.display());

    let docs = std::fs::read_to_string(repository().join("docs/commission-policies.md")).unwrap();
    let example = docs.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let default = std::fs::read_to_string(repository().join("config/policies/default.json")).unwrap();
    let cases = std::fs::read_to_string(repository().join("tests/cases/scenarios.json")).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("policy.schema.json", serde_json::from_str(&schema).unwrap()).unwrap();
    let schema = compiler.compile("policy.schema.json", &mut schemas).unwrap();
    for text in [example, &default, &cases] {
        let document: Value = serde_json::from_str(text).unwrap();
        schemas.validate(&document, schema).map_err(|error| error.to_string()).unwrap();
        let (said, code) = policy(&["check", "-"], text);
        assert_eq!(code, 0, "{said}");
    }
    assert!(schemas.validate(&json!({"format": "farebox-commission-policy/1"}), schema).is_err());
}

/// What counts of the rate cards that ship is nobody else's: the default policy leaves out every tax, and all that is passed on.
#[test]
fn the_default_policy_is_good() {
    let (said, code) = policy(&["check", "config/policies/default.json", "--cards", "config/cards"], "");
    assert!(code == 0 && said.contains("no problems\n"), "{said}");
}

/// What is wrong is told all at once, each with a ride to show it.
#[test]
fn problems() {
    let document = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": [
        {"name": "beijing", "when": {"city": ["110000"]}, "cap_percent": "27"},
        {"name": "beijing gold", "when": {"city": ["110000"], "tier": ["gold"]}, "cap_percent": "20"},
        {"name": "nights", "when": {"local_time": ["23:00-05:00"]}, "cap_percent": "28%"},
    ]});
    insta::assert_snapshot!(policy(&["check", "-"], &document.to_string()).0);
}

/// What is odd is told, too, and refuses nothing: where the order decides, where something is passed on and counts, and what no card has.
#[test]
fn warnings() {
    let document = json!({"format": "farebox-commission-policy/1", "title": "of a test", "scenarios": [
        {"name": "chicago", "when": {"city": ["chicago"]}, "cap_percent": "27", "fees": {"exempt": ["toll"]}},
        {"name": "spring", "when": {"campaign": ["spring"]}, "cap_percent": "10.5", "fees": {"of": ["start_price", "mileage"]}, "base": "payable"},
        {"name": "rest", "cap_percent": "29", "fees": {"exempt": ["tolls"]}},
    ]});
    let (said, code) = policy(&["check", "-", "--cards", "config/cards"], &document.to_string());
    assert_eq!(code, 0, "{said}");
    insta::assert_snapshot!(said);
}

/// Every bill that was ever recorded is explained as it was settled, whichever engine made it; and one is read by people.
#[test]
fn settlements_are_explained() {
    let documents =
        ["--policies", "tests/corpus/documents", "--cards", "tests/corpus/documents", "--cards", "config/cards"];
    let explain = |record: &str, more: &[&str]| policy(&[&["explain", "-"], more].concat(), record);
    for file in ["bills-2-1.jsonl", "bills-2-1-guessed.jsonl"] {
        let text = std::fs::read_to_string(repository().join("tests/corpus").join(file)).unwrap();
        let settled = text.lines().filter(|line| line.contains("\"settlement\":{"));
        for record in settled.step_by(10) {
            let (said, code) = explain(record, &documents);
            assert_eq!(code, 0, "{said}\n{record}");
        }
    }
    let text = std::fs::read_to_string(repository().join("tests/corpus/bills-2-1.jsonl")).unwrap();
    let owed =
        text.lines().find(|line| line.contains("\"settlement\":{") && !line.contains("\"top_up\":\"0.00\"")).unwrap();
    insta::assert_snapshot!(explain(owed, &documents).0);

    // Under another policy it comes to something else, which is no failure; one that is refused is told.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("candidate.json");
    let scenario = json!({"name": "all", "cap_percent": "0", "fees": {"of": ["mileage"]}});
    let candidate =
        |scenarios: Value| json!({"format": "farebox-commission-policy/1", "title": "", "scenarios": scenarios});
    std::fs::write(&file, candidate(json!([scenario])).to_string()).unwrap();
    let under = ["--policy", file.to_str().unwrap(), "--cards", "tests/corpus/documents", "--cards", "config/cards"];
    let (said, code) = explain(owed, &[&under[..], &["--json"]].concat());
    let answer: Value = serde_json::from_str(&said).unwrap();
    assert!(code == 0 && answer["as_recorded"] == true && answer["settlement"]["scenario"] == "all", "{said}");
    std::fs::write(&file, candidate(json!([])).to_string()).unwrap();
    let (said, code) = explain(owed, &under);
    assert!(code == 1 && said.contains("is refused:\n  /scenarios: give at least one"), "{said}");
}
