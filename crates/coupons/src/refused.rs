//! Why a token may not be used.

use farebox_document::excerpt;
use std::fmt;

/// Why a token may not be used. As text it is half a sentence about the token: what is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no token.
    Malformed(String),
    /// The city does not know its issuer.
    UnknownIssuer {
        /// Who is said to have signed it.
        issuer: String,
        /// Whom the city knows.
        known: Vec<String>,
    },
    /// Its issuer has not signed it, or not like this.
    Forged,
    /// It is good elsewhere.
    OtherCity(Vec<String>),
    /// It is somebody else's.
    OtherPassenger,
    /// The ride begins too early for it, or too late: from when on it is good, and before when.
    OtherTime {
        /// From when on, in seconds since 1970.
        from: Option<i64>,
        /// Before when, in seconds since 1970.
        until: Option<i64>,
    },
    /// Its claims are of another coupon.
    OtherCoupon,
}

impl Refused {
    /// The word for it, as it stands beside the field.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::UnknownIssuer { .. } => "unknown-issuer",
            Self::Forged => "forged",
            Self::OtherCity(_) => "other-city",
            Self::OtherPassenger => "other-passenger",
            Self::OtherTime { .. } => "other-time",
            Self::OtherCoupon => "other-coupon",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "{why}"),
            Self::UnknownIssuer { issuer, known } if known.is_empty() => {
                write!(f, "is signed by {}, and the city knows no issuers", excerpt(issuer))
            }
            Self::UnknownIssuer { issuer, known } => {
                write!(f, "is signed by {}; the city knows {}", excerpt(issuer), known.join(", "))
            }
            Self::Forged => write!(f, "is not signed by its issuer with Ed25519, or was changed since"),
            Self::OtherCity(cities) => write!(f, "is good in {}", excerpt(&cities.join(", "))),
            Self::OtherPassenger => write!(f, "is another passenger's; `sub` has to be the passenger's `id`"),
            Self::OtherTime { from, until } => {
                write!(f, "is not good for rides that begin then;")?;
                if let Some(from) = from {
                    write!(f, " `nbf` is {from}")?;
                }
                if let Some(until) = until {
                    write!(f, "{} `exp` is {until}", if from.is_some() { "," } else { "" })?;
                }
                write!(f, ", in seconds since 1970")
            }
            Self::OtherCoupon => {
                write!(f, "is for another coupon: all fields but `token` have to be what its claim `coupon` says")
            }
        }
    }
}
