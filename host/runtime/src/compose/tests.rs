#![allow(clippy::unwrap_used)]

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Store};

use super::*;

/// A component that provides `test:part/one@0.1.0`, whose `number` is 41.
const PART: &str = r#"(component
    (core module $code (func (export "number") (result i32) i32.const 41))
    (core instance $code (instantiate $code))
    (func $number (result u32) (canon lift (core func $code "number")))
    (instance $one (export "number" (func $number)))
    (export "test:part/one@0.1.0" (instance $one))
    (export "test:part/spare@0.1.0" (instance $one)))"#;

/// A component that imports interfaces of this type, and exports `number` of the first as it is.
fn root(imports: &[&str], number: &str) -> String {
    let imports: Vec<String> = imports
        .iter()
        .enumerate()
        .map(|(i, import)| format!("(import {import:?} (instance $i{i} (export \"number\" (func {number}))))"))
        .collect();
    format!(
        "(component {} (alias export $i0 \"number\" (func $number)) (export \"run\" (func $number)))",
        imports.concat()
    )
}

fn dependency(name: &str, component: &str) -> Dependency {
    Dependency {
        name: name.parse().unwrap(),
        bytes: wat::parse_str(component).unwrap(),
        export: None,
        inherits: Vec::new(),
    }
}

fn composed(root: &str, dependencies: Vec<Dependency>) -> Result<Vec<u8>, String> {
    compose("web", wat::parse_str(root).unwrap(), dependencies).map_err(|error| format!("{error:#}"))
}

async fn run(component: &[u8]) -> u32 {
    let engine = Engine::new(Config::new().wasm_component_model_async(true)).unwrap();
    let component = Component::new(&engine, component).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_async(&mut store, &component).await.unwrap();
    let run = instance.get_typed_func::<(), (u32,)>(&mut store, "run").unwrap();
    run.call_async(&mut store, ()).await.unwrap().0
}

/// A dependency provides what its key says, and the component's own exports stay.
#[tokio::test]
async fn a_dependency_provides_the_imports_it_is_for() {
    let root = root(&["test:part/one@0.1.0"], "(result u32)");
    for key in ["test:part@0.1.0", "test:part", "test:part/one", "test:part/one@0.1.0"] {
        assert_eq!(run(&composed(&root, vec![dependency(key, PART)]).unwrap()).await, 41, "{key}");
    }
    assert_eq!(composed(&root, Vec::new()).unwrap(), wat::parse_str(&root).unwrap());
}

/// `export` chooses another export of the dependency.
#[tokio::test]
async fn another_export_can_be_chosen() {
    let root = root(&["other:name/one@0.1.0"], "(result u32)");
    let chosen = Dependency { export: Some("test:part/spare@0.1.0".to_owned()), ..dependency("other:name/one", PART) };
    assert_eq!(run(&composed(&root, vec![chosen]).unwrap()).await, 41);
}

/// What Spin refuses to compose is refused here, and all of it at once.
#[test]
fn what_does_not_fit_is_named() {
    let one = root(&["test:part/one@0.1.0"], "(result u32)");
    for (root, dependencies, expected) in [
        (
            &one,
            vec![dependency("test:prat", PART)],
            "dependency \"test:prat\": it does not match any import of component \"web\"",
        ),
        (
            &root(&["test:part/one@0.1.0"], "(result u64)"),
            vec![dependency("test:part", PART)],
            "dependency \"test:part\": its export \"test:part/one@0.1.0\" is not compatible with the import",
        ),
        (
            &root(&["test:part/two@0.1.0"], "(result u32)"),
            vec![dependency("test:part", PART)],
            "dependency \"test:part\": it does not export \"test:part/two@0.1.0\" to satisfy the import",
        ),
        (&one, vec![dependency("test:part", "(module)")], "dependency \"test:part\":"),
        (
            &one,
            vec![dependency("test:part/one", PART), dependency("test:part@0.1.0", PART)],
            "dependency \"test:part@0.1.0\":",
        ),
    ] {
        let error = composed(root, dependencies).unwrap_err();
        assert!(error.starts_with("its dependencies do not fit: 1 problem"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    let both = vec![dependency("test:prat", PART), dependency("a:b", PART)];
    assert!(composed(&one, both).unwrap_err().contains("2 problems"));
}
