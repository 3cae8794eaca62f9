//! Signed requests: HTTP Message Signatures (RFC 9421) with HMAC-SHA256, and the digest of a body (RFC 9530).
//!
//! A signature here covers the method, the path, the query and, when there is a body, its `Content-Digest`. It says when it was
//! made and has a nonce. Path and query count exactly as they are sent: nothing is decoded, sorted or left out. What a router
//! changes, such as the authority, is not covered.
//!
//! - [`Request`]: what is signed
//! - [`Secret`]: what it is signed with
//! - [`Claim`]: what a request says of its own signature, and the bytes that are signed
//! - [`sign`], [`verify`]
//! - [`Refusal`]: why a signature does not count
//!
//! No clock and no chance: the time and the nonce are arguments. Structured fields (RFC 9651) are read and written by the crate
//! `sfv`; what the fields mean stands here.

mod claim;
mod component;
mod digest;
mod fields;
mod input;
mod nonce;
mod refusal;
mod request;
mod secret;
mod sign;
mod terms;
mod verify;

pub use claim::Claim;
pub use digest::content_digest;
pub use nonce::{NONCE_CHARS, NONCE_RULE};
pub use refusal::{Code, Refusal};
pub use request::Request;
pub use secret::{SECRET_BYTES, Secret};
pub use sign::{Signature, sign};
pub use terms::{ACCEPT_SIGNATURE, ALGORITHM, COVERED, TAG};
pub use verify::{Key, Keys, MOST_SECRETS, Signed, verify};
