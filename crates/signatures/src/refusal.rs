//! Why a signature does not count.

use crate::{ALGORITHM, COVERED, NONCE_RULE, TAG};
use farebox_document::{excerpt, words};
use std::fmt;

/// Why a signature does not count. As text it is one sentence: what is wrong, in which header, and what would be right. Nothing in
/// it is a secret, and none tells whether there is a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A header that a signature needs is not there.
    Missing {
        /// Which.
        header: &'static str,
    },
    /// A header is not what it has to be.
    Malformed {
        /// Which.
        header: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// There are several signatures, and not one of them alone is meant for us.
    Ambiguous {
        /// How many are marked as meant for us.
        marked: usize,
    },
    /// Something is not covered that has to be.
    NotCovered {
        /// What.
        component: &'static str,
        /// All that has to be.
        needed: &'static [&'static str],
    },
    /// Something is covered that cannot be read here, or is not there.
    Unreadable {
        /// What.
        component: String,
        /// Why not.
        why: String,
    },
    /// The algorithm is another.
    Algorithm {
        /// What the caller says that it is.
        said: String,
    },
    /// The nonce is no good.
    Nonce {
        /// How long it is, if there is one. What is as long as it has to be has other characters.
        chars: Option<usize>,
    },
    /// It was made too long ago.
    TooOld {
        /// When, in seconds since 1970.
        created: i64,
        /// What the clock here says.
        now: i64,
        /// How far the two may be apart.
        window_s: u32,
    },
    /// It will be made some time.
    TooNew {
        /// When, in seconds since 1970.
        created: i64,
        /// What the clock here says.
        now: i64,
        /// How far the two may be apart.
        window_s: u32,
    },
    /// The caller said until when it counts, and that is over.
    Expired {
        /// Until when, in seconds since 1970.
        expires: i64,
        /// What the clock here says.
        now: i64,
    },
    /// There is no such key, or the signature is not one of its secrets'. Who has no key is not told which of the two.
    Wrong,
    /// There is a body, and no digest of it with SHA-256.
    DigestMissing,
    /// The digest is of another body.
    DigestMismatch,
}

words! {
    /// What is wrong with a signature, for programs.
    pub enum Code {
        /// The request is not signed.
        Missing = "signature-missing",
        /// A header of the signature does not read as one.
        Malformed = "signature-malformed",
        /// There are several signatures, and none is known to be meant for us.
        Ambiguous = "signature-ambiguous",
        /// The signature does not cover all that it has to.
        NotCovered = "component-not-covered",
        /// The signature covers what cannot be read.
        Unreadable = "component-unreadable",
        /// Another algorithm than HMAC-SHA256.
        Algorithm = "algorithm-unknown",
        /// No nonce, or one that is too short, too long or has other characters.
        Nonce = "nonce-invalid",
        /// The clocks differ, or the request was under way for long.
        TooOld = "signature-too-old",
        /// The clocks differ.
        TooNew = "signature-too-new",
        /// The caller's own limit has passed.
        Expired = "signature-expired",
        /// No such key, or a signature that is not its own.
        Wrong = "signature-wrong",
        /// A body without a digest.
        DigestMissing = "digest-missing",
        /// A digest of another body.
        DigestMismatch = "digest-mismatch",
    }
}

impl Refusal {
    /// What is wrong, for programs.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::Missing,
            Self::Malformed { .. } => Code::Malformed,
            Self::Ambiguous { .. } => Code::Ambiguous,
            Self::NotCovered { .. } => Code::NotCovered,
            Self::Unreadable { .. } => Code::Unreadable,
            Self::Algorithm { .. } => Code::Algorithm,
            Self::Nonce { .. } => Code::Nonce,
            Self::TooOld { .. } => Code::TooOld,
            Self::TooNew { .. } => Code::TooNew,
            Self::Expired { .. } => Code::Expired,
            Self::Wrong => Code::Wrong,
            Self::DigestMissing => Code::DigestMissing,
            Self::DigestMismatch => Code::DigestMismatch,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { header } => write!(
                f,
                "the request has no {header}; sign it (RFC 9421) with {ALGORITHM} over {}",
                COVERED.join(", ")
            ),
            Self::Malformed { header, why } => write!(f, "{header} {why}"),
            Self::Ambiguous { marked: 0 } => {
                write!(f, "Signature-Input has several signatures; say which is meant for this service: tag=\"{TAG}\"")
            }
            Self::Ambiguous { marked } => {
                write!(f, "Signature-Input has {marked} signatures with tag=\"{TAG}\"; only one can be meant")
            }
            Self::NotCovered { component, needed } => {
                write!(f, "Signature-Input does not cover {component:?}; cover {}", needed.join(", "))
            }
            Self::Unreadable { component, why } => {
                write!(f, "Signature-Input covers {}, and {why}", excerpt(component))
            }
            Self::Algorithm { said } => {
                write!(f, "Signature-Input has alg={}; it has to be \"{ALGORITHM}\", or be left out", excerpt(said))
            }
            Self::Nonce { chars: None } => {
                write!(f, "Signature-Input has no nonce; give each request one of its own, of {NONCE_RULE}")
            }
            Self::Nonce { chars: Some(chars) } => {
                write!(f, "Signature-Input has a nonce of {chars} characters; it has to be {NONCE_RULE}")
            }
            Self::TooOld { created, now, window_s } => write!(
                f,
                "Signature-Input has created={created}, and the clock here says {now}, {} s later; at most {window_s} s may lie \
                 between: set the clock, and sign anew",
                now.saturating_sub(*created)
            ),
            Self::TooNew { created, now, window_s } => write!(
                f,
                "Signature-Input has created={created}, and the clock here says {now}, {} s earlier; at most {window_s} s may lie \
                 between: set the clock, and sign anew",
                created.saturating_sub(*now)
            ),
            Self::Expired { expires, now } => write!(
                f,
                "Signature-Input has expires={expires}, and the clock here says {now}: sign anew, or leave expires out"
            ),
            Self::Wrong => f.write_str(
                "there is no key under the keyid of Signature-Input, or Signature is not what its secret makes of this request; \
                 compare what was signed with the method, path and query as they were sent",
            ),
            Self::DigestMissing => {
                f.write_str("there is a body, and Content-Digest has no sha-256 of it; send Content-Digest: sha-256=:...:")
            }
            Self::DigestMismatch => f.write_str(
                "Content-Digest is of another body; it has to be the SHA-256 of the bytes that are sent, compressed or not",
            ),
        }
    }
}

impl std::error::Error for Refusal {}
