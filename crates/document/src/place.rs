//! Where in a document something stands.

use std::borrow::Cow;
use std::fmt;

/// A place in a document. It becomes text, a JSON Pointer (RFC 6901), only when something is wrong there.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// Where reading begins: a JSON Pointer, empty for a document as a whole.
    Root(&'a str),
    /// A field of an object.
    Key(&'a Place<'a>, &'a str),
    /// An item of a list.
    Index(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    /// The document as a whole.
    pub const DOCUMENT: Place<'static> = Place::Root("");

    /// The field `name` of the object that is here.
    pub fn key(&'a self, name: &'a str) -> Self {
        Self::Key(self, name)
    }

    /// The item of the list that is here, counted from 0.
    pub fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(pointer) => f.write_str(pointer),
            Self::Key(parent, key) => write!(f, "{parent}/{}", pointer_segment(key)),
            Self::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// A key as a segment of a JSON Pointer (RFC 6901).
fn pointer_segment(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}
