//! `spin.toml`, as far as this host understands it.
//!
//! Spin's manifest has more keys than these. A key this host does not know is an error, never ignored: what runs here
//! has to be what runs on Spin. Only what is under `application.tool` may be anything, since Spin looks at none of it; but for
//! `application.tool.farebox`, where this host finds what Spin has no key for.
//! Each field means what it means in Spin's manifest, version 2.

pub mod check;
pub mod unknown_keys;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor, value::MapAccessDeserializer};

use crate::capability_set::CapabilitySet;

#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// The version of the manifest's own format.
    pub spin_manifest_version: i64,
    /// Who this is.
    pub application: Application,
    /// What can be set from outside, by name.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// What makes a component run.
    pub trigger: Triggers,
    /// The components, by identifier.
    #[serde(default, rename = "component")]
    pub components: BTreeMap<String, Component>,
    /// The folder the manifest is in: what relative paths in it start from.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// `[application]`
#[derive(Debug, Deserialize)]
pub struct Application {
    pub name: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub authors: Vec<String>,
    #[serde(default)]
    pub trigger: TriggerDefaults,
    #[serde(default)]
    pub tool: Tools,
}

/// `[application.trigger.*]`: what all triggers of a kind have in common.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TriggerDefaults {
    pub redis: Option<RedisDefaults>,
}

/// `[application.trigger.redis]`
#[derive(Debug, Deserialize)]
pub struct RedisDefaults {
    /// Where messages come from, unless a trigger says otherwise: a template over the application's variables.
    pub address: String,
}

/// `[application.tool.<name>]`: what programs keep here that Spin does not look at. Only this host's own is read.
#[derive(Debug, Default)]
pub struct Tools {
    pub farebox: Farebox,
}

/// `[application.tool.farebox]`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Farebox {
    /// The paths at which an orchestrator asks how the application is. They are answered however busy it is. At the first it is looked
    /// whether the process is alive.
    pub probes: Vec<String>,
    /// The paths that are asked for by the host itself, with `POST`, and how often each.
    pub timers: BTreeMap<String, Every>,
}

/// How often something is done: from every 100 milliseconds to once a day.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Every(pub Duration);

impl TryFrom<String> for Every {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let every = text.parse::<jiff::SignedDuration>().ok().and_then(|every| Duration::try_from(every).ok());
        every
            .filter(|every| (Duration::from_millis(100)..=Duration::from_hours(24)).contains(every))
            .map(Self)
            .ok_or_else(|| {
                format!("{text:?} is not how often something is done; write it like \"1s\", from \"100ms\" to \"24h\"")
            })
    }
}

/// An application variable: it has a default, or somebody has to give it a value.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Variable {
    /// For people.
    pub description: String,
    /// It has no default.
    pub required: bool,
    /// The value unless another is given.
    pub default: Option<String>,
    /// Its value is not to be shown.
    pub secret: bool,
}

/// `[[trigger.*]]`
#[derive(Debug, Deserialize)]
pub struct Triggers {
    /// Requests over HTTP.
    #[serde(default)]
    pub http: Vec<HttpTrigger>,
    /// Messages of Redis.
    #[serde(default)]
    pub redis: Vec<RedisTrigger>,
}

/// `[[trigger.http]]`: requests to a route go to a component.
#[derive(Debug, Deserialize)]
pub struct HttpTrigger {
    /// A name for people; nothing refers to it.
    #[serde(default)]
    pub id: String,
    /// A path; `/...` at its end stands for everything under it, `:name` for one segment.
    pub route: String,
    /// The component that answers.
    pub component: String,
}

/// `[[trigger.redis]]`: what is published on a channel goes to a component.
#[derive(Debug, Deserialize)]
pub struct RedisTrigger {
    /// A name for people; nothing refers to it.
    #[serde(default)]
    pub id: String,
    /// The channel: a template over the application's variables.
    pub channel: String,
    /// The component that takes the messages.
    pub component: String,
    /// Where they come from, if not from where all do: a template over the application's variables.
    pub address: Option<String>,
}

/// `[component.<id>]`
#[derive(Debug, Deserialize)]
pub struct Component {
    /// The component's file, relative to the manifest's folder.
    pub source: PathBuf,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Folders the component can read.
    #[serde(default)]
    pub files: Vec<FileMount>,
    /// Its environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Its configuration variables, by name: templates over the application's.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The addresses it can reach: templates over the application's variables.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// The SQLite databases it can open, by label.
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    /// The key-value stores it can open. This host has none.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// What provides its imports.
    #[serde(default)]
    pub dependencies: BTreeMap<String, Dependency>,
    /// Every dependency inherits everything.
    pub dependencies_inherit_configuration: Option<bool>,
    /// How its file is made.
    pub build: Option<Build>,
}

