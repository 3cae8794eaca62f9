//! What a backend does with configurations.

use crate::Fault;
use farebox_records::stored::{Generation, Known, Proposal};
use std::collections::BTreeMap;

/// The longest lead, in milliseconds: a day.
const LONGEST_LEAD_MS: u64 = 86_400_000;

/// Checks what no step could put right any more.
///
/// # Errors
///
/// A number that SQLite cannot hold, a lead of more than a day, or a manifest that is none. Says what would be right.
pub fn check(proposal: &Proposal) -> Result<(), Fault> {
    if i64::try_from(proposal.number).is_err() || proposal.lead_ms > LONGEST_LEAD_MS {
        let right = format!("a generation's number must be below 2^63, and its lead at most {LONGEST_LEAD_MS} ms");
        return Err(Fault::Other(right));
    }
    let manifest: Result<BTreeMap<String, String>, _> = serde_json::from_str(&proposal.manifest);
    manifest.map(drop).map_err(|error| {
        Fault::Other(format!("a generation's manifest must be a JSON object of path -> version: {error}"))
    })
}

/// Configurations. They belong to a node, and to no city: no fence is looked at.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Configuration {
    /// What there is when the store looks.
    async fn generations(&self) -> Result<Known, Fault>;

    /// Keeps a generation unless there is one of its number. Returns the one that is kept.
    async fn propose(&self, proposal: &Proposal) -> Result<Generation, Fault>;

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
        let check = |number, manifest: &str| check(&Proposal { number, lead_ms: 0, manifest: manifest.into() });
        assert_eq!(check(0, "{}"), Ok(()));
        assert_eq!(check(i64::MAX.unsigned_abs(), r#"{"cards/1/a.json": "00ff"}"#), Ok(()));
        assert!(check(1 << 63, "{}").is_err());
        assert!(super::check(&Proposal { number: 1, lead_ms: LONGEST_LEAD_MS + 1, manifest: "{}".into() }).is_err());
        for wrong in ["", "[]", "null", r#"{"a": 1}"#, "{"] {
            assert!(check(1, wrong).is_err(), "{wrong}");
        }
    }
}
