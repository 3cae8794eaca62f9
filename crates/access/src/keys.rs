//! Keys as requests are verified with.

use crate::Scope;
use crate::entry::{ALL_CITIES, Entry, HeldSecret};
use farebox_fare::Timestamp;
use farebox_signatures::Secret;
use std::collections::BTreeMap;

/// All keys of a deployment, by identifier.
#[derive(Clone, Debug, Default)]
pub struct Keys(BTreeMap<String, Key>);

/// A key: what it is for, and what it signs with.
#[derive(Clone, Debug)]
pub struct Key {
    /// What requests name it by.
    pub id: String,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// The cities that it is for; `*` alone for all.
    pub cities: Vec<String>,
    /// Since when it is withdrawn.
    pub revoked: Option<Timestamp>,
    pub(crate) secrets: Vec<ReadySecret>,
}

/// A secret that is ready to sign with, and when it counts.
#[derive(Clone, Debug)]
pub(crate) struct ReadySecret {
    secret: Secret,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
}

impl Keys {
    pub(crate) fn new(entries: &[Entry]) -> Self {
        let ready = |held: &HeldSecret| {
            let HeldSecret { since, until, .. } = *held;
            Some(ReadySecret { secret: Secret::new(held.secret.bytes())?, since, until })
        };
        let key = |entry: &Entry| {
            let key = Key {
                id: entry.id.clone(),
                scopes: entry.scopes.clone(),
                cities: entry.cities.clone(),
                revoked: entry.revoked,
                secrets: entry.secrets.iter().filter_map(ready).collect(),
            };
            (entry.id.clone(), key)
        };
        Self(entries.iter().map(key).collect())
    }

    /// One of them.
    pub fn get(&self, id: &str) -> Option<&Key> {
        self.0.get(id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Key {
    /// Whether it is for this.
    pub fn has(&self, needed: Scope) -> bool {
        self.scopes.iter().any(|scope| scope.covers(needed))
    }

    /// Whether it is for this city.
    pub fn is_for(&self, city: &str) -> bool {
        self.cities.iter().any(|other| other == ALL_CITIES || other == city)
    }
}

impl farebox_signatures::Key for Key {
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secrets.iter().map(|ready| &ready.secret)
    }
}

impl farebox_signatures::Keys for Keys {
    type Key = Key;

    fn key(&self, id: &str) -> Option<&Key> {
        self.get(id)
    }
}
