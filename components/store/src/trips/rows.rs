//! Segments as SQLite takes them and gives them back: a JSON array of [sequence, started_at, distance, duration].

use crate::Fault;
use farebox_fare::Segment;

/// Writes segments down.
///
/// # Errors
///
/// They cannot be.
pub fn json(segments: &[Segment]) -> Result<String, Fault> {
    let rows = segments.iter().map(|s| (s.sequence, s.started_at, s.distance_m, s.duration_s));
    serde_json::to_string(&rows.collect::<Vec<_>>()).map_err(|error| Fault::Other(error.to_string()))
}

/// Reads segments. `None` when they make no sense.
pub fn read(json: &str) -> Option<Vec<Segment>> {
    let rows: Vec<(u64, i64, u64, u64)> = serde_json::from_str(json).ok()?;
    let segment =
        |(sequence, started_at, distance_m, duration_s)| Segment { sequence, started_at, distance_m, duration_s };
    Some(rows.into_iter().map(segment).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_survive_the_round_trip() {
        let segment = |sequence| Segment { sequence, started_at: -5, distance_m: 100_000_000_000, duration_s: 0 };
        let segments = [segment(0), segment(i64::MAX.unsigned_abs())];
        assert_eq!(json(&segments).ok().and_then(|json| read(&json)), Some(segments.to_vec()));
        for nonsense in ["", "{}", "[[1]]", "[[1, 2, 3, -4]]"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
