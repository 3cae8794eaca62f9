//! Composes a component with its dependencies, exactly as Spin does: the same rules for which import a dependency is
//! for, the same errors, the same graph.

use std::collections::BTreeMap;

use anyhow::Context as _;
use wac_graph::types::{Package, SubtypeChecker, WorldId};
use wac_graph::{CompositionGraph, NodeId};

use crate::capability_set::CapabilitySet;
use crate::deny::deny;
use crate::dependency_name::DependencyName;
use crate::misfits::Misfits;

/// A dependency, ready to be composed.
pub struct Dependency {
    /// The imports it is for.
    pub name: DependencyName,
    pub bytes: Vec<u8>,
    /// The export that is used; the one with the name of the import when absent.
    pub export: Option<String>,
    /// What it may use of what the component may use.
    pub inherits: Vec<CapabilitySet>,
}

/// One component out of a component and its dependencies.
///
/// What the dependencies do not inherit is denied to them; see [`deny`](crate::deny). What no dependency provides
/// stays an import.
///
/// # Errors
///
/// Everything that does not fit, all at once, each naming the component `id` and the dependency.
pub fn compose(id: &str, bytes: Vec<u8>, dependencies: Vec<Dependency>) -> anyhow::Result<Vec<u8>> {
    if dependencies.is_empty() {
        return Ok(bytes);
    }
    let mut composer = Composer { graph: CompositionGraph::new(), id, misfits: Misfits::default() };
    let root = composer.instantiate(id, bytes).with_context(|| format!("the component {id:?}"))?;
    let arguments = composer.arguments(&root, dependencies);
    let Composer { mut graph, misfits, .. } = composer;
    misfits.into_result("its dependencies do not fit")?;

    for (import, argument) in arguments {
        graph.set_instantiation_argument(root.node, &import, argument)?;
    }
    let exports: Vec<String> = graph.types()[root.world].exports.keys().cloned().collect();
    for export in exports {
        let alias = graph.alias_instance_export(root.node, &export)?;
        graph.export(alias, &export)?;
    }
    graph.encode(Default::default()).with_context(|| format!("component {id:?} cannot be composed"))
}

struct Composer<'a> {
    graph: CompositionGraph,
    id: &'a str,
    misfits: Misfits,
}

struct Instance {
    world: WorldId,
    node: NodeId,
}

impl Composer<'_> {
    fn instantiate(&mut self, name: &str, bytes: Vec<u8>) -> anyhow::Result<Instance> {
        let package = Package::from_bytes(name, None, bytes, self.graph.types_mut())?;
        let world = package.ty();
        let package = self.graph.register_package(package)?;
        Ok(Instance { world, node: self.graph.instantiate(package) })
    }

    /// What each import of the root is given, as far as dependencies provide it.
    fn arguments(&mut self, root: &Instance, dependencies: Vec<Dependency>) -> BTreeMap<String, NodeId> {
        let imports: Vec<String> = self.graph.types()[root.world].imports.keys().cloned().collect();
        let mut arguments = BTreeMap::new();
        let mut providers: BTreeMap<&str, String> = BTreeMap::new();
        for Dependency { name, bytes, export, inherits } in dependencies {
            let place = format!("dependency \"{name}\"");
            let matched: Vec<&String> = imports.iter().filter(|import| name.matches(import)).collect();
            if matched.is_empty() {
                let message = format!("it does not match any import of component {:?}, which has {imports:?}", self.id);
                self.misfits.add(&place, message);
                continue;
            }
            let registered = deny(bytes, &inherits).and_then(|bytes| self.instantiate(name.registered_as(), bytes));
            let instance = match registered {
                Ok(instance) => instance,
                Err(error) => {
                    self.misfits.add(&place, format!("{error:#}"));
                    continue;
                }
            };
            for import in matched {
                if let Some(other) = providers.insert(import, name.to_string()) {
                    self.misfits.add(&place, format!("the dependency {other:?} provides {import:?} too"));
                    continue;
                }
                match self.argument(root, import, &instance, export.as_ref().unwrap_or(import)) {
                    Ok(argument) => _ = arguments.insert(import.clone(), argument),
                    Err(error) => self.misfits.add(&place, format!("{error:#}")),
                }
            }
        }
        arguments
    }

    fn argument(&mut self, root: &Instance, import: &str, from: &Instance, export: &str) -> anyhow::Result<NodeId> {
        let types = self.graph.types();
        let Some(offered) = types[from.world].exports.get(export) else {
            let exports: Vec<&String> = types[from.world].exports.keys().collect();
            anyhow::bail!("it does not export {export:?} to satisfy the import {import:?}; it has {exports:?}");
        };
        let mut cache = Default::default();
        SubtypeChecker::new(&mut cache)
            .is_subtype(*offered, types, types[root.world].imports[import], types)
            .with_context(|| format!("its export {export:?} is not compatible with the import {import:?}"))?;
        Ok(self.graph.alias_instance_export(from.node, export)?)
    }
}

#[cfg(test)]
mod tests;
