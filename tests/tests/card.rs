//! `farebox card`: what an operator is told about rate cards before they run.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts::{farebox, repository};
use farebox_tests::command::farebox_given;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn card(arguments: &str, stdin: &str) -> (String, i32) {
    let arguments: Vec<&str> = ["card"].into_iter().chain(arguments.split_whitespace()).collect();
    let (code, text) = farebox_given(&arguments, stdin);
    (text, code.unwrap())
}

fn shown(arguments: &str, stdin: &str) -> String {
    let (text, code) = card(arguments, stdin);
    format!("$ farebox card {arguments}\n{text}(exit {code})")
}

/// Everything that is wrong is told at once, with where it is; a card that is good says so; what cannot be read counts
/// as refused.
#[test]
fn checks() {
    let odd = r#"{ "format": "farebox-rate-card/1", "title": "Odd", "city": "a", "product": "b", "side": "driver",
        "currency": "JPY", "time_zone": "Asia/Tokyo", "zones": [{ "name": "bay", "polygon": ["35,139", "36,139", "36,140"] }],
        "items": [{ "code": "start_price", "kind": "flat", "branches": [{ "amount": "500" }] }] }"#;
    let runs = [
        shown("check tests/cases/replay/candidate.json tests/cases/broken-card.json - nowhere.json", odd),
        shown("check tests/cases/replay/candidate.json", ""),
        shown("check -", "{"),
        shown("check", ""),
    ];
    insta::assert_snapshot!(runs.join("\n\n"));
}

/// A reader who has had enough ends the command quietly, and a full disk is an error.
#[test]
fn answers_that_cannot_be_written() {
    let run = |out: Stdio| {
        let mut command = Command::new(farebox());
        let child = command.args(["card", "schema"]).stdout(out).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(writer.into()), (Some(141), String::new()));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let (code, error) = run(full.into());
    assert!(code == Some(1) && error.starts_with("error: cannot write to the standard output: No space"), "{error}");
}

/// The same for programs.
#[test]
fn json() {
    insta::assert_snapshot!(shown("check tests/cases/replay/candidate.json - --json", "{\"format\": 1}"));
}

/// The published schema is the one that the engine makes. `UPDATE_GOLDEN=1` writes the file anew.
#[test]
fn schema_is_published() {
    let path = repository().join("docs/rate-card.schema.json");
    let (schema, code) = card("schema", "");
    assert_eq!(code, 0);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(schema == published, "{} is out of date; run this test with UPDATE_GOLDEN=1", path.display());
}

/// Whatever the engine accepts fits the published schema, so that an editor does not call a good card wrong.
#[test]
fn every_good_card_fits_the_schema() {
    let schema: Value = serde_json::from_str(&card("schema", "").0).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("rate-card.schema.json", schema).unwrap();
    let schema = compiler.compile("rate-card.schema.json", &mut schemas).unwrap();
    let validate = |text: &str| {
        let document = serde_json::from_str(text).unwrap();
        schemas.validate(&document, schema).map_err(|error| error.to_string())
    };
    let mut seen = 0;
    for folder in ["config/cards", "tests", "components/pricing/tests"] {
        for path in json_files(&repository().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            if farebox_pricing::RateCard::parse(&text).is_err() {
                continue;
            }
            let fits = validate(&text);
            assert!(fits.is_ok(), "{}: {}", path.display(), fits.unwrap_err());
            seen += 1;
        }
    }
    assert!(seen > 10, "there are only {seen} cards");
    // It is not that the schema lets anything pass.
    let broken = std::fs::read_to_string(repository().join("tests/cases/broken-card.json")).unwrap();
    assert!(validate(&broken).is_err());
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                files.extend(json_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files
}

/// The same for the documents of cities; the example of the documentation fits it, and a document that is refused need not.
#[test]
fn the_schema_of_cities_is_published() {
    let city = |arguments: &[&str]| {
        let mut command = Command::new(farebox());
        let output = command.current_dir(repository()).arg("city").args(arguments).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
    };
    let path = repository().join("docs/city.schema.json");
    let (schema, code) = city(&["schema"]);
    assert_eq!(code, 0);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(schema == published, "{} is out of date; run this test with UPDATE_GOLDEN=1", path.display());

    let docs = std::fs::read_to_string(repository().join("docs/cities.md")).unwrap();
    let example = docs.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("city.schema.json", serde_json::from_str(&schema).unwrap()).unwrap();
    let schema = compiler.compile("city.schema.json", &mut schemas).unwrap();
    schemas.validate(&serde_json::from_str(example).unwrap(), schema).map_err(|error| error.to_string()).unwrap();
    assert!(schemas.validate(&serde_json::json!({"format": "farebox-city/1"}), schema).is_err());

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("cities")).unwrap();
    let file = folder.path().join("cities/110000.json");
    std::fs::write(&file, example).unwrap();
    let (text, code) = city(&["check", file.to_str().unwrap()]);
    assert!(code == 0 && text.contains("\"origin_m\":500") && text.contains("\"window_h\":72"), "{text}");
    let other = folder.path().join("cities/120000.json");
    std::fs::write(&other, example).unwrap();
    let (text, code) = city(&["check", other.to_str().unwrap()]);
    assert!(
        code == 1 && text.contains("problem /city: is \"110000\", and the name of the file says \"120000\""),
        "{text}"
    );
}
