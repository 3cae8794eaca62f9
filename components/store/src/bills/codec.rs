//! How bills look in Redis.

use crate::Fault;
use crate::backend::{Reply, corrupt};
use crate::ledger::{self, Entry};
use farebox_fare::{Degradation, Timestamp};
use farebox_records::proof::DOUBT_S;
use farebox_records::stored::{DueTrip, Listed, NewRevision, Posted, Revision, StoredBill};

/// A moment in as many digits as every other, so that their order as texts is their order in time. What is before 1970
/// counts as 1970.
pub fn moment(at: Timestamp) -> String {
    format!("{:012}", at.max(0))
}

/// What `post.lua` is told of a revision, after the prologues' part.
pub fn arguments(trip: &str, new: &NewRevision) -> Vec<String> {
    let NewRevision { revision: Revision { number, bill }, billed_at, top_up, due, seen, whole_since, .. } = new;
    let entry = top_up.clone().map(|top_up| Entry { top_up, billed_at: *billed_at });
    let (at, reason) = due.as_ref().map(|due| (moment(due.at), due.reason.word().to_owned())).unwrap_or_default();
    vec![
        trip.to_owned(),
        number.to_string(),
        moment(*billed_at),
        bill.fingerprint.clone(),
        bill.document.clone(),
        entry.as_ref().map(ledger::codec::value).unwrap_or_default(),
        at,
        reason,
        seen.map(|segments| segments.to_string()).unwrap_or_default(),
        whole_since.map(|began| began.saturating_sub(DOUBT_S).to_string()).unwrap_or_default(),
    ]
}

/// Reads the answer of `post.lua`.
///
/// # Errors
///
/// As the script says; or its answer makes no sense.
pub fn posted(reply: Reply) -> Result<Posted, Fault> {
    let mut reply = reply.into_iter();
    match reply.next().flatten().as_deref() {
        Some("created") => Ok(Posted::Created),
        Some("exists") => Ok(Posted::Exists(revision(reply.collect())?.ok_or_else(|| corrupt("bill"))?)),
        Some("replayed") => Ok(Posted::Replayed),
        Some("moved") => Ok(Posted::Moved),
        Some("unproven") => Ok(Posted::Unproven),
        _ => Err(corrupt("bill")),
    }
}

/// Reads the answer of `redact.lua`.
///
/// # Errors
///
/// It makes no sense.
pub fn redacted(reply: &Reply) -> Result<bool, Fault> {
    match reply.first().and_then(Option::as_deref) {
        Some("redacted") => Ok(true),
        Some("other") => Ok(false),
        _ => Err(corrupt("bill")),
    }
}

/// Reads number, fingerprint and document of a revision. `None` when there is none.
///
/// # Errors
///
/// A part is missing, or makes no sense.
pub fn revision(reply: Reply) -> Result<Option<Revision>, Fault> {
    match <[Option<String>; 3]>::try_from(reply) {
        Ok([None, None, None]) => Ok(None),
        Ok([Some(number), Some(fingerprint), Some(document)]) => {
            let number = number.parse().map_err(|_| corrupt("bill"))?;
            Ok(Some(Revision { number, bill: StoredBill { fingerprint, document } }))
        }
        _ => Err(corrupt("bill")),
    }
}

/// Reads one revision out of the head's number, fingerprint and document, and its own fingerprint and document.
///
/// # Errors
///
/// A part is missing, or makes no sense.
pub fn one_of(reply: Reply, number: u32) -> Result<Option<Revision>, Fault> {
    let [head, fingerprint, document, own_fingerprint, own_document] =
        <[Option<String>; 5]>::try_from(reply).map_err(|_| corrupt("bill"))?;
    let Some(head) = revision(vec![head, fingerprint, document])? else { return Ok(None) };
    if number == head.number {
        return Ok(Some(head));
    }
    match (own_fingerprint, own_document) {
        (None, None) => Ok(None),
        (fingerprint, document) => revision(vec![Some(number.to_string()), fingerprint, document]),
    }
}

/// Reads the members of the list of a day.
///
/// # Errors
///
/// One makes no sense.
pub fn listed(members: &[String]) -> Result<Vec<Listed>, Fault> {
    let listed = |member: &String| {
        let (trip, revision) = member.rsplit_once(':')?;
        Some(Listed { trip: trip.to_owned(), revision: revision.parse().ok()? })
    };
    members.iter().map(|member| listed(member).ok_or_else(|| corrupt("list of bills"))).collect()
}

/// The trip of a member of the list of what is due.
///
/// # Errors
///
/// It makes no sense.
pub fn due_trip(member: &str) -> Result<&str, Fault> {
    member.split_once(':').map(|(_, trip)| trip).ok_or_else(|| corrupt("list of what is due"))
}

