//! Whose request it is, and whether they may.

use crate::{Denied, Key, Keys, Need, Operation, Scope};
use farebox_fare::Timestamp;
use farebox_signatures::{Refusal, Request, verify};

/// Whether requests have to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// They have to.
    On,
    /// They need not, and only the machine itself is answered. No signature is looked at.
    Off,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who<'k> {
    /// The key that the request was signed with, if it was looked at.
    pub key: Option<&'k Key>,
    /// Whether the peer is on the machine itself. Behind a proxy on the same machine all are.
    pub loopback: bool,
    /// Whether it is the host that runs this, on a timer.
    pub timer: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What it is.
    pub operation: Operation,
    /// The city that it is about, if it is about one. None while that is not known, which it is not before a body is read: ask again
    /// when it is, and before anything is looked for.
    pub city: Option<&'a str>,
    /// Whether the driver's side is in the answer.
    pub driver_side: bool,
}

/// A request of a key that there is, and that counts.
#[derive(Clone, Debug)]
pub struct Identified<'k> {
    /// The key.
    pub key: &'k Key,
    /// What no other request of this key may have, where something is written.
    pub nonce: String,
    /// When it was signed, in seconds since 1970. The nonce has to be kept until no node takes the signature any more.
    pub created: Timestamp,
}

impl Operation {
    /// Whether it is to be found out whose a request is. Elsewhere its signature is not looked at, and costs nothing.
    pub fn asks_who(self, enforcement: Enforcement) -> bool {
        enforcement == Enforcement::On && self.need(true) != Need::Nothing
    }
}

/// Finds out whose a request is. `now` is what the clock says, and `window_s` how far the caller's may be from it.
///
/// # Errors
///
/// The signature does not count, or the key does not. That a key is withdrawn is told to whoever can sign with it, and to nobody else.
pub fn identify<'k>(
    keys: &'k Keys,
    request: &Request<'_>,
    now: Timestamp,
    window_s: u32,
) -> Result<Identified<'k>, Denied> {
    let signed = verify(keys, request, now, window_s)?;
    let key = signed.key;
    if let Some(at) = key.revoked {
        return Err(Denied::Revoked { at });
    }
    if let Some(secret) = key.secrets.get(signed.secret) {
        // A secret is made on a machine whose clock may be ahead.
        let is_early = secret.since > now.saturating_add(window_s.into());
        let is_over = secret.until.is_some_and(|until| until <= now);
        if is_early || is_over {
            return Err(Denied::Secret { since: secret.since, until: secret.until });
        }
    }
    Ok(Identified { key, nonce: signed.nonce, created: signed.created })
}

/// Whether somebody may have what they ask for.
///
/// # Errors
///
/// The first reason why not: no key, not for this, not for this city. Where requests need not be signed: that they come from elsewhere.
pub fn may(who: Who<'_>, asked: Asked<'_>, enforcement: Enforcement) -> Result<(), Denied> {
    let need = asked.operation.need(asked.driver_side);
    if need == Need::Nothing || (who.timer && need == Need::Scope(Scope::Jobs)) {
        return Ok(());
    }
    if enforcement == Enforcement::Off {
        return if who.loopback { Ok(()) } else { Err(Denied::LocalOnly) };
    }
    let key = who.key.ok_or(Refusal::Missing { header: "Signature-Input" })?;
    if let Need::Scope(needed) = need
        && !key.has(needed)
    {
        return Err(Denied::Scope { needed, has: key.scopes.clone() });
    }
    match asked.city {
        Some(city) if !key.is_for(city) => Err(Denied::City { city: city.to_owned() }),
        _ => Ok(()),
    }
}
