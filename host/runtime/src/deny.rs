//! Cuts a dependency off from the host's capabilities that it does not inherit.
//!
//! A denied interface is provided by a tiny component of our own, composed in front of the dependency, that says no:
//! the host's implementation cannot be reached at all. What each function answers is what Spin's own adapter answers.
//! `redis.open` and `sqlite.open` are errors, a variable is undefined, and there are no environment variables, no
//! arguments and no directories.
//!
//! Outgoing HTTP and sockets have no such component, because this host denies them to everybody. The interfaces the
//! host does not have at all (key-value stores, MySQL, ...) are refused when the component is linked.

use anyhow::Context as _;
use wac_graph::CompositionGraph;
use wac_graph::types::{Package, SubtypeChecker};

use crate::capabilities;
use crate::capabilities::outgoing::is_denied_to_everybody;
use crate::capability_set::CapabilitySet;

/// The component with every capability denied that is not in `inherited`.
///
/// # Errors
///
/// Not a component; or it imports a denied interface in a form that this host cannot deny.
pub fn deny(component: Vec<u8>, inherited: &[CapabilitySet]) -> anyhow::Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let package = Package::from_bytes("dependency", None, component.clone(), graph.types_mut())?;
    let world = package.ty();
    let imports: Vec<String> = graph.types()[world].imports.keys().cloned().collect();
    let exports: Vec<String> = graph.types()[world].exports.keys().cloned().collect();
    let package = graph.register_package(package)?;
    let dependency = graph.instantiate(package);

    let mut denied = false;
    for import in imports {
        let inherits = CapabilitySet::of_import(&import).is_none_or(|set| inherited.contains(&set));
        if inherits || is_denied_to_everybody(&import) {
            continue;
        }
        let cannot = || format!("it imports {import:?}, which cannot be denied; list it in `inherit_configuration`");
        // Nothing is let through for want of a denial: the host would take an older version for its own.
        let (interface, version) = import.split_once('@').with_context(cannot)?;
        let denial = capabilities::denial(interface, version).with_context(cannot)?.encode(version)?;
        let denial = Package::from_bytes(&format!("deny:{interface}"), None, denial, graph.types_mut())?;
        let offered = graph.types()[denial.ty()].exports[&import];
        let wanted = graph.types()[world].imports[&import];
        let mut cache = Default::default();
        SubtypeChecker::new(&mut cache)
            .is_subtype(offered, graph.types(), wanted, graph.types())
            .with_context(cannot)?;
        let denial = graph.register_package(denial)?;
        let denial = graph.instantiate(denial);
        let denial = graph.alias_instance_export(denial, &import)?;
        graph.set_instantiation_argument(dependency, &import, denial)?;
        denied = true;
    }
    if !denied {
        return Ok(component);
    }
    for export in exports {
        let alias = graph.alias_instance_export(dependency, &export)?;
        graph.export(alias, &export)?;
    }
    Ok(graph.encode(Default::default())?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use wasmtime::component::{Component, Linker};
    use wasmtime::{Config, Engine, Store};
    use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
    use wit_parser::Resolve;

    use super::*;
    use crate::capabilities::denial::Denial;

    fn denial(import: &str) -> (&'static Denial, &str) {
        let (interface, version) = import.split_once('@').unwrap();
        (capabilities::denial(interface, version).unwrap(), version)
    }

    /// A component that imports every capability and says what it finds.
    fn probe() -> Vec<u8> {
        let mut resolve = Resolve::default();
        let fill = |text: &str| text.replace("VERSION", "0.2.3").replace("INITIAL-CWD", "initial-cwd");
        for import in [
            "spin:redis/redis@3.0.0",
            "spin:sqlite/sqlite@3.1.0",
            "spin:variables/variables@3.0.0",
            "wasi:cli/environment@0.2.3",
            "wasi:filesystem/preopens@0.2.3",
        ] {
            resolve.push_str(import, &fill(denial(import).0.wit)).unwrap();
        }
        let package = resolve.push_str("probe", include_str!("deny/probe.wit")).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = wat::parse_str(include_str!("deny/probe.wat")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    fn imports(component: &[u8]) -> Vec<String> {
        let mut graph = CompositionGraph::new();
        let package = Package::from_bytes("probe", None, component, graph.types_mut()).unwrap();
        graph.types()[package.ty()].imports.keys().cloned().collect()
    }

    /// What is not inherited is answered as Spin answers it, without the host: nothing is linked that could be reached.
    #[tokio::test]
    async fn the_host_cannot_be_reached() {
        let engine = Engine::new(Config::new().wasm_component_model_async(true)).unwrap();
        let component = Component::new(&engine, deny(probe(), &[]).unwrap()).unwrap();
        let mut linker = Linker::<()>::new(&engine);
        // The type of a directory is no capability.
        let descriptor = wasmtime::component::ResourceType::host::<()>();
        linker
            .instance("wasi:filesystem/types@0.2.3")
            .unwrap()
            .resource("descriptor", descriptor, |_, _| Ok(()))
            .unwrap();
        let mut store = Store::new(&engine, ());
        let probe = linker.instantiate_async(&mut store, &component).await.unwrap();

        for (name, expected) in [("redis", "\"spin:redis/redis\" is not permitted"), ("variables", "default")] {
            let function = probe.get_typed_func::<(), (String,)>(&mut store, name).unwrap();
            assert_eq!(function.call_async(&mut store, ()).await.unwrap().0, expected, "{name}");
        }
        let access_denied = 1;
        for (name, expected) in
            [("sqlite", access_denied), ("sqlite-async", access_denied), ("environment", 0), ("directories", 0)]
        {
            let function = probe.get_typed_func::<(), (u32,)>(&mut store, name).unwrap();
            assert_eq!(function.call_async(&mut store, ()).await.unwrap().0, expected, "{name}");
        }
    }

    /// What is inherited still comes from the host, and nothing else does.
    #[test]
    fn what_is_inherited_stays_an_import() {
        for (inherited, expected) in [
            (vec![], vec![]),
            (vec![CapabilitySet::Variables], vec!["spin:variables/variables@3.0.0"]),
            (
                vec![CapabilitySet::AllowedOutboundHosts, CapabilitySet::SqliteDatabases],
                vec!["spin:redis/redis@3.0.0", "spin:sqlite/sqlite@3.1.0"],
            ),
            (
                vec![CapabilitySet::Environment, CapabilitySet::Files],
                vec!["wasi:cli/environment@0.2.3", "wasi:filesystem/preopens@0.2.3"],
            ),
        ] {
            let mut left = imports(&deny(probe(), &inherited).unwrap());
            left.retain(|import| import != "wasi:filesystem/types@0.2.3");
            left.sort_unstable();
            assert_eq!(left, expected, "{inherited:?}");
        }
        assert_eq!(deny(probe(), &CapabilitySet::ALL).unwrap(), probe());
    }

    /// A version without a denial is refused: the host would take it for one of its own, and let it through.
    #[test]
    fn what_cannot_be_denied_is_refused() {
        for import in ["spin:sqlite/sqlite@3.0.0", "spin:redis/redis@3.0.1", "spin:variables/variables"] {
            let component = wat::parse_str(format!("(component (import {import:?} (instance)))")).unwrap();
            let error = format!("{:#}", deny(component.clone(), &[]).unwrap_err());
            assert!(error.contains(import) && error.contains("inherit_configuration"), "{error}");
            assert!(deny(component, &CapabilitySet::ALL).is_ok());
        }
        let harmless = wat::parse_str("(component (import \"wasi:sockets/tcp@0.2.6\" (instance)))").unwrap();
        assert_eq!(deny(harmless.clone(), &[]).unwrap(), harmless);
    }

    /// There is a denial for every version that WASI has had.
    #[test]
    fn every_denial_encodes() {
        for import in [
            "spin:redis/redis@3.0.0",
            "spin:sqlite/sqlite@3.1.0",
            "spin:variables/variables@3.0.0",
            "wasi:cli/environment@0.2.0",
            "wasi:cli/environment@0.2.6",
            "wasi:cli/environment@0.3.0",
            "wasi:filesystem/preopens@0.2.6",
            "wasi:filesystem/preopens@0.3.0",
        ] {
            let (denial, version) = denial(import);
            denial.encode(version).unwrap_or_else(|error| panic!("{import}: {error:#}"));
        }
    }
}
