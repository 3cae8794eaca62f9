//! What issuers sign with. The service never does: it is for the command line and for tests.

use crate::token::ALGORITHM;
use crate::{Claims, IssuerKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use std::fmt;

/// How long a secret is, in bytes.
pub const SECRET_BYTES: usize = 32;

/// The secret of an issuer.
#[derive(Clone)]
pub struct Secret(SigningKey);

impl Secret {
    /// A secret of these bytes, which have to be random.
    pub fn new(bytes: &[u8; SECRET_BYTES]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// Reads a secret in base64url without padding. `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; SECRET_BYTES] = URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok()?;
        Some(Self::new(&bytes))
    }

    /// The secret itself, in base64url without padding.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_bytes())
    }

    /// What a city knows the issuer by.
    pub fn public_key(&self) -> IssuerKey {
        IssuerKey::of(self.0.verifying_key())
    }

    /// Signs claims, under the name of an issuer.
    pub fn sign(&self, issuer: &str, claims: &Claims) -> String {
        let header = serde_json::json!({ "alg": ALGORITHM, "kid": issuer, "typ": "JWT" });
        let claims = serde_json::to_value(claims).unwrap_or_default();
        self.sign_parts(&header.to_string(), &claims.to_string())
    }

    /// Signs a header and claims as they are written.
    pub fn sign_parts(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// Says nothing of the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
