//! The body of a request: read at once, then checked against what a reader cannot know.
//!
//! ```
//! use farebox_document::{Given, Place, read_body};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Body {
//!     from: Given<u64>,
//!     to: Given<u64>,
//! }
//!
//! let document = serde_json::json!({"from": 4.1, "colour": "red"});
//! let problems = read_body(&document, |body: Body, notes| {
//!     let from = body.from.required(notes, &Place::DOCUMENT.key("from"));
//!     let to = body.to.required(notes, &Place::DOCUMENT.key("to"));
//!     from.zip(to).filter(|(from, to)| from <= to)
//! });
//! assert_eq!(problems.unwrap_err().len(), 3); // an unknown field, a fraction, and a missing field
//! ```

use crate::reader::Reader;
use crate::{Notes, Place, Problem};
use serde::Deserialize;
use serde_json::Value;

/// Reads a body as a `B`, whose fields are [`Given`](crate::Given), and makes a request of it with `check`, which notes what
/// only it can know. Problems are told in the order of the fields of `B`, after fields that nobody knows.
///
/// # Errors
///
/// Everything noted. Nothing, when there is no request and nobody noted why, which is a defect.
pub fn read_body<'d, B: Deserialize<'d>, R>(
    document: &'d Value,
    check: impl FnOnce(B, &Notes) -> Option<R>,
) -> Result<R, Vec<Problem>> {
    let notes = Notes::default();
    let reader: Reader<'_, '_, false> = Reader { value: document, at: Place::DOCUMENT, notes: Some(&notes) };
    let request = B::deserialize(reader).ok().and_then(|body| check(body, &notes));
    notes.finish(request)
}
