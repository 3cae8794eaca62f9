//! JSON documents: read strictly, with every problem under its pointer; one canonical form, and a version made of it.
//!
//! Each of these stands above those before it, and none imports one that comes after:
//!
//! - `words`, `hex`, `problem`, `place`, `json`, `canonical`, `integer`
//! - `code`, `say`: what can be wrong, for programs and for people
//! - `error`, `notes`: what is wrong, on its way and where it is collected
//! - `filler`, `reader`: any type that serde can make, from a value
//! - `fields`: which fields a type has
//! - `leaf`, `given`, `limits`: what fields can be
//! - `read`, `body`: documents and requests

mod body;
mod canonical;
mod code;
mod error;
mod fields;
mod filler;
mod given;
mod hex;
mod integer;
mod json;
mod leaf;
mod limits;
mod notes;
mod place;
mod problem;
mod read;
mod reader;
mod say;
#[cfg(feature = "schema")]
mod schema;
mod words;

pub use body::read_body;
pub use canonical::{Version, canonical_json, version_of};
pub use code::ProblemCode;
pub use error::{BadValue, number_as_text, refuse};
pub use fields::fields_of;
pub use given::Given;
pub use hex::hex;
pub use integer::{MOST_WITH_A_POINT, integer};
pub use json::parse_json;
pub use leaf::{number_in_text, text};
pub use limits::{AtMost, List, Table, Whole};
pub use notes::{MOST_PROBLEMS, Notes};
pub use place::Place;
pub use problem::{Problem, Problems};
pub use read::{check_format, read_document, read_json, read_part, read_text};
pub use say::{excerpt, not_whole, number, wrong_length};
#[cfg(feature = "schema")]
pub use schema::{document_schema, without_limit};

/// What [`words!`] needs wherever it is used.
#[doc(hidden)]
pub use serde;

/// What [`words!`] needs wherever it is used.
#[cfg(feature = "schema")]
#[doc(hidden)]
pub use schemars;