/// An entry of `files`.
#[derive(Debug)]
pub enum FileMount {
    /// A glob pattern. This host does not support them.
    Pattern(String),
    /// A folder of the host, and where the component sees it.
    Placement(Placement),
}

/// `{ source, destination }` in `files`.
#[derive(Debug, Deserialize)]
pub struct Placement {
    /// A folder, relative to the manifest's.
    pub source: PathBuf,
    /// An absolute path.
    pub destination: String,
}

/// What provides some of a component's imports: a component of this application or a file.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    /// A component of the application. Its file is used, and nothing else of it.
    pub component: Option<String>,
    /// A component's file, relative to the manifest's folder.
    pub path: Option<PathBuf>,
    /// The export that is used; the one with the name of the import when absent.
    pub export: Option<String>,
    /// What the dependency may use of what the component may use.
    pub inherit_configuration: Option<Inherit>,
}

/// What a dependency inherits: everything, nothing, or the named capability sets.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Inherit {
    All(bool),
    These(Vec<String>),
}

/// `[component.<id>.build]`
#[derive(Debug, Deserialize)]
pub struct Build {
    /// Shell commands, run in order.
    pub command: Commands,
    /// Where they run, relative to the manifest's folder.
    #[serde(default)]
    pub workdir: PathBuf,
    /// What `spin watch` looks at. Not used by this host.
    #[serde(default)]
    pub watch: Vec<String>,
}

/// What a trigger of Redis says.
#[derive(Clone, Copy, Debug)]
pub struct Channel<'a> {
    /// Of the server.
    pub address: &'a str,
    pub channel: &'a str,
    pub component: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Commands {
    One(String),
    Many(Vec<String>),
}

impl Manifest {
    /// The application's variables that have a default, with it.
    pub fn defaults(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().filter_map(|(name, variable)| Some((name.as_str(), variable.default.as_deref()?)))
    }

    /// The routes of its triggers, each with the component it belongs to.
    pub fn routes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.trigger.http.iter().map(|trigger| (trigger.route.as_str(), trigger.component.as_str()))
    }

    /// The channels of its triggers, each with the component it belongs to, and the address: templates all but the component. One that
    /// has no address is left out; a manifest that has been checked has none.
    pub fn channels(&self) -> impl Iterator<Item = Channel<'_>> {
        let defaults = self.application.trigger.redis.as_ref().map(|redis| redis.address.as_str());
        self.trigger.redis.iter().filter_map(move |trigger| {
            let address = trigger.address.as_deref().or(defaults)?;
            Some(Channel { address, channel: &trigger.channel, component: &trigger.component })
        })
    }

    /// A path of the manifest, from where this process is.
    #[must_use]
    pub fn path(&self, relative: &Path) -> PathBuf {
        self.folder.join(relative)
    }
}

impl Component {
    /// What a dependency of this component inherits. A name that stands for nothing grants nothing.
    #[must_use]
    pub fn inherited_by(&self, dependency: &Dependency) -> Vec<CapabilitySet> {
        match &dependency.inherit_configuration {
            Some(Inherit::These(names)) => names.iter().filter_map(|name| CapabilitySet::from_name(name)).collect(),
            Some(Inherit::All(true)) => CapabilitySet::ALL.to_vec(),
            None if self.dependencies_inherit_configuration == Some(true) => CapabilitySet::ALL.to_vec(),
            Some(Inherit::All(false)) | None => Vec::new(),
        }
    }
}

impl Build {
    #[must_use]
    pub fn commands(&self) -> &[String] {
        match &self.command {
            Commands::One(command) => std::slice::from_ref(command),
            Commands::Many(commands) => commands,
        }
    }
}

impl<'de> Deserialize<'de> for Tools {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ToolsVisitor;

        impl<'de> Visitor<'de> for ToolsVisitor {
            type Value = Tools;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of tables")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tools, A::Error> {
                let mut tools = Tools::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "farebox" {
                        tools.farebox = map.next_value()?;
                    } else {
                        map.next_value::<toml::Table>()?;
                    }
                }
                Ok(tools)
            }
        }

        deserializer.deserialize_map(ToolsVisitor)
    }
}

impl<'de> Deserialize<'de> for FileMount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FileMountVisitor;

        impl<'de> Visitor<'de> for FileMountVisitor {
            type Value = FileMount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{ source = \"folder\", destination = \"/path\" }")
            }

            fn visit_str<E: Error>(self, pattern: &str) -> Result<FileMount, E> {
                Ok(FileMount::Pattern(pattern.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FileMount, A::Error> {
                Placement::deserialize(MapAccessDeserializer::new(map)).map(FileMount::Placement)
            }
        }

        deserializer.deserialize_any(FileMountVisitor)
    }
}
