//! Texts, and the versions that they have.

use farebox_document::hex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The documents of a configuration by path, each as the version of its text.
pub type Manifest = BTreeMap<String, String>;

/// The text of a document, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// SHA-256 of its bytes, in lower-case hexadecimal digits. Unlike the version of a rate card it sees white space.
    pub version: String,
    /// Shared by all who hold it.
    pub text: Rc<str>,
}

impl Text {
    /// A text and its version.
    pub fn new(text: &str) -> Self {
        Self { version: hex(&Sha256::digest(text)), text: text.into() }
    }
}

/// Texts by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<String, Text>);

impl Texts {
    /// The text at a path.
    pub fn get(&self, path: &str) -> Option<&Text> {
        self.0.get(path)
    }

    /// Every path and its text, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Text)> {
        self.0.iter()
    }

    /// The versions of all of them.
    pub fn manifest(&self) -> Manifest {
        self.0.iter().map(|(path, text)| (path.clone(), text.version.clone())).collect()
    }
}

impl FromIterator<(String, Text)> for Texts {
    fn from_iter<I: IntoIterator<Item = (String, Text)>>(texts: I) -> Self {
        Self(texts.into_iter().collect())
    }
}
