//! Which segments may be added at all, whatever the backend holds.

use crate::{MAX_QUANTITY, MAX_SEGMENTS, MAX_SEQUENCE};
use farebox_fare::Segment;

/// Segments that can be added to one trip: ascending, each sequence number once, every quantity in range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch(Vec<Segment>);

/// Why segments cannot be added to any trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// A number is too large; names the segment and the limit.
    OutOfRange(String),
    /// Two segments share this sequence number and say different things.
    Conflict(u64),
    /// There are more than [`MAX_SEGMENTS`].
    TooManySegments,
}

impl Batch {
    /// Sorts segments and drops repeats.
    ///
    /// # Errors
    ///
    /// The first that applies, in the order of [`BatchError`].
    pub fn new(mut segments: Vec<Segment>) -> Result<Self, BatchError> {
        for Segment { sequence, distance_m, duration_s, .. } in &segments {
            let too_large = [
                ("sequence", *sequence, MAX_SEQUENCE),
                ("distance", *distance_m, MAX_QUANTITY),
                ("duration", *duration_s, MAX_QUANTITY),
            ];
            if let Some((field, value, limit)) = too_large.into_iter().find(|(_, value, limit)| value > limit) {
                let text = format!("segment {sequence}: its {field} is {value}, and may be {limit} at most");
                return Err(BatchError::OutOfRange(text));
            }
        }
        segments.sort_unstable_by_key(|s| (s.sequence, s.started_at, s.distance_m, s.duration_s));
        segments.dedup();
        if let Some([first, _]) = segments.array_windows().find(|[a, b]| a.sequence == b.sequence) {
            return Err(BatchError::Conflict(first.sequence));
        }
        if segments.len() > MAX_SEGMENTS as usize {
            return Err(BatchError::TooManySegments);
        }
        Ok(Self(segments))
    }

    /// The segments, ascending by sequence number.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn segment(sequence: u64, started_at: i64, distance_m: u64, duration_s: u64) -> Segment {
        Segment { sequence, started_at, distance_m, duration_s }
    }

    #[track_caller]
    fn check(segments: &[Segment], expected: Result<&[Segment], BatchError>) {
        let batch = Batch::new(segments.to_vec());
        assert_eq!(batch.as_ref().map(Batch::segments), expected.as_ref().copied());
    }

    #[test]
    fn order_and_repeats_do_not_matter() {
        let [a, b] = [segment(1, 10, 5, 6), segment(2, -1, 0, 0)];
        check(&[], Ok(&[]));
        check(&[b, a], Ok(&[a, b]));
        check(&[a, b, a, b, b], Ok(&[a, b]));
    }

    #[test]
    fn one_sequence_number_says_one_thing() {
        let a = segment(7, 10, 5, 6);
        for b in [segment(7, 11, 5, 6), segment(7, 10, 4, 6), segment(7, 10, 5, 7)] {
            check(&[a, segment(1, 0, 0, 0), b], Err(BatchError::Conflict(7)));
        }
    }

    #[test]
    fn limits_are_inclusive() {
        let largest = segment(MAX_SEQUENCE, i64::MIN, MAX_QUANTITY, MAX_QUANTITY);
        check(&[largest], Ok(&[largest]));
        for (segment, text) in [
            (segment(1 << 63, 0, 0, 0), "its sequence is 9223372036854775808, and may be 9223372036854775807 at most"),
            (segment(1, 0, MAX_QUANTITY + 1, 0), "its distance is 100000000001, and may be 100000000000 at most"),
            (segment(1, 0, 0, u64::MAX), "its duration is 18446744073709551615, and may be 100000000000 at most"),
        ] {
            let text = format!("segment {}: {text}", segment.sequence);
            check(&[segment], Err(BatchError::OutOfRange(text)));
        }
        let many: Vec<_> = (0..=MAX_SEGMENTS.into()).map(|sequence| segment(sequence, 0, 0, 0)).collect();
        check(&many[1..], Ok(&many[1..]));
        check(&many, Err(BatchError::TooManySegments));
    }
}
