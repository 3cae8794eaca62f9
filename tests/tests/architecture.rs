//! The invariants of docs/architecture.md, most of them absences: what does not depend on what.
#![allow(clippy::unwrap_used)]

use farebox_kit::artifacts::repository;
use farebox_tests::circles::circles;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package of the workspace.
struct Package {
    folder: PathBuf,
    /// What it is built with, on any target; without what only its tests are.
    dependencies: BTreeSet<String>,
    /// The features that it asks of what it depends on: "spin-sdk/redis".
    features: BTreeSet<String>,
}

fn packages() -> BTreeMap<String, Package> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).current_dir(repository());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let package = |package: &Value| {
        let built: Vec<&Value> =
            package["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"].is_null()).collect();
        let features = built.iter().flat_map(|dependency| {
            let name = text(&dependency["name"]);
            dependency["features"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |feature| format!("{name}/{}", feature.as_str().unwrap()))
        });
        let folder = Path::new(&text(&package["manifest_path"])).parent().unwrap().to_owned();
        (
            text(&package["name"]),
            Package {
                folder,
                dependencies: built.iter().map(|dependency| text(&dependency["name"])).collect(),
                features: features.collect(),
            },
        )
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

/// Those of the packages that lie in a folder of the repository.
fn names_in<'p>(packages: &'p BTreeMap<String, Package>, folder: &str) -> Vec<&'p str> {
    let folder = repository().join(folder);
    packages.iter().filter(|(_, package)| package.folder.starts_with(&folder)).map(|(name, _)| &**name).collect()
}

/// All that a package is built with, directly or not, of this workspace.
fn reach<'p>(packages: &'p BTreeMap<String, Package>, name: &'p str) -> BTreeSet<&'p str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![name];
    while let Some(package) = open.pop().and_then(|name| packages.get(name)) {
        for dependency in &package.dependencies {
            if reached.insert(&**dependency) {
                open.push(dependency);
            }
        }
    }
    reached
}

/// Asserts that none of `names` reaches any of `absent`.
fn never(packages: &BTreeMap<String, Package>, names: &[&str], absent: &[&str]) {
    assert!(!names.is_empty(), "nothing to hold to it");
    for name in names {
        assert!(packages.contains_key(*name), "there is no package {name}");
        let found: Vec<&str> = absent.iter().copied().filter(|absent| reach(packages, name).contains(absent)).collect();
        assert!(found.is_empty(), "{name} depends on {found:?}");
    }
}

/// Native libraries know no WIT, no component and no runtime.
#[test]
fn libraries_know_no_wit() {
    let packages = packages();
    let libraries: Vec<&str> =
        names_in(&packages, "crates").into_iter().filter(|name| *name != "farebox-web").collect();
    assert!(libraries.len() >= 4);
    never(&packages, &libraries, &["wit-bindgen", "spin-sdk", "farebox-wit", "wasmtime", "tokio", "redis", "rusqlite"]);
    let components: Vec<&str> = names_in(&packages, "components");
    never(&packages, &libraries, &components);
}

