//! The digest of a body (RFC 9530), with SHA-256.

use crate::fields::field;
use crate::{Refusal, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sfv::visitor::{DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor};
use sfv::{BareItemFromInput, KeyRef, Parser};
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;

/// The header, as it is told of.
const HEADER: &str = "Content-Digest";

/// What `Content-Digest` has to say of a body.
pub fn content_digest(body: &[u8]) -> String {
    let mut text = "sha-256=:".to_owned();
    STANDARD.encode_string(Sha256::digest(body), &mut text);
    text.push(':');
    text
}

/// Checks that the body is the one that `Content-Digest` is of. Digests by other algorithms may stand beside the one with SHA-256.
///
/// # Errors
///
/// There is none with SHA-256, or it is of another body.
pub(crate) fn check(request: &Request<'_>) -> Result<(), Refusal> {
    let field = field(request, "content-digest", HEADER)?.ok_or(Refusal::DigestMissing)?;
    let malformed = |why| Refusal::Malformed { header: HEADER, why };
    let mut found = Found::default();
    Parser::new(&field)
        .parse_dictionary_with_visitor(&mut found)
        .map_err(|error| malformed(format!("is no dictionary of structured fields: {error}")))?;
    match found {
        Found::Nothing => Err(Refusal::DigestMissing),
        Found::Several => Err(malformed("has sha-256 more than once".to_owned())),
        Found::NotBytes => {
            Err(malformed("has a sha-256 that is not bytes; write it like sha-256=:X48E9q...:".to_owned()))
        }
        Found::Digest(digest) if *digest == *Sha256::digest(request.body) => Ok(()),
        Found::Digest(_) => Err(Refusal::DigestMismatch),
    }
}

/// What stands under `sha-256`.
#[derive(Debug, Default)]
enum Found {
    #[default]
    Nothing,
    NotBytes,
    Digest(Vec<u8>),
    Several,
}

impl<'de> DictionaryVisitor<'de> for &mut Found {
    type Out = ();
    type Error = Infallible;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, Infallible> {
        Ok((key.as_str() == "sha-256").then_some(&mut **self))
    }

    fn finish(self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Found {
    fn add(&mut self, found: Self) {
        *self = if matches!(self, Self::Nothing) { found } else { Self::Several };
    }
}

impl<'de> EntryVisitor<'de> for &mut Found {
    type Error = Infallible;

    fn item(self) -> Result<impl ItemVisitor<'de>, Infallible> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, Infallible> {
        self.add(Found::NotBytes);
        Ok(Ignored)
    }
}

impl<'de> ItemVisitor<'de> for &mut Found {
    type Out = ();
    type Error = Infallible;

    fn bare_item(self, item: BareItemFromInput<'de>) -> Result<impl ParameterVisitor<'de, Out = ()>, Infallible> {
        self.add(match item {
            BareItemFromInput::ByteSequence(digest) => Found::Digest(digest),
            _ => Found::NotBytes,
        });
        Ok(Ignored)
    }
}
