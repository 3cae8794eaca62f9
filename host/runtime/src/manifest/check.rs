//! What Spin checks before it runs a manifest, and what it would only find out later.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Dependency, FileMount, Inherit, Manifest};
use crate::capability_set::CapabilitySet;
use crate::dependency_name::{DependencyName, is_kebab, is_snake};
use crate::misfits::Misfits;
use crate::routes::Routes;
use crate::sqlite;
use crate::template::Template;

/// Adds everything that is wrong.
pub fn check(manifest: &Manifest, misfits: &mut Misfits) {
    if manifest.spin_manifest_version != 2 {
        misfits.add(
            "spin_manifest_version",
            format!("{} is not supported; it has to be 2", manifest.spin_manifest_version),
        );
    }
    variables(manifest, misfits);
    triggers(manifest, misfits);
    for (id, component) in &manifest.components {
        Check { manifest, id, component, misfits }.all();
    }
}

fn variables(manifest: &Manifest, misfits: &mut Misfits) {
    for (name, variable) in &manifest.variables {
        let place = format!("variable {name:?}");
        if !is_snake(name) {
            misfits.add(&place, "its name has to be lower-case words with \"_\" between them");
        }
        match (variable.required, &variable.default) {
            (true, Some(_)) => misfits.add(&place, "it is required and has a default; remove one of the two"),
            (false, None) => misfits.add(&place, "it has no default; add one, or `required = true`"),
            _ => {}
        }
    }
}

fn triggers(manifest: &Manifest, misfits: &mut Misfits) {
    if manifest.trigger.http.is_empty() {
        misfits.add("trigger.http", "there is none, so nothing would ever run; add a [[trigger.http]]");
    }
    for trigger in &manifest.trigger.http {
        if !manifest.components.contains_key(&trigger.component) {
            misfits.add(
                format!("trigger {:?}", trigger.route),
                format!("there is no component {:?}; {}", trigger.component, known_components(manifest)),
            );
        }
    }
    if let Err(errors) = Routes::new(manifest.routes()) {
        for error in errors {
            misfits.add("trigger.http", error);
        }
    }
}

struct Check<'a> {
    manifest: &'a Manifest,
    id: &'a str,
    component: &'a Component,
    misfits: &'a mut Misfits,
}

