//! The components of an application that run: each composed with its own dependencies, compiled, and given its own
//! grants.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use wasmtime::component::Linker;

use crate::compiler::Compiler;
use crate::compose::{self, compose};
use crate::engine::anyhow_error;
use crate::grants::{Grants, Shared};
use crate::manifest::{Component, Manifest};
use crate::misfits::Misfits;
use crate::serve::{Instances, Reuse};
use crate::state::Guest;
use crate::values::Values;

pub struct Application<'a> {
    pub manifest: &'a Manifest,
    pub values: &'a Values,
    /// What its components share of this host.
    pub shared: Shared,
    /// Whether components are asked through `wasi:http` even if they have something quicker.
    pub wasi_http_only: bool,
}

/// The components that run, by identifier. One that answers requests and takes messages is in both.
#[derive(Default)]
pub struct Components {
    /// Those that answer requests.
    pub asked: BTreeMap<String, Instances>,
    /// Those that take messages.
    pub told: BTreeMap<String, Instances>,
}

impl Application<'_> {
    /// Makes every component ready that a trigger names. One that several triggers of a kind name is made once, and they share
    /// its instances.
    ///
    /// # Errors
    ///
    /// All components that cannot be run here, each with the reason: a file that is missing, dependencies that do not
    /// fit, an import the host does not have, or a grant it cannot give.
    pub fn components(&self, compiler: &Compiler, linker: &Linker<Guest>, reuse: Reuse) -> anyhow::Result<Components> {
        let mut misfits = Misfits::default();
        let mut components = Components::default();
        let asked: BTreeSet<_> = self.manifest.routes().map(|(_, component)| component).collect();
        let told: BTreeSet<_> = self.manifest.channels().map(|channel| channel.component).collect();
        for id in asked.union(&told).copied() {
            let made = self.compiled(id, compiler).and_then(|(compiled, grants)| {
                if asked.contains(id) {
                    let instances = Instances::new(linker, &compiled, Arc::clone(&grants), reuse, self.wasi_http_only)
                        .map_err(anyhow_error)
                        .context("it does not fit the local host, which serves HTTP and provides WASI and Spin's redis, sqlite and variables")?;
                    components.asked.insert(id.to_owned(), instances);
                }
                if told.contains(id) {
                    let instances = Instances::told(linker, &compiled, grants, reuse).map_err(anyhow_error).context(
                        "it does not fit the local host, or takes no messages of Redis, for which it has to export spin:redis/inbound-redis@3.0.0",
                    )?;
                    components.told.insert(id.to_owned(), instances);
                }
                Ok(())
            });
            if let Err(error) = made {
                misfits.add(format!("component {id:?}"), format!("{error:#}"));
            }
        }
        misfits.into_result("the application cannot be started")?;
        Ok(components)
    }

    fn compiled(&self, id: &str, compiler: &Compiler) -> anyhow::Result<(wasmtime::component::Component, Arc<Grants>)> {
        let component = self.manifest.components.get(id).context("it is not in the manifest")?;
        let composed = compose(id, self.read(&component.source)?, self.dependencies(component)?)?;
        let compiled = compiler.component(&composed)?;
        let grants = Arc::new(Grants::new(self.manifest, id, component, self.values, &self.shared)?);
        Ok((compiled, grants))
    }

    fn dependencies(&self, component: &Component) -> anyhow::Result<Vec<compose::Dependency>> {
        let mut dependencies = Vec::new();
        for (key, dependency) in &component.dependencies {
            let source = match (&dependency.component, &dependency.path) {
                (Some(id), _) => self.manifest.components.get(id).map(|provider| &provider.source),
                (None, path) => path.as_ref(),
            };
            let source = source.with_context(|| format!("the dependency {key:?} has no file"))?;
            dependencies.push(compose::Dependency {
                name: key.parse().map_err(anyhow::Error::msg)?,
                bytes: self.read(source)?,
                export: dependency.export.clone(),
                inherits: component.inherited_by(dependency),
            });
        }
        Ok(dependencies)
    }

    fn read(&self, source: &Path) -> anyhow::Result<Vec<u8>> {
        let path = self.manifest.path(source);
        std::fs::read(&path).with_context(|| format!("cannot read {path:?}; build it first, or use --build"))
    }
}

#[cfg(test)]
mod tests;
