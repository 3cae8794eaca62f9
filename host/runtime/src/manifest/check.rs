//! What Spin checks before it runs a manifest, and what it would only find out later. What depends on the capabilities
//! this host has is checked by each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Dependency, Inherit, Manifest};
use crate::capability_set::CapabilitySet;
use crate::dependency_name::{DependencyName, is_kebab, is_snake};
use crate::misfits::Misfits;
use crate::routes::Routes;
use crate::template::Template;

/// Adds what is wrong with a manifest as a whole.
pub fn application(manifest: &Manifest, misfits: &mut Misfits) {
    if manifest.spin_manifest_version != 2 {
        misfits.add(
            "spin_manifest_version",
            format!("{} is not supported; it has to be 2", manifest.spin_manifest_version),
        );
    }
    variables(manifest, misfits);
    triggers(manifest, misfits);
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
    if manifest.trigger.http.is_empty() && manifest.trigger.redis.is_empty() {
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
    channels(manifest, misfits);
    match Routes::new(manifest.routes()) {
        Ok(routes) => asked_by_the_host(manifest, &routes, misfits),
        Err(errors) => errors.into_iter().for_each(|error| misfits.add("trigger.http", error)),
    }
}

/// What triggers of Redis say.
fn channels(manifest: &Manifest, misfits: &mut Misfits) {
    let defaults = manifest.application.trigger.redis.as_ref();
    if let Some(defaults) = defaults {
        template(manifest, &defaults.address, "application.trigger.redis, address", misfits);
    }
    for trigger in &manifest.trigger.redis {
        let place = format!("trigger of the channel {:?}", trigger.channel);
        if !manifest.components.contains_key(&trigger.component) {
            let known = known_components(manifest);
            misfits.add(&place, format!("there is no component {:?}; {known}", trigger.component));
        }
        if trigger.channel.is_empty() {
            misfits.add(&place, "it has to have a name");
        }
        template(manifest, &trigger.channel, &place, misfits);
        match &trigger.address {
            Some(address) => template(manifest, address, &format!("{place}, address"), misfits),
            None if defaults.is_none() => misfits.add(
                &place,
                "it has no address; add one, or for all of them [application.trigger.redis] with \
                 address = \"redis://host:port\"",
            ),
            None => {}
        }
    }
}

/// Adds what is wrong with a template over the application's variables.
fn template(manifest: &Manifest, template: &str, place: &str, misfits: &mut Misfits) {
    match Template::parse(template) {
        Ok(template) => {
            for name in template.variables().filter(|name| !manifest.variables.contains_key(*name)) {
                misfits.add(place, format!("the application has no variable {name:?}; add it to [variables]"));
            }
        }
        Err(error) => misfits.add(place, error),
    }
}

/// Probes and timers are paths that somebody answers.
fn asked_by_the_host(manifest: &Manifest, routes: &Routes, misfits: &mut Misfits) {
    let wrong = |path: &str, such_as: &str| {
        if !path.starts_with('/') || path.contains(['?', '#', '*', ' ']) || path.ends_with("/...") {
            Some(format!("has to be a path, such as {such_as:?}"))
        } else if routes.component(path).is_none() {
            Some("has no route: no trigger answers it".to_owned())
        } else {
            None
        }
    };
    let mut seen = BTreeSet::new();
    for probe in &manifest.application.tool.farebox.probes {
        let twice = || (!seen.insert(probe)).then(|| "is there twice".to_owned());
        if let Some(wrong) = wrong(probe, "/healthz").or_else(twice) {
            misfits.add("application.tool.farebox.probes", format!("{probe:?} {wrong}"));
        }
    }
    for timer in manifest.application.tool.farebox.timers.keys() {
        if let Some(wrong) = wrong(timer, "/internal/jobs/repair") {
            misfits.add("application.tool.farebox.timers", format!("{timer:?} {wrong}"));
        }
    }
}

/// A component that is being checked, and where to say what does not fit.
pub struct Checked<'a> {
    /// The manifest it is in.
    pub manifest: &'a Manifest,
    /// Its identifier.
    pub id: &'a str,
    /// What the manifest says of it.
    pub component: &'a Component,
    /// What did not fit so far.
    pub misfits: &'a mut Misfits,
}

impl Checked<'_> {
    /// Adds what is wrong with a key of the component.
    pub fn add(&mut self, key: &str, message: impl std::fmt::Display) {
        let place = self.place(key);
        self.misfits.add(place, message);
    }

    /// Adds what is wrong with a template over the application's variables.
    pub fn template(&mut self, key: &str, template: &str) {
        let place = self.place(key);
        self::template(self.manifest, template, &place, self.misfits);
    }

    fn place(&self, key: &str) -> String {
        let comma = if key.is_empty() { "" } else { ", " };
        format!("component {:?}{comma}{key}", self.id)
    }

    /// Adds what is wrong with its identifier and its dependencies.
    pub fn composition(&mut self) {
        if !is_kebab(self.id) {
            self.add("", "its identifier has to be lower-case words with \"-\" between them");
        }
        self.dependencies();
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
