//! What a backend does with configurations.

use crate::Fault;
use std::collections::BTreeMap;

/// A configuration, in force from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The higher, the newer.
    pub number: u64,
    /// From when on, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it consists of: a JSON object of path -> version.
    pub manifest: String,
}

impl Generation {
    /// Checks what no step could put right any more.
    ///
    /// # Errors
    ///
    /// A number that SQLite cannot hold, or a manifest that is none. Says what would be right.
    pub fn check(&self) -> Result<(), Fault> {
        if i64::try_from(self.number).is_err() || i64::try_from(self.at_ms).is_err() {
            return Err(Fault::Other("a generation's number and moment must be below 2^63".to_owned()));
        }
        let manifest: Result<BTreeMap<String, String>, _> = serde_json::from_str(&self.manifest);
        manifest.map(drop).map_err(|error| {
            Fault::Other(format!("a generation's manifest must be a JSON object of path -> version: {error}"))
        })
    }
}

/// Configurations. They belong to a node, and to no city: no fence is looked at.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Configuration {
    /// The newest two generations, ascending.
    async fn generations(&self) -> Result<Vec<Generation>, Fault>;

    /// Keeps a generation unless there is one of its number. Returns the one that is kept.
    async fn propose(&self, generation: &Generation) -> Result<Generation, Fault>;

    /// Keeps the text of a file under its version.
    async fn put_file(&self, version: &str, text: &str) -> Result<(), Fault>;

    /// The text of a file.
    async fn file(&self, version: &str) -> Result<Option<String>, Fault>;
}

/// The fault of a generation that is older than all that are kept.
pub fn too_old(number: u64) -> Fault {
    Fault::Other(format!("generation {number} is older than those that are kept; it must be newer than the newest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_objects_of_texts() {
        let check = |number, manifest: &str| Generation { number, at_ms: 0, manifest: manifest.into() }.check();
        assert_eq!(check(0, "{}"), Ok(()));
        assert_eq!(check(i64::MAX.unsigned_abs(), r#"{"cards/1/a.json": "00ff"}"#), Ok(()));
        assert!(check(1 << 63, "{}").is_err());
        for wrong in ["", "[]", "null", r#"{"a": 1}"#, "{"] {
            assert!(check(1, wrong).is_err(), "{wrong}");
        }
    }
}
