//! How entries look in the journal.

use farebox_fare::Segment;
use farebox_records::stored::{DocumentKind, Named};
use sha1::{Digest as _, Sha1};

/// The modulus of checksums and chains: a prime below 2^31, so that SQLite's integers hold 31 times as much.
const MODULUS: u32 = 2_147_483_647;

/// The checksum of an entry, of all texts that it consists of. It finds what a disk has done, and nobody who means harm.
pub fn checksum(parts: &[&str]) -> u32 {
    let mut digest = Sha1::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let [a, b, c, d, ..] = <[u8; 20]>::from(digest.finalize());
    u32::from_le_bytes([a, b, c, d]) % MODULUS
}

/// What a bill was made with: a JSON array of [kind, version].
pub fn documents(named: &[Named]) -> String {
    let pairs: Vec<_> = named.iter().map(|Named { kind, version }| (kind.word(), version)).collect();
    serde_json::to_string(&pairs).unwrap_or_default()
}

/// Reads what a bill was made with. `None` when it makes no sense.
pub fn read_documents(json: &str) -> Option<Vec<Named>> {
    let pairs: Vec<(String, String)> = serde_json::from_str(json).ok()?;
    let named = |(kind, version): (String, String)| Some(Named { kind: DocumentKind::from_word(&kind)?, version });
    pairs.into_iter().map(named).collect()
}

/// The first segment that waits and says something else than one that came.
pub fn conflict(waiting: &[Segment], came: &[Segment]) -> Option<u64> {
    let differs =
        |segment: &&Segment| waiting.iter().any(|other| other.sequence == segment.sequence && other != *segment);
    came.iter().find(differs).map(|segment| segment.sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte counts, and so does where one part ends.
    #[test]
    fn checksums() {
        assert_eq!(checksum(&["a", "b"]), checksum(&["a", "b"]));
        for other in [&["a"][..], &["a", "c"], &["ab", ""], &["", "ab"], &["a", "b", ""]] {
            assert_ne!(checksum(&["a", "b"]), checksum(other), "{other:?}");
        }
    }

    #[test]
    fn documents_survive_the_round_trip() {
        let named = |kind, version: &str| Named { kind, version: version.to_owned() };
        let all = vec![named(DocumentKind::RateCard, "00ff"), named(DocumentKind::Policy, "\"")];
        assert_eq!(read_documents(&documents(&all)), Some(all));
        for nonsense in ["", "{}", r#"[["card", "1"]]"#, r#"[["policy"]]"#] {
            assert_eq!(read_documents(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn conflicts_are_told_by_number() {
        let segment = |sequence, distance_m| Segment { sequence, started_at: 0, distance_m, duration_s: 1 };
        let waiting = [segment(1, 5), segment(2, 5)];
        assert_eq!(conflict(&waiting, &[segment(2, 5), segment(3, 5)]), None);
        assert_eq!(conflict(&waiting, &[segment(3, 5), segment(2, 6)]), Some(2));
        assert_eq!(conflict(&[], &[segment(2, 6)]), None);
    }
}
