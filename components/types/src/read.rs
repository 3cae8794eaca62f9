//! Reading parts of a document from JSON, with errors a person can act on.

use crate::Problems;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

/// Reads one part of a document. What is wrong with it is noted under `pointer`, where the part is; reading can then go
/// on with the next part.
pub fn read_part<T: DeserializeOwned>(value: Value, pointer: &str, problems: &mut Problems) -> Option<T> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| {
            let pointer = error.path().iter().fold(pointer.to_owned(), |pointer, segment| match segment {
                Segment::Map { key } => format!("{pointer}/{}", pointer_segment(key)),
                Segment::Seq { index } => format!("{pointer}/{index}"),
                _ => pointer,
            });
            problems.add(pointer, "invalid-value", error.into_inner().to_string());
        })
        .ok()
}

/// A key as a segment of a JSON Pointer (RFC 6901).
pub fn pointer_segment(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
