//! What each component may ask of its host, held against a list: purity is proved, not promised.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts::repository;
use farebox_tests::guest::Guest;

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

/// What an instance takes of the pools that runtimes have: more for a component, and fewer fit in. The gateway is composed of all.
#[test]
fn instances_take_what_the_list_says() {
    let mut lines = Vec::new();
    let (mut tables, mut memories) = (0, 0);
    for name in &components() {
        let needed = Guest::load(name).component.resources_required().unwrap();
        lines.push(format!("{name}: {} tables, {} memories", needed.num_tables, needed.num_memories));
        tables += needed.num_tables;
        memories += needed.num_memories;
    }
    lines.push(format!("all: {tables} tables, {memories} memories"));
    insta::assert_snapshot!("instances", lines.join("\n"));
}

/// The names of the components in spin.toml.
fn components() -> Vec<String> {
    let manifest = std::fs::read_to_string(repository().join("spin.toml")).unwrap();
    let table = |line: &str| line.strip_prefix("[component.")?.strip_suffix(']').map(str::to_owned);
    let components: Vec<String> = manifest.lines().filter_map(table).filter(|name| !name.contains('.')).collect();
    assert!(components.len() >= 5, "{components:?}");
    components
}
