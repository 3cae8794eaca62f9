//! Whether a token may be used.

use crate::{Claims, Issuers, Refused, Token, Use};
use farebox_document::{Problems, fields_of, read_part};
use serde_json::Value;

/// Accepts a token for a use: what it says of the coupon, which has to be the coupon that is brought.
///
/// # Errors
///
/// The first reason why not. Whether the issuer is known and has signed it comes first: nothing is told of what a forged one says.
pub fn accept(token: &str, issuers: &Issuers, used: Use<'_>) -> Result<Claims, Refused> {
    let token = Token::read(token)?;
    let key = issuers.key(token.issuer()).ok_or_else(|| Refused::UnknownIssuer {
        issuer: token.issuer().to_owned(),
        known: issuers.ids().map(str::to_owned).collect(),
    })?;
    let claims = claims(token.open(key)?)?;
    let cities = claims.aud.cities();
    if !cities.iter().any(|city| city == used.city) {
        return Err(Refused::OtherCity(cities.to_vec()));
    }
    if claims.sub.is_some() && claims.sub.as_deref() != used.passenger {
        return Err(Refused::OtherPassenger);
    }
    let is_early = claims.nbf.is_some_and(|from| used.starts_at < from);
    let is_late = claims.exp.is_some_and(|until| used.starts_at >= until);
    if is_early || is_late {
        return Err(Refused::OtherTime { from: claims.nbf, until: claims.exp });
    }
    Ok(claims)
}

/// Claims that are not known here are for somebody else.
fn claims(mut value: Value) -> Result<Claims, Refused> {
    if let Some(claims) = value.as_object_mut() {
        let known = fields_of::<Claims>();
        claims.retain(|name, _| known.contains(&name.as_str()));
    }
    let mut problems = Problems::default();
    let claims = read_part::<Claims>(&value, "", &mut problems);
    claims.filter(|_| problems.is_empty()).ok_or_else(|| {
        let told: Vec<String> = problems.into_vec().iter().map(ToString::to_string).collect();
        Refused::Malformed(format!("has claims that cannot be read: {}", told.join("; ")))
    })
}
