//! How entries look in the journal.

use farebox_fare::Segment;
use farebox_records::stored::{DocumentKind, Named};

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
