//! What the runtime is built on.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// The runtime serves any application. It is built on none: of this workspace it has documents and HTTP, and nothing
/// that knows a ride, the store or the gateway.
#[test]
fn the_runtime_knows_no_application() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    // What is built of a crate of this workspace, tests aside.
    let needs = |name: &str| -> Vec<String> {
        let package = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == name).unwrap();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let built = dependencies.filter(|dependency| dependency["path"].is_string() && dependency["kind"] != "dev");
        built.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
    };
    let mut reached = BTreeSet::new();
    let mut next = vec!["farebox-runtime".to_owned()];
    while let Some(name) = next.pop() {
        next.extend(needs(&name).into_iter().filter(|name| reached.insert(name.clone())));
    }
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), ["farebox-document", "farebox-web"]);
}