/// Billing knows no HTTP; no clock and no chance either, but through its ports. Whoever decides who may ask what knows none of them.
#[test]
fn billing_knows_no_http() {
    let packages = packages();
    let pure = [
        "farebox-billing",
        "farebox-signatures",
        "farebox-access",
        "farebox-limits",
        "farebox-resilience",
        "farebox-ledger",
    ];
    never(&packages, &pure, &["http", "farebox-web", "hyper", "fastrand", "getrandom"]);
    for (path, text) in pure.iter().flat_map(|name| sources(&packages[*name].folder.join("src"))) {
        for word in ["SystemTime", "Instant::now", "std::fs", "std::env", "println!", "eprintln!", "thread::"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

/// Only the gateway, and pages, which is the same and renders, know HTTP among the components; pure components know neither the store, nor billing, nor Spin.
#[test]
fn pure_components_are_pure() {
    let packages = packages();
    let components: Vec<&str> = names_in(&packages, "components");
    let face = ["farebox-gateway", "farebox-pages"];
    let without_http: Vec<&str> = components.iter().copied().filter(|name| !face.contains(name)).collect();
    never(&packages, &without_http, &["http", "farebox-web"]);
    let pure = ["farebox-pricing", "farebox-commission", "farebox-render"];
    never(&packages, &pure, &["spin-sdk", "farebox-billing", "farebox-store", "farebox-gateway", "farebox-pages"]);
}

/// Nothing but the store knows Redis or SQL.
#[test]
fn only_the_store_knows_its_backends() {
    let packages = packages();
    for name in names_in(&packages, "components").into_iter().filter(|name| *name != "farebox-store") {
        for feature in ["spin-sdk/redis", "spin-sdk/sqlite"] {
            assert!(!packages[name].features.contains(feature), "{name} has {feature}");
        }
    }
    assert!(packages["farebox-store"].features.contains("spin-sdk/redis"), "the names of the features have changed");
}

/// The runtime knows no application: it serves any spin.toml.
#[test]
fn the_runtime_knows_no_application() {
    let packages = packages();
    let absent = [
        "farebox-billing",
        "farebox-gateway",
        "farebox-pricing",
        "farebox-commission",
        "farebox-render",
        "farebox-store",
    ];
    never(&packages, &["farebox-runtime"], &absent);
}

/// No product is built with what only tests may use, nor with defects to plant.
#[test]
fn products_are_built_without_tests() {
    let packages = packages();
    let tests: Vec<&str> = names_in(&packages, "tests");
    let products: Vec<&str> = packages.keys().map(String::as_str).filter(|name| !tests.contains(name)).collect();
    never(&packages, &products, &tests);
    for name in products {
        assert!(!packages[name].features.contains("farebox-billing/planted"), "{name}");
    }
}

/// No files of a crate import each other in a circle.
#[test]
fn there_are_no_circles() {
    let packages = packages();
    let tests: Vec<&str> = names_in(&packages, "tests");
    let mut found = Vec::new();
    for (name, package) in packages.iter().filter(|(name, _)| !tests.contains(&&***name)) {
        found.extend(
            circles(&package.folder.join("src")).into_iter().map(|circle| format!("{name}: {}", circle.join(", "))),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every package that there is says in its manifest what it is, and every crate is on the map.
#[test]
fn the_map_is_whole() {
    let map = std::fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
    for (name, package) in packages() {
        let folder = package.folder.strip_prefix(repository()).unwrap().display().to_string();
        assert!(map.contains(&format!("`{folder}`")), "{name}: docs/architecture.md does not have `{folder}`");
    }
}

/// Every list and every table of a document that somebody else writes has a limit: the types that documents and requests are read
/// into say how long each may be. What an estimate's identifier says this service wrote and signed, and the whole of it is short.
#[test]
fn no_list_of_a_document_is_endless() {
    let mut found = Vec::new();
    let mut types = 0;
    for folder in [
        "components/pricing/src",
        "components/commission/src",
        "components/render/src",
        "crates/access/src",
        "crates/billing/src",
        "crates/limits/src",
    ] {
        let by_others = |path: &Path| !path.ends_with("estimate_id.rs");
        for (path, text) in sources(&repository().join(folder)).into_iter().filter(|(path, _)| by_others(path)) {
            let read = text.split("#[derive(").skip(1).filter(|rest| {
                rest.split_once(")]").is_some_and(|(derived, _)| derived.split(", ").any(|name| name == "Deserialize"))
            });
            for declaration in read.filter_map(|rest| rest.split("\n}").next()) {
                types += 1;
                let endless = |line: &&str| ["Vec<", "Map<", "Set<"].iter().any(|list| line.contains(list));
                found.extend(declaration.lines().filter(endless).map(|line| format!("{}: {line}", path.display())));
            }
        }
    }
    assert!(types > 40, "there are only {types} types");
    assert!(found.is_empty(), "use AtMost, List or Table:\n{}", found.join("\n"));
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    sources
}
