//! Why a request is not carried out.

use crate::Scope;
use farebox_document::words;
use farebox_fare::{Timestamp, time};
use farebox_signatures as signatures;
use std::fmt;

/// What a 401 has to say in `WWW-Authenticate`. What is to be signed is in `Accept-Signature`:
/// [`ACCEPT_SIGNATURE`](signatures::ACCEPT_SIGNATURE).
pub const WWW_AUTHENTICATE: &str = "Signature realm=\"farebox\"";

/// Why a request is not carried out. As text it is one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The signature does not count.
    Signature(signatures::Refusal),
    /// The signature is one of a secret that is over, or does not count yet.
    Secret {
        /// Since when it counts.
        since: Timestamp,
        /// Until when it does.
        until: Option<Timestamp>,
    },
    /// The key is withdrawn.
    Revoked {
        /// Since when.
        at: Timestamp,
    },
    /// The request was carried out before.
    Replayed,
    /// The key is not for this.
    Scope {
        /// What it would have to be for.
        needed: Scope,
        /// What it is for.
        has: Vec<Scope>,
    },
    /// The key is not for this city.
    City {
        /// The city.
        city: String,
    },
    /// Nobody is asked for a key here, and the caller is not on the machine itself.
    LocalOnly,
}

words! {
    /// Why a request is not carried out, for programs: all that a signature is refused with, and what follows it.
    pub enum Code {
        /// The request is not signed.
        SignatureMissing = "signature-missing",
        /// A header of the signature does not read as one.
        SignatureMalformed = "signature-malformed",
        /// There are several signatures, and none is known to be meant for us.
        SignatureAmbiguous = "signature-ambiguous",
        /// The signature does not cover all that it has to.
        ComponentNotCovered = "component-not-covered",
        /// The signature covers what cannot be read.
        ComponentUnreadable = "component-unreadable",
        /// Another algorithm than HMAC-SHA256.
        AlgorithmUnknown = "algorithm-unknown",
        /// No nonce, or one that is no good.
        NonceInvalid = "nonce-invalid",
        /// The clocks differ, or the request was under way for long.
        SignatureTooOld = "signature-too-old",
        /// The clocks differ.
        SignatureTooNew = "signature-too-new",
        /// The caller's own limit has passed.
        SignatureExpired = "signature-expired",
        /// No such key, or a signature that is not its own.
        SignatureWrong = "signature-wrong",
        /// A body without a digest.
        DigestMissing = "digest-missing",
        /// A digest of another body.
        DigestMismatch = "digest-mismatch",
        /// A secret that is over, or does not count yet.
        SecretNotInForce = "secret-not-in-force",
        /// The key is withdrawn.
        KeyRevoked = "key-revoked",
        /// The request was carried out before: its nonce counts once.
        SignatureReplayed = "signature-replayed",
        /// The key is not for this.
        ScopeMissing = "scope-missing",
        /// The key is not for this city.
        CityNotAllowed = "city-not-allowed",
        /// Only callers on the machine itself are answered.
        LocalOnly = "local-only",
    }
}

impl Code {
    /// The status: 401 when it is not known who asks, 403 when they may not.
    ///
    /// What a key may not is decided before anything is looked for, so a 403 tells nothing of what there is, and no 404 has to hide it.
    pub const fn status(self) -> u16 {
        match self {
            Self::ScopeMissing | Self::CityNotAllowed | Self::LocalOnly => 403,
            _ => 401,
        }
    }

    /// What it is called, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::SignatureMissing => "The request is not signed",
            Self::SignatureMalformed => "The signature does not read as one",
            Self::SignatureAmbiguous => "It is not known which signature is meant",
            Self::ComponentNotCovered => "The signature does not cover all that it has to",
            Self::ComponentUnreadable => "The signature covers what cannot be read",
            Self::AlgorithmUnknown => "The signature is made in another way",
            Self::NonceInvalid => "The nonce is not valid",
            Self::SignatureTooOld => "The signature is too old",
            Self::SignatureTooNew => "The signature is of a time to come",
            Self::SignatureExpired => "The signature has expired",
            Self::SignatureWrong => "The signature is wrong",
            Self::DigestMissing => "The body has no digest",
            Self::DigestMismatch => "The digest is of another body",
            Self::SecretNotInForce => "The secret does not count now",
            Self::KeyRevoked => "The key is revoked",
            Self::SignatureReplayed => "The request was sent before",
            Self::ScopeMissing => "The key is not for this",
            Self::CityNotAllowed => "The key is not for this city",
            Self::LocalOnly => "This is answered on the machine itself only",
        }
    }

    const fn of(code: signatures::Code) -> Self {
        use signatures::Code as Of;
        match code {
            Of::Missing => Self::SignatureMissing,
            Of::Malformed => Self::SignatureMalformed,
            Of::Ambiguous => Self::SignatureAmbiguous,
            Of::NotCovered => Self::ComponentNotCovered,
            Of::Unreadable => Self::ComponentUnreadable,
            Of::Algorithm => Self::AlgorithmUnknown,
            Of::Nonce => Self::NonceInvalid,
            Of::TooOld => Self::SignatureTooOld,
            Of::TooNew => Self::SignatureTooNew,
            Of::Expired => Self::SignatureExpired,
            Of::Wrong => Self::SignatureWrong,
            Of::DigestMissing => Self::DigestMissing,
            Of::DigestMismatch => Self::DigestMismatch,
        }
    }
}

impl Denied {
    /// Why, for programs.
    pub fn code(&self) -> Code {
        match self {
            Self::Signature(refusal) => Code::of(refusal.code()),
            Self::Secret { .. } => Code::SecretNotInForce,
            Self::Revoked { .. } => Code::KeyRevoked,
            Self::Replayed => Code::SignatureReplayed,
            Self::Scope { .. } => Code::ScopeMissing,
            Self::City { .. } => Code::CityNotAllowed,
            Self::LocalOnly => Code::LocalOnly,
        }
    }
}

impl From<signatures::Refusal> for Denied {
    fn from(refusal: signatures::Refusal) -> Self {
        Self::Signature(refusal)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(refusal) => refusal.fmt(f),
            Self::Secret { since, until } => {
                write!(f, "the secret that this was signed with counts from {}", time::format(*since))?;
                match until {
                    Some(until) => write!(f, " to {}; sign with the one that took its place", time::format(*until)),
                    None => f.write_str(" on"),
                }
            }
            Self::Revoked { at } => write!(f, "the key was revoked at {}; ask for another", time::format(*at)),
            Self::Replayed => f.write_str(
                "a request with this nonce was carried out before, and one that writes counts once; to ask again, sign anew with \
                 another nonce",
            ),
            Self::Scope { needed, has } => {
                let has: Vec<&str> = has.iter().map(|scope| scope.word()).collect();
                write!(f, "this needs a key for `{}`; the key is for {}", needed.word(), has.join(", "))
            }
            Self::City { city } => {
                write!(f, "the key is not for the city {}; ask for one that is", farebox_document::excerpt(city))
            }
            Self::LocalOnly => f.write_str(
                "requests need not be signed here, so only the machine itself is answered, at 127.0.0.1 or [::1]; for others, turn \
                 signatures on",
            ),
        }
    }
}

impl std::error::Error for Denied {}
