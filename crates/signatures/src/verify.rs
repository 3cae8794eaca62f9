//! Whether a request was signed by whom it says.

use crate::fields::field;
use crate::{Claim, Refusal, Request, Secret, digest};
use farebox_document::excerpt;
use sfv::visitor::{DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor};
use sfv::{BareItemFromInput, KeyRef, Parser};
use std::convert::Infallible;

/// The header, as it is told of.
const HEADER: &str = "Signature";

/// The most secrets of a key that are tried: the one of today, and the one that takes its place.
pub const MOST_SECRETS: usize = 2;

/// A key: whose secrets a signature may be made with.
pub trait Key {
    /// Its secrets; of more than [`MOST_SECRETS`] the others are not tried.
    fn secrets(&self) -> impl Iterator<Item = &Secret>;
}

/// The keys there are.
pub trait Keys {
    /// One of them.
    type Key: Key;

    /// The key of an identifier.
    fn key(&self, id: &str) -> Option<&Self::Key>;
}

/// A request that was signed with a key that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<'k, K> {
    /// The key.
    pub key: &'k K,
    /// Which of its secrets, in its order.
    pub secret: usize,
    /// What no other request of this key may have.
    pub nonce: String,
    /// When it was signed, in seconds since 1970.
    pub created: i64,
}

/// Verifies the signature of a request. `now` is what the clock says, in seconds since 1970; the time of the signature may differ
/// from it by `window_s` either way.
///
/// What a nonce is worth is for whoever keeps nonces: that this one was never there before is not verified here.
///
/// # Errors
///
/// The first thing that is wrong. Nothing is told of a key before the signature is found to be its own.
pub fn verify<'k, K: Keys>(
    keys: &'k K,
    request: &Request<'_>,
    now: i64,
    window_s: u32,
) -> Result<Signed<'k, K::Key>, Refusal> {
    let claim = Claim::read(request)?;
    check_time(&claim, now, window_s)?;
    let mac = signature(request, &claim.label)?;
    let key = keys.key(&claim.key);
    // As many are tried for a key that there is not as for one that there is.
    let decoy = Secret::decoy();
    let secrets = key.into_iter().flat_map(Key::secrets).chain(std::iter::repeat(decoy));
    let made = |secret: &Secret| secret.made(&mac, &claim.base);
    let secret = secrets.take(MOST_SECRETS).position(made).ok_or(Refusal::Wrong)?;
    // Nobody knows the decoy; and if somebody did, there would still be no key.
    let key = key.filter(|key| key.secrets().nth(secret).is_some()).ok_or(Refusal::Wrong)?;
    // Last, since a body is long. The signature is of what Content-Digest says.
    if claim.covers_digest {
        digest::check(request)?;
    }
    Ok(Signed { key, secret, nonce: claim.nonce, created: claim.created })
}

fn check_time(claim: &Claim, now: i64, window_s: u32) -> Result<(), Refusal> {
    let (created, window) = (claim.created, i64::from(window_s));
    if created < now.saturating_sub(window) {
        return Err(Refusal::TooOld { created, now, window_s });
    }
    if created > now.saturating_add(window) {
        return Err(Refusal::TooNew { created, now, window_s });
    }
    match claim.expires.filter(|expires| *expires < now) {
        Some(expires) => Err(Refusal::Expired { expires, now }),
        None => Ok(()),
    }
}

/// The bytes under a label of the header.
fn signature(request: &Request<'_>, label: &str) -> Result<Vec<u8>, Refusal> {
    let field = field(request, "signature", HEADER)?.ok_or(Refusal::Missing { header: HEADER })?;
    let malformed = |why| Refusal::Malformed { header: HEADER, why };
    let mut found = Found { label, bytes: None, times: 0 };
    Parser::new(&field)
        .parse_dictionary_with_visitor(&mut found)
        .map_err(|error| malformed(format!("is no dictionary of structured fields: {error}")))?;
    let under = excerpt(label);
    match found {
        Found { times: 0, .. } => Err(malformed(format!("has nothing under {under}, which Signature-Input announces"))),
        Found { times: 1, bytes: Some(bytes), .. } if bytes.len() == 32 => Ok(bytes),
        Found { times: 1, bytes: Some(bytes), .. } => {
            Err(malformed(format!("has {} bytes under {under}; a signature with HMAC-SHA256 has 32", bytes.len())))
        }
        Found { times: 1, .. } => {
            Err(malformed(format!("has no bytes under {under}; write them in base64 between colons, sig=:...:")))
        }
        Found { .. } => Err(malformed(format!("has {under} more than once"))),
    }
}

struct Found<'l> {
    label: &'l str,
    bytes: Option<Vec<u8>>,
    times: usize,
}

impl<'de> DictionaryVisitor<'de> for &mut Found<'_> {
    type Out = ();
    type Error = Infallible;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Infallible> {
        let is_ours = key.as_str() == self.label;
        self.times += usize::from(is_ours);
        Ok(is_ours.then_some(Bytes(&mut self.bytes)))
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

struct Bytes<'b>(&'b mut Option<Vec<u8>>);

impl<'de> EntryVisitor<'de> for Bytes<'_> {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        Ok(Ignored)
    }
}

impl<'de> ItemVisitor<'de> for Bytes<'_> {
    type Out = ();
    type Error = Infallible;

    fn bare_item(self, item: BareItemFromInput<'de>) -> Result<impl ParameterVisitor<'de, Out = ()>, Infallible> {
        if let BareItemFromInput::ByteSequence(bytes) = item {
            *self.0 = Some(bytes);
        }
        Ok(Ignored)
    }
}
