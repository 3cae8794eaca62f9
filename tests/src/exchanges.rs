//! Expected exchanges: plain text files of requests and the answers to them.
//!
//! ```text
//! Prose says what is promised.
//!
//! > POST /v1/commission
//! > {"city": "110000", "product": "express", ...}
//! < 200
//! < {"scenario": "express-27", "top_up": "13.00", ...}
//! ```
//!
//! In an expected body, `"*"` stands for anything, and `"=name"` for anything that is remembered: `{name}` in a later
//! request stands for it. `{run}` is different in each run. An expected object has exactly the members listed. A header
//! is a line `> name: value` before the body, and `< name: value` of the answer; there `*` stands for any value. A body may be left
//! out.

use crate::server::{Answer, Server};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Whoever answers requests: a server, or what is in it.
pub trait Answers {
    /// Answers one.
    fn answer(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer;
}

impl Answers for Server {
    fn answer(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.request(method, path, headers, body)
    }
}

/// A request, and the answer to expect.
struct Exchange {
    line: usize,
    request: Vec<String>,
    answer: Vec<String>,
}

/// Runs the exchanges of a file; returns all that was not as expected.
pub fn run(server: &impl Answers, name: &str, text: &str, run: &str) -> Vec<String> {
    let mut remembered = BTreeMap::from([("run".to_owned(), run.to_owned())]);
    let mut wrong = Vec::new();
    let exchanges = parse(text);
    assert!(!exchanges.is_empty(), "{name}: no exchanges");
    for exchange in exchanges {
        let mut differences = String::new();
        exchange.run(server, &mut remembered, &mut differences);
        if !differences.is_empty() {
            wrong.push(format!(
                "{name}:{}: {}\n{differences}",
                exchange.line,
                exchange.request.first().map_or("", |r| r)
            ));
        }
    }
    wrong
}

fn is_header(line: &&String) -> bool {
    line.split_once(": ").is_some_and(|(name, _)| !name.contains(['{', '"', '[', ' ']))
}

fn parse(text: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut in_request = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(line) = line.strip_prefix('>') {
            if !in_request {
                exchanges.push(Exchange { line: index + 1, request: Vec::new(), answer: Vec::new() });
            }
            in_request = true;
            if let Some(exchange) = exchanges.last_mut() {
                exchange.request.push(line.trim().to_owned());
            }
        } else if let Some(line) = line.strip_prefix('<') {
            in_request = false;
            if let Some(exchange) = exchanges.last_mut() {
                exchange.answer.push(line.trim().to_owned());
            }
        } else {
            in_request = false;
        }
    }
    exchanges
}

impl Exchange {
    fn run(&self, server: &impl Answers, remembered: &mut BTreeMap<String, String>, differences: &mut String) {
        let fill = |text: &str| {
            remembered.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        let (first, rest) = self.request.split_first().expect("a request has a first line");
        let first = fill(first);
        let (method, path) = first.split_once(' ').expect("a request begins with method and path");
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in rest.iter().take_while(is_header) {
            let (name, value) = line.split_once(": ").unwrap_or_default();
            headers.push((name.to_owned(), fill(value)));
        }
        let body = fill(&rest.get(headers.len()..).unwrap_or_default().join("\n"));
        if !body.is_empty() && !headers.iter().any(|(name, _)| name == "content-type") {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = server.answer(method, path, &headers, &body);

        let (status, rest) = self.answer.split_first().expect("an answer has a status");
        let told = rest.iter().take_while(is_header).filter_map(|line| line.split_once(": ")).collect::<Vec<_>>();
        for (name, value) in &told {
            let actual = answer.header(name);
            if actual.is_empty() || (*value != "*" && actual != *value) {
                let _ = writeln!(differences, "  {name} is {actual:?} instead of {value}");
            }
        }
        let expected = rest.get(told.len()..).unwrap_or_default();
        if answer.status.to_string() != *status {
            let _ = writeln!(differences, "  status {} instead of {status}", answer.status);
            let _ = writeln!(differences, "  body: {}", answer.body);
        }
        let kind = if answer.status < 400 { "application/json" } else { "application/problem+json" };
        if answer.content_type != kind {
            let _ = writeln!(differences, "  content type \"{}\" instead of {kind}", answer.content_type);
        }
        let expected = fill(&expected.join("\n"));
        if !expected.is_empty() {
            let expected =
                serde_json::from_str(&expected).unwrap_or_else(|error| panic!("line {}: {error}", self.line));
            compare("", &expected, &answer.json(), remembered, differences);
        }
    }
}

fn compare(
    place: &str,
    expected: &Value,
    actual: &Value,
    remembered: &mut BTreeMap<String, String>,
    differences: &mut String,
) {
    match (expected, actual) {
        (Value::String(text), _) if text == "*" => {}
        (Value::String(text), Value::String(actual)) if text.starts_with('=') => {
            remembered.insert(text.trim_start_matches('=').to_owned(), actual.clone());
        }
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                match actual.get(key) {
                    Some(actual) => compare(&format!("{place}/{key}"), value, actual, remembered, differences),
                    None => {
                        let _ = writeln!(differences, "  {place}/{key} is missing");
                    }
                }
            }
            for (key, value) in actual.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                let _ = writeln!(differences, "  {place}/{key} was not expected: {value}");
            }
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(&format!("{place}/{index}"), expected, actual, remembered, differences);
            }
        }
        _ if expected == actual => {}
        _ => {
            let _ = writeln!(differences, "  {place} is {actual} instead of {expected}");
        }
    }
}
