//! What can be asked for is what the gateway answers.
#![allow(clippy::unwrap_used)]

use farebox_access::Operation;
use std::path::Path;

/// Every route of the gateway is here, and nothing else: no route is without its need.
#[test]
fn every_route_is_an_operation() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../components/gateway/src/routes.rs");
    let text = std::fs::read_to_string(file).unwrap();
    let body = text.split_once("pub enum Route {\n").unwrap().1.split_once("\n}").unwrap().0;
    let is_case = |line: &&str| line.starts_with("    ") && line.trim_start().starts_with(char::is_uppercase);
    let routes: Vec<&str> = body
        .lines()
        .filter(|line| !line.starts_with("     "))
        .filter(is_case)
        .map(|line| line.trim().trim_end_matches([',', '{', ' ']))
        .collect();
    let operations: Vec<String> = Operation::ALL.iter().map(|operation| format!("{operation:?}")).collect();
    assert_eq!(operations, routes);
}