/// Reads why something is due of a trip.
///
/// # Errors
///
/// It makes no sense.
pub fn due(trip: &str, why: &str) -> Result<DueTrip, Fault> {
    let parse = || {
        let (at, rest) = why.split_once(':')?;
        let (revision, reason) = rest.split_once(':')?;
        let (revision, at) = (revision.parse().ok()?, at.parse().ok()?);
        Some(DueTrip { trip: trip.to_owned(), revision, reason: Degradation::from_word(reason), at })
    };
    parse().ok_or_else(|| corrupt("list of what is due"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use farebox_money::Currency;
    use farebox_records::stored::{Due, TopUp};

    fn reply(words: &[&str]) -> Reply {
        words.iter().map(|word| (*word != "nil").then(|| (*word).to_owned())).collect()
    }

    fn bill(number: u32, document: &str) -> Revision {
        Revision { number, bill: StoredBill { fingerprint: "r".into(), document: document.into() } }
    }

    fn is_other<T>(result: Result<T, Fault>) -> bool {
        matches!(result, Err(Fault::Other(_)))
    }

    #[test]
    fn the_script_is_told_all_of_a_revision() {
        let top_up = TopUp { currency: Currency::from_code("CNY").unwrap(), amount: 7, document: "peak".into() };
        let due = Due { reason: Degradation::LateSegments, at: 9 };
        let mut new = NewRevision {
            revision: bill(2, "{}"),
            billed_at: 5,
            day: "2026-11-26".into(),
            top_up: Some(top_up),
            due: Some(due),
            seen: Some(3),
            whole_since: Some(DOUBT_S + 6),
        };
        let expected = ["t", "2", "000000000005", "r", "{}", "CNY:7:5:peak", "000000000009", "late-segments", "3", "6"];
        assert_eq!(arguments("t", &new), expected);
        (new.top_up, new.due, new.billed_at, new.seen, new.whole_since) = (None, None, -1, None, None);
        assert_eq!(arguments("t", &new), ["t", "2", "000000000000", "r", "{}", "", "", "", "", ""]);
    }

    #[test]
    fn the_script_says_what_happened() {
        assert_eq!(posted(reply(&["created"])), Ok(Posted::Created));
        assert_eq!(posted(reply(&["replayed"])), Ok(Posted::Replayed));
        assert_eq!(posted(reply(&["moved"])), Ok(Posted::Moved));
        assert_eq!(posted(reply(&["unproven"])), Ok(Posted::Unproven));
        assert_eq!(posted(reply(&["exists", "3", "r", "{}"])), Ok(Posted::Exists(bill(3, "{}"))));
        for nonsense in [&["no-such"][..], &["exists"], &["exists", "x", "r", "{}"], &["exists", "1", "r", "nil"], &[]]
        {
            assert!(is_other(posted(reply(nonsense))), "{nonsense:?}");
        }
    }

    #[test]
    fn revisions_are_found_where_they_are() {
        assert_eq!(revision(reply(&["nil", "nil", "nil"])), Ok(None));
        assert_eq!(revision(reply(&["1", "r", ""])), Ok(Some(bill(1, ""))));
        assert!(is_other(revision(reply(&["nil", "r", "{}"]))));
        assert!(is_other(revision(reply(&["1", "r"]))));
        let two = ["2", "r", "second", "nil", "nil"];
        assert_eq!(one_of(reply(&two), 2), Ok(Some(bill(2, "second"))));
        assert_eq!(one_of(reply(&["2", "r", "second", "r", "first"]), 1), Ok(Some(bill(1, "first"))));
        assert_eq!(one_of(reply(&two), 3), Ok(None));
        assert_eq!(one_of(reply(&["nil"; 5]), 1), Ok(None));
        assert!(is_other(one_of(reply(&["2", "r", "second", "r", "nil"]), 1)));
        assert!(is_other(one_of(reply(&["2"]), 1)));
    }

    #[test]
    fn lists_are_read() {
        let members = ["a:b:12".to_owned(), "~:1".to_owned()];
        let expected = [Listed { trip: "a:b".into(), revision: 12 }, Listed { trip: "~".into(), revision: 1 }].to_vec();
        assert_eq!(listed(&members), Ok(expected));
        assert!(is_other(listed(&["a".to_owned()])));
        assert_eq!(due_trip("000000000009:a:b"), Ok("a:b"));
        assert!(is_other(due_trip("a")));
        let expected = DueTrip { trip: "a".into(), revision: 2, reason: None, at: 9 };
        assert_eq!(due("a", "000000000009:2:x:y"), Ok(expected));
        assert!(is_other(due("a", "9:2")));
        assert_eq!(moment(i64::MIN), moment(0));
        assert!(moment(999_999_999) < moment(1_000_000_000));
    }
}
