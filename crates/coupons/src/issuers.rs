//! Who may sign coupons.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, VerifyingKey};
use farebox_document::Problems;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most issuers that a city has: those of today, and those whose coupons are still about.
pub const MOST_ISSUERS: usize = 32;

/// The longest name of an issuer, in characters.
const MOST_ID_CHARS: usize = 64;

/// What an issuer is named by, for people: see [`is_issuer_id`].
pub const ISSUER_ID_RULE: &str = "1 to 64 characters";

/// Whether `text` can name an issuer.
pub fn is_issuer_id(text: &str) -> bool {
    (1..=MOST_ID_CHARS).contains(&text.chars().count())
}

/// An issuer, as a city's document names it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// What tokens name it by, in `kid`: 1 to 64 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MOST_ID_CHARS)))]
    pub id: String,
    /// Its public key: the 32 bytes of Ed25519, in base64url without padding, as `x` in a JSON Web Key.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9_-]{43}$")))]
    pub public_key: String,
}

/// A public key of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuerKey(VerifyingKey);

/// The issuers of a city, ready to verify with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Issuers(BTreeMap<String, IssuerKey>);

impl IssuerKey {
    /// Reads a public key in base64url without padding. `None` when it is none, or one that anybody could sign under.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    pub(crate) fn of(key: VerifyingKey) -> Self {
        Self(key)
    }

    pub(crate) fn has_signed(self, message: &[u8], signature: &Signature) -> bool {
        self.0.verify_strict(message, signature).is_ok()
    }
}

/// As it is written down.
impl std::fmt::Display for IssuerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0.as_bytes()))
    }
}

impl Issuers {
    /// Reads a list of issuers. What is wrong with them is noted under `pointer`, where the list is.
    pub fn read(list: &[Issuer], pointer: &str, problems: &mut Problems) -> Self {
        let mut issuers = BTreeMap::new();
        for (index, issuer) in list.iter().enumerate() {
            if !is_issuer_id(&issuer.id) {
                let message = format!("has to have {ISSUER_ID_RULE}");
                problems.add(format!("{pointer}/{index}/id"), "wrong-length", message);
            }
            let Some(key) = IssuerKey::parse(&issuer.public_key) else {
                let message =
                    "is no public key of Ed25519; write its 32 bytes in base64url without padding, 43 characters";
                problems.add(format!("{pointer}/{index}/public_key"), "malformed", message);
                continue;
            };
            if issuers.insert(issuer.id.clone(), key).is_some() {
                let message = format!("{:?} occurs more than once in this list", issuer.id);
                problems.add(format!("{pointer}/{index}/id"), "duplicate", message);
            }
        }
        Self(issuers)
    }

    /// The key of an issuer.
    pub fn key(&self, id: &str) -> Option<IssuerKey> {
        self.0.get(id).copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they are called, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
