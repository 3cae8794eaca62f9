//! JSON documents: read strictly, with every problem under its pointer; one canonical form, and a version made of it.

mod canonical;
mod hex;
mod json;
mod problem;
mod read;

pub use canonical::{Version, canonical_json, version_of};
pub use hex::hex;
pub use json::parse_json;
pub use problem::{Problem, Problems};
pub use read::{pointer_segment, read_part};
