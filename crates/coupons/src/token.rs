//! Tokens as text: a header, claims and a signature.

use crate::{IssuerKey, Refused};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signature;
use farebox_document::parse_json;
use serde_json::Value;

/// What `alg` has to say: Ed25519. No other algorithm is known, so that a token cannot choose a weaker one.
pub const ALGORITHM: &str = "EdDSA";

/// The longest token: more than twice what one with all claims and a scope of every fee takes.
pub const MOST_TOKEN_CHARS: usize = 4_096;

/// A token that nobody has verified yet.
#[derive(Clone, Debug)]
pub struct Token<'t> {
    signed: &'t str,
    issuer: String,
    signature: Signature,
}

impl<'t> Token<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    ///
    /// [`Refused::Malformed`].
    pub fn read(text: &'t str) -> Result<Self, Refused> {
        let malformed = |why: &str| Refused::Malformed(why.to_owned());
        if text.len() > MOST_TOKEN_CHARS {
            return Err(malformed(&format!("has {} characters; at most {MOST_TOKEN_CHARS} are allowed", text.len())));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let &[header, claims, signature] = parts.as_slice() else {
            return Err(malformed("is not a header, claims and a signature with points between them"));
        };
        let signed = text.get(..header.len() + 1 + claims.len()).unwrap_or_default();
        let header = object(header).ok_or_else(|| malformed("has a header that is no JSON object in base64url"))?;
        match header.get("alg").and_then(Value::as_str) {
            Some(ALGORITHM) => {}
            _ => return Err(malformed("has another `alg` than \"EdDSA\": it has to be signed with Ed25519")),
        }
        if header.get("crit").is_some() {
            return Err(malformed("has `crit` in its header, and nothing that it could ask for is known here"));
        }
        let issuer = header.get("kid").and_then(Value::as_str);
        let issuer = issuer.ok_or_else(|| malformed("has no `kid` in its header that names its issuer"))?.to_owned();
        let signature = URL_SAFE_NO_PAD.decode(signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
        let signature = signature.ok_or_else(|| malformed("has a signature that is not 64 bytes in base64url"))?;
        Ok(Self { signed, issuer, signature })
    }

    /// Who is said to have signed it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// [`Refused::Forged`] when the key is not of whoever signed it; [`Refused::Malformed`] when it is, and what is signed cannot be read.
    pub fn open(&self, key: IssuerKey) -> Result<Value, Refused> {
        if !key.has_signed(self.signed.as_bytes(), &self.signature) {
            return Err(Refused::Forged);
        }
        let claims = self.signed.split('.').nth(1).and_then(object);
        claims.ok_or_else(|| Refused::Malformed("has claims that are no JSON object in base64url".to_owned()))
    }
}

/// A JSON object in base64url. A key that occurs twice is refused: two readers would read it differently.
fn object(text: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    parse_json(&bytes).ok().filter(Value::is_object)
}
