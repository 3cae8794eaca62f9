//! What a component is granted, gathered from the capabilities.

use std::path::PathBuf;
use std::sync::Arc;

pub use crate::capabilities::allowed_hosts::AllowedHosts;
use crate::capabilities::redis::Redis;
use crate::capabilities::sqlite::Database;
use crate::capabilities::variables::ComponentVariables;
use crate::capabilities::{allowed_hosts, environment, files, sqlite, variables};
use crate::manifest::{Component, Manifest};
use crate::values::Values;

/// What one component is granted. Its instances share it.
pub struct Grants {
    /// The component's identifier.
    pub component: Arc<str>,
    /// Folders it can read, and where it sees them.
    pub folders: Vec<(PathBuf, String)>,
    /// Its environment variables.
    pub environment: Vec<(String, String)>,
    /// Its configuration variables.
    pub variables: Arc<ComponentVariables>,
    /// The addresses it can reach.
    pub allowed_hosts: Arc<AllowedHosts>,
    /// The default database, when it is granted.
    pub database: Option<Database>,
    /// The connections to Redis of all components.
    pub redis: Redis,
    /// The most memory an instance may have, in bytes.
    pub memory: usize,
}

/// What all components of an application share.
#[derive(Default)]
pub struct Shared {
    /// The default database, when anybody is granted it.
    pub database: Option<Database>,
    /// The connections to Redis.
    pub redis: Redis,
    /// The most memory an instance may have, in bytes.
    pub memory: usize,
}

impl Grants {
    /// What the manifest grants the component that it has under this identifier.
    ///
    /// # Errors
    ///
    /// A template of its variables or addresses does not expand, or not to an address.
    pub fn new(
        manifest: &Manifest,
        id: &str,
        component: &Component,
        values: &Values,
        shared: &Shared,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            component: id.into(),
            folders: files::grant(manifest, component),
            environment: environment::grant(component),
            variables: Arc::new(variables::grant(component, values)?),
            allowed_hosts: Arc::new(allowed_hosts::grant(component, values)?),
            database: sqlite::grant(component, shared.database.as_ref()),
            redis: shared.redis.clone(),
            memory: shared.memory,
        })
    }
}
