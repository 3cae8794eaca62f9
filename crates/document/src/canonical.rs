//! One form per document, so that equal documents have equal versions.

use crate::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The SHA-256 of a document's canonical form: 64 lower-case hexadecimal digits.
pub type Version = String;

/// The canonical form of a JSON document: no white space, object keys in ascending byte order.
///
/// This is RFC 8785 for documents whose numbers are integers and whose keys are ASCII, which is all that Farebox's own
/// documents hold: money, rates and factors are text.
pub fn canonical_json(document: &Value) -> String {
    // serde_json keeps objects sorted by key (its `preserve_order` feature is off), and writes without white space.
    document.to_string()
}

/// The version of a JSON document.
pub fn version_of(document: &Value) -> Version {
    hex(&Sha256::digest(canonical_json(document)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Layout and order of keys do not make a new version; any value does.
    #[test]
    fn version_sees_content_only() {
        let version = |text: &str| version_of(&serde_json::from_str(text).unwrap());
        let first = version(r#"{"b": 1, "a": {"d": "x", "c": [1, 2]}}"#);
        assert_eq!(first, version(r#"{"a":{"c":[1,2],"d":"x"},"b":1}"#));
        assert_ne!(first, version(r#"{"a":{"c":[2,1],"d":"x"},"b":1}"#));
        assert_eq!(first.len(), 64);
    }
}