impl Check<'_> {
    fn all(&mut self) {
        if !is_kebab(self.id) {
            self.add("", "its identifier has to be lower-case words with \"-\" between them");
        }
        self.files();
        self.templates();
        self.stores();
        self.dependencies();
    }

    fn add(&mut self, key: &str, message: impl std::fmt::Display) {
        let comma = if key.is_empty() { "" } else { ", " };
        self.misfits.add(format!("component {:?}{comma}{key}", self.id), message);
    }

    fn files(&mut self) {
        let mut destinations = BTreeSet::new();
        for mount in &self.component.files {
            match mount {
                FileMount::Pattern(pattern) => self.add(
                    "files",
                    format!(
                        "the local host does not support patterns such as {pattern:?}; \
                         write {{ source = \"folder\", destination = \"/path\" }}"
                    ),
                ),
                FileMount::Placement(placement) => {
                    if !self.manifest.path(&placement.source).is_dir() {
                        self.add("files", format!("there is no folder {:?}", placement.source));
                    }
                    if !placement.destination.starts_with('/') {
                        self.add(
                            "files",
                            format!("the destination {:?} has to be an absolute path", placement.destination),
                        );
                    }
                    if !destinations.insert(&placement.destination) {
                        self.add("files", format!("two folders have the destination {:?}", placement.destination));
                    }
                }
            }
        }
    }

    fn templates(&mut self) {
        for (name, template) in &self.component.variables {
            if !is_snake(name) {
                self.add("variables", format!("{name:?} has to be lower-case words with \"_\" between them"));
            }
            self.template(&format!("variable {name:?}"), template);
        }
        for template in &self.component.allowed_outbound_hosts {
            self.template("allowed_outbound_hosts", template);
        }
    }

    fn template(&mut self, key: &str, template: &str) {
        match Template::parse(template) {
            Ok(template) => {
                for name in template.variables().filter(|name| !self.manifest.variables.contains_key(*name)) {
                    self.add(key, format!("the application has no variable {name:?}; add it to [variables]"));
                }
            }
            Err(error) => self.add(key, error),
        }
    }

    fn stores(&mut self) {
        for label in self.component.sqlite_databases.iter().filter(|label| *label != sqlite::DEFAULT_LABEL) {
            self.add(
                "sqlite_databases",
                format!(
                    "the database {label:?} is not defined: Spin needs a runtime configuration file for any but \
                     \"default\", and the local host has only that one; use \"default\""
                ),
            );
        }
        for label in &self.component.key_value_stores {
            self.add(
                "key_value_stores",
                format!("the local host has no key-value stores, so none called {label:?}; remove it"),
            );
        }
    }

    fn dependencies(&mut self) {
        let per_dependency = self.component.dependencies.values().any(|d| d.inherit_configuration.is_some());
        if self.component.dependencies_inherit_configuration.is_some() && per_dependency {
            self.add(
                "dependencies_inherit_configuration",
                "a dependency has its own `inherit_configuration`; use one or the other",
            );
        }
        let mut registered: BTreeMap<String, &str> = BTreeMap::new();
        for (key, dependency) in &self.component.dependencies {
            let place = format!("dependency {key:?}");
            match key.parse::<DependencyName>() {
                Ok(name) => {
                    if let Some(other) = registered.insert(name.registered_as().to_owned(), key) {
                        self.add(
                            &place,
                            format!(
                                "{other:?} is for the same WIT package, which Spin cannot compose (\"package has \
                                 already been registered in the graph\"); use one key for the whole package"
                            ),
                        );
                    }
                    if name.is_whole_package() && dependency.export.is_some() {
                        self.add(
                            &place,
                            "`export` names one interface, but the key a whole package; add the interface to the key",
                        );
                    }
                }
                Err(error) => self.add(&place, error),
            }
            self.provider(&place, dependency);
            self.inherits(&place, dependency);
        }
    }

    fn provider(&mut self, place: &str, dependency: &Dependency) {
        let id = match (&dependency.component, &dependency.path) {
            (Some(id), None) => id,
            (None, Some(_)) => return,
            _ => return self.add(place, "it has to have either `component` or `path`"),
        };
        let Some(provider) = self.manifest.components.get(id) else {
            return self.add(place, format!("there is no component {id:?}; {}", known_components(self.manifest)));
        };
        // Spin uses the file of such a component and nothing else, and refuses it when that would surprise.
        for (key, is_set) in [
            ("variables", !provider.variables.is_empty()),
            ("environment", !provider.environment.is_empty()),
            ("files", !provider.files.is_empty()),
            ("allowed_outbound_hosts", !provider.allowed_outbound_hosts.is_empty()),
            ("sqlite_databases", !provider.sqlite_databases.is_empty()),
            ("key_value_stores", !provider.key_value_stores.is_empty()),
            ("dependencies", !provider.dependencies.is_empty()),
        ] {
            if is_set {
                self.add(
                    place,
                    format!(
                        "`{key}` of the component {id:?} would have no effect here; grant it to {:?} and list it in \
                         the dependency's `inherit_configuration`",
                        self.id
                    ),
                );
            }
        }
    }

    fn inherits(&mut self, place: &str, dependency: &Dependency) {
        let Some(Inherit::These(names)) = &dependency.inherit_configuration else { return };
        for name in names.iter().filter(|name| CapabilitySet::from_name(name).is_none()) {
            let known = CapabilitySet::ALL.map(CapabilitySet::name).join(", ");
            self.add(
                place,
                format!("`inherit_configuration` has {name:?}, which Spin would ignore; the names are {known}"),
            );
        }
    }
}

fn known_components(manifest: &Manifest) -> String {
    format!("the components are {}", manifest.components.keys().cloned().collect::<Vec<_>>().join(", "))
}
