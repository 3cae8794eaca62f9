//! A key with its secrets, open.

use crate::Scope;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use farebox_fare::Timestamp;
use farebox_signatures::SECRET_BYTES;
use std::fmt;

/// The most secrets that a key has at once: the one of today, and the one that takes its place.
pub const MOST_SECRETS: usize = farebox_signatures::MOST_SECRETS;

/// The most bytes of a secret.
pub const MOST_SECRET_BYTES: usize = 128;

/// What stands in place of cities when all are meant.
pub const ALL_CITIES: &str = "*";

/// A key with its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What requests name it by.
    pub id: String,
    /// What it is for.
    pub scopes: Vec<Scope>,
    /// The cities that it is for; `*` alone for all.
    pub cities: Vec<String>,
    /// Its secrets, the older first.
    pub secrets: Vec<HeldSecret>,
    /// For people.
    pub note: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// Since when it is withdrawn.
    pub revoked: Option<Timestamp>,
}

/// A secret, and when it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSecret {
    /// The secret.
    pub secret: SecretText,
    /// The first moment.
    pub since: Timestamp,
    /// The first moment at which it does not count any more.
    pub until: Option<Timestamp>,
}

/// A secret, as it is told to whoever signs with it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Vec<u8>);

impl SecretText {
    /// A secret of these bytes. `None` when there are fewer than 32 or more than [`MOST_SECRET_BYTES`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (SECRET_BYTES..=MOST_SECRET_BYTES).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }

    /// Reads the text of a secret, which is base64. `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        Self::new(&STANDARD.decode(text.trim()).ok()?)
    }

    /// The secret itself.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as text, in base64: to be told once, to whoever signs with it.
    pub fn reveal(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText")
    }
}
