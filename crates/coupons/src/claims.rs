//! What a token says, and what for it is brought.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an issuer says of a coupon. Claims that are not listed here are left alone.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Claims {
    /// The cities it is good in.
    pub aud: Audience,
    /// Whose it is; anybody's without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// From when on a ride may begin with it, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Before when it has to begin, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// The coupon, as a request has it, without its token.
    pub coupon: Value,
}

/// One city, or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    City(String),
    /// Several.
    Cities(Vec<String>),
}

impl Audience {
    /// All of them.
    pub fn cities(&self) -> &[String] {
        match self {
            Self::City(city) => std::slice::from_ref(city),
            Self::Cities(cities) => cities,
        }
    }
}

/// What a coupon is brought for.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// The city of the ride.
    pub city: &'a str,
    /// Who rides.
    pub passenger: Option<&'a str>,
    /// When the ride begins, in seconds since 1970. Not the moment at which it is billed: a bill that is asked for late, or once more,
    /// is about the same ride.
    pub starts_at: i64,
}
