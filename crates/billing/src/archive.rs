//! Bills that are in an archive, and no more in the store: read from there, wherever a bill is read. In their place the store has where
//! they are.

mod member;

use crate::ports::{Archive, Ports, Revision};
use crate::refusal::{Code, Refusal};
use farebox_document::hex;
use farebox_records::archive::Archived;
pub(crate) use member::Member;
use sha2::{Digest as _, Sha256};

/// A revision with the bill itself, from the archive if it is there.
///
/// # Errors
///
/// `store-unavailable`: it is in the archive, and that cannot be read now.
pub(crate) fn opened<P: Ports>(ports: &P, city: &str, mut revision: Revision) -> Result<Revision, Refusal> {
    let document = match Archived::read(&revision.bill.document) {
        None => return Ok(revision),
        Some(archived) => archived.and_then(|archived| document(ports, city, &archived)),
    };
    let document = document.map_err(|why| {
        let detail =
            "the bill of this trip was archived, and the archive cannot be read now; nothing is lost: ask again";
        let log = format!("revision {} of a bill of {city}: {why}", revision.number);
        Refusal { log: Some(log), ..Refusal::new(Code::StoreUnavailable, detail) }
    })?;
    revision.bill.document = document;
    Ok(revision)
}

/// As [`opened`], of one that there may not be.
///
/// # Errors
///
/// As [`opened`].
pub(crate) fn opened_if_any<P: Ports>(
    ports: &P,
    city: &str,
    revision: Option<Revision>,
) -> Result<Option<Revision>, Refusal> {
    revision.map(|revision| opened(ports, city, revision)).transpose()
}

/// Reads a bill where it is.
fn document(archive: &impl Archive, city: &str, archived: &Archived) -> Result<String, String> {
    let Archived { day, at, bytes, sha256, .. } = archived;
    let read = || {
        let member = Member::first(&archive.archived(city, day, *at, *bytes)?)?.ok_or("it ends before")?;
        let line = member.text.lines().find(|line| digest(line) == *sha256);
        line.map(str::to_owned).ok_or_else(|| "it has another content by now".to_owned())
    };
    read().map_err(|why: String| format!("the archive of {day}, at byte {at}: {why}"))
}

/// SHA-256 of a bill, in hexadecimal digits.
pub(crate) fn digest(document: &str) -> String {
    hex(&Sha256::digest(document.as_bytes()))
}
