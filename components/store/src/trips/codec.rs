//! How trips look in Redis.

use super::contract::AddError;
use crate::Fault;
use crate::backend::{Reply, corrupt};
use farebox_fare::Segment;
use farebox_records::stored::Accumulated;

/// How a segment looks in the hash of its trip, under its sequence number.
pub fn segment_value(segment: &Segment) -> String {
    format!("{}:{}:{}", segment.started_at, segment.distance_m, segment.duration_s)
}

/// The fields of a trip that are no segments.
const NO_SEGMENTS: [&str; 3] = ["distance", "duration", "born"];

/// Reads the hash of a trip: field, value, field, value, ... Returns the segments, ascending by sequence number.
///
/// # Errors
///
/// A field makes no sense.
pub fn segments(reply: Reply) -> Result<Vec<Segment>, Fault> {
    let mut segments = reply
        .chunks(2)
        .filter(|pair| !matches!(pair, [Some(field), _] if NO_SEGMENTS.contains(&field.as_str())))
        .map(|pair| match pair {
            [Some(sequence), Some(value)] => segment(sequence, value),
            _ => None,
        })
        .collect::<Option<Vec<Segment>>>()
        .ok_or_else(|| corrupt("trip"))?;
    segments.sort_unstable_by_key(|segment| segment.sequence);
    Ok(segments)
}

fn segment(sequence: &str, value: &str) -> Option<Segment> {
    let (started_at, rest) = value.split_once(':')?;
    let (distance, duration) = rest.split_once(':')?;
    Some(Segment {
        sequence: sequence.parse().ok()?,
        started_at: started_at.parse().ok()?,
        distance_m: distance.parse().ok()?,
        duration_s: duration.parse().ok()?,
    })
}

/// Reads the answer of `add_segments.lua`.
///
/// # Errors
///
/// As the script says; or its answer makes no sense.
pub fn totals(reply: &Reply) -> Result<Accumulated, AddError> {
    let words: Vec<&str> = reply.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
    let answer = match words[..] {
        ["ok", distance, duration, segments, head] => numbers(distance, duration, segments, head).map(Ok),
        ["conflict", sequence] => sequence.parse().ok().map(|sequence| Err(AddError::Conflict(sequence))),
        ["too-many-segments"] => Some(Err(AddError::TooManySegments)),
        ["replayed"] => Some(Err(AddError::Replayed)),
        _ => None,
    };
    answer.unwrap_or_else(|| Err(corrupt("trip").into()))
}

fn numbers(distance: &str, duration: &str, segments: &str, head: &str) -> Option<Accumulated> {
    Some(Accumulated {
        distance_m: distance.parse().ok()?,
        duration_s: duration.parse().ok()?,
        segments: segments.parse().ok()?,
        billed: if head.is_empty() { None } else { Some(head.parse().ok()?) },
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reply(words: &[&str]) -> Reply {
        words.iter().map(|word| (*word != "nil").then(|| (*word).to_owned())).collect()
    }

    fn is_other<T>(result: Result<T, Fault>) -> bool {
        matches!(result, Err(Fault::Other(_)))
    }

    #[test]
    fn segments_survive_the_round_trip() {
        let all = [
            Segment { sequence: 0, started_at: i64::MIN, distance_m: 0, duration_s: 0 },
            Segment { sequence: u64::MAX, started_at: i64::MAX, distance_m: u64::MAX, duration_s: 1 },
        ];
        let mut stored = reply(&["distance", "1", "duration", "2", "born", "1:7"]);
        for segment in all.iter().rev() {
            stored.extend([Some(segment.sequence.to_string()), Some(segment_value(segment))]);
        }
        assert_eq!(segments(stored), Ok(all.to_vec()));
        assert_eq!(segments(vec![]), Ok(vec![]));
        for nonsense in [&["x", "1:2:3"], &["1", "1:2"], &["1", "1:2:-3"], &["1", "1:2:3:4"], &["1", "nil"]] {
            assert!(is_other(segments(reply(nonsense))), "{nonsense:?}");
        }
    }

    #[test]
    fn the_script_says_what_happened() {
        let sums = Accumulated { distance_m: 1 << 52, duration_s: 7, segments: 3, billed: None };
        assert_eq!(totals(&reply(&["ok", "4503599627370496", "7", "3", ""])), Ok(sums));
        let billed = Accumulated { billed: Some(2), ..sums };
        assert_eq!(totals(&reply(&["ok", "4503599627370496", "7", "3", "2"])), Ok(billed));
        assert_eq!(totals(&reply(&["conflict", "9223372036854775807"])), Err(AddError::Conflict(i64::MAX as u64)));
        assert_eq!(totals(&reply(&["too-many-segments"])), Err(AddError::TooManySegments));
        assert_eq!(totals(&reply(&["replayed"])), Err(AddError::Replayed));
        for nonsense in
            [&["ok", "nil", "7", "3", ""][..], &["ok", "1", "7", "3", "x"], &["ok"], &["conflict", "x"], &["OK"], &[]]
        {
            assert!(matches!(totals(&reply(nonsense)), Err(AddError::Fault(Fault::Other(_)))), "{nonsense:?}");
        }
    }
}
