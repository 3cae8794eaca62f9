//! Coupons that their issuer signed, so that nobody can bring one that was never given out, or change what one is worth.
//!
//! A coupon's token is a JSON Web Token (RFC 7519) in compact form, signed with Ed25519 (RFC 8037): `alg` is `EdDSA`, and `kid` names the
//! issuer. A city says which issuers it knows, by their public keys; secrets are the issuers' alone.
//!
//! - [`IssuerKey`], [`Issuers`]: who may sign
//! - [`Token`]: what is signed, as text
//! - [`Claims`], [`Use`]: what a token says, and what for it is brought
//! - [`accept`]: whether it may be used
//! - [`Refused`]: why not
//! - [`Secret`]: what issuers sign with
//!
//! No clock and no chance: moments and secrets are arguments.

mod claims;
mod decision;
mod issuers;
mod refused;
mod secret;
mod token;

pub use claims::{Audience, Claims, Use};
pub use decision::accept;
pub use issuers::{ISSUER_ID_RULE, Issuer, IssuerKey, Issuers, MOST_ISSUERS, is_issuer_id};
pub use refused::Refused;
pub use secret::{SECRET_BYTES, Secret};
pub use token::{ALGORITHM, MOST_TOKEN_CHARS, Token};
