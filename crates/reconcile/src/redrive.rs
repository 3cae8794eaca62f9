//! What may be handed to whoever pays once more.

use crate::finding::{Class, Finding};
use farebox_records::TopUpRecord;
use std::io::{self, Write};

/// The record of a key that was not paid at all. A payer pays each key once however often it is handed one, so nothing is paid twice
/// should the payment only be missing in what was compared. All else is for people: handed over again it would change nothing, or be wrong
/// again.
pub fn safe_to_redrive(finding: &Finding) -> Option<&TopUpRecord> {
    finding.owed.first().filter(|_| finding.class == Class::Unpaid).map(|owed| &owed.record)
}

/// Writes it as a line of a ledger, if it may be.
///
/// # Errors
///
/// It cannot be written.
pub fn redrive(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let Some(record) = safe_to_redrive(finding) else { return Ok(()) };
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}
