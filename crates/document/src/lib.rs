//! JSON documents: read strictly, with every problem under its pointer; one canonical form, and a version made of it.

mod canonical;
mod field;
mod hex;
mod json;
mod problem;
mod read;
mod words;

pub use canonical::{Version, canonical_json, version_of};
pub use field::{Field, MOST_PROBLEMS, Notes, Object, excerpt};
pub use hex::hex;
pub use json::parse_json;
pub use problem::{Problem, Problems};
pub use read::{pointer_segment, read_part};

/// What [`words!`] needs wherever it is used.
#[doc(hidden)]
pub use serde;
