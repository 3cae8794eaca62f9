//! What each component may ask of its host, held against a list: purity is proved, not promised.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts::repository;
use farebox_tests::guest::Guest;
use std::collections::BTreeSet;

/// The imports and exports of every component that spin.toml has are those of the committed list. Pure components import nothing beyond
/// what Rust's standard library drags in: no clock they could price by is ever called, and no state can be reached.
#[test]
fn imports_are_those_of_the_list() {
    for name in &components() {
        let guest = Guest::load(name);
        let kind = guest.component.component_type();
        let mut lines: Vec<String> = Vec::new();
        let mut imports: Vec<String> = kind.imports(&guest.engine).map(|(name, _)| format!("import {name}")).collect();
        imports.sort();
        let mut exports: Vec<String> = kind.exports(&guest.engine).map(|(name, _)| format!("export {name}")).collect();
        exports.sort();
        lines.append(&mut imports);
        lines.append(&mut exports);
        insta::assert_snapshot!(name.as_str(), lines.join("\n"));
    }
}

/// What an instance takes of the pools that runtimes have: more for a component, and fewer fit in. Those that are run are composed
/// of others.
#[test]
fn instances_take_what_the_list_says() {
    let manifest = manifest();
    let takes = |name: &str| {
        let needed = Guest::load(name).component.resources_required().unwrap();
        [needed.num_tables, needed.num_memories]
    };
    let line = |name: &str, [tables, memories]: [u32; 2]| format!("{name}: {tables} tables, {memories} memories");
    let mut lines: Vec<String> = components().iter().map(|name| line(name, takes(name))).collect();
    let run: BTreeSet<&str> = manifest["trigger"]["http"].as_array().unwrap().iter().map(component).collect();
    for name in run {
        let parts = manifest["component"][name]["dependencies"].as_table().unwrap().values().map(component);
        let bytes = bytes(&manifest, name);
        let all = parts.chain([&*bytes]).map(takes).reduce(|[a, b], [c, d]| [a + c, b + d]).unwrap();
        lines.push(line(&format!("{name} and its parts"), all));
    }
    insta::assert_snapshot!("instances", lines.join("\n"));
}

fn manifest() -> toml::Table {
    toml::from_str(&std::fs::read_to_string(repository().join("spin.toml")).unwrap()).unwrap()
}

/// The component that a trigger or a dependency names.
fn component(named: &toml::Value) -> &str {
    named["component"].as_str().unwrap()
}

/// What a component consists of: several may be of the same bytes.
fn bytes(manifest: &toml::Table, component: &str) -> String {
    let source = manifest["component"][component]["source"].as_str().unwrap();
    let (_, name) = source.rsplit_once("/farebox_").unwrap();
    name.strip_suffix(".wasm").unwrap().to_owned()
}

/// What the components in spin.toml consist of, each once.
fn components() -> Vec<String> {
    let manifest = manifest();
    let names = manifest["component"].as_table().unwrap().keys();
    let components: BTreeSet<String> = names.map(|name| bytes(&manifest, name)).collect();
    assert!(components.len() >= 6, "{components:?}");
    components.into_iter().collect()
}
