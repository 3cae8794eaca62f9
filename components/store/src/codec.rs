//! How things look in Redis.
//!
//! A reply is a flat list of texts, `None` where Redis said nil.

use crate::{AddError, Fault, StoredBill, TopUp, Totals};
use farebox_fare::Segment;

/// What Redis answered.
pub type Reply = Vec<Option<String>>;

/// Something kept as a hash with the same fields each time.
pub trait Record: Sized {
    /// What it is, for error texts.
    const NAME: &'static str;
    /// The names of its fields.
    const FIELDS: &'static [&'static str];
    /// Its values, in the order of [`FIELDS`](Self::FIELDS).
    fn values(&self) -> Vec<String>;
    /// Makes it of its values. `None` when they make no sense.
    fn from_values(values: Vec<String>) -> Option<Self>;
}

impl Record for StoredBill {
    const NAME: &'static str = "bill";
    const FIELDS: &'static [&'static str] = &["request", "document"];

    fn values(&self) -> Vec<String> {
        vec![self.fingerprint.clone(), self.document.clone()]
    }

    fn from_values(values: Vec<String>) -> Option<Self> {
        let [fingerprint, document] = values.try_into().ok()?;
        Some(Self { fingerprint, document })
    }
}

impl Record for TopUp {
    const NAME: &'static str = "ledger entry";
    const FIELDS: &'static [&'static str] = &["currency", "top-up", "scenario", "billed-at"];

    fn values(&self) -> Vec<String> {
        vec![self.currency.clone(), self.amount.to_string(), self.scenario.clone(), self.billed_at.to_string()]
    }

    fn from_values(values: Vec<String>) -> Option<Self> {
        let [currency, amount, scenario, billed_at] = values.try_into().ok()?;
        Some(Self { currency, amount: amount.parse().ok()?, scenario, billed_at: billed_at.parse().ok()? })
    }
}

/// Reads the values of a record, asked for in the order of its fields. `None` when it is not there.
///
/// # Errors
///
/// A part of it is missing, or makes no sense.
pub fn record<R: Record>(reply: Reply) -> Result<Option<R>, Fault> {
    if reply.iter().all(Option::is_none) {
        return Ok(None);
    }
    let values: Option<Vec<String>> = reply.into_iter().collect();
    values.and_then(R::from_values).map(Some).ok_or_else(|| corrupt(R::NAME))
}

/// How a segment looks in the hash of its trip, under its sequence number.
pub fn segment_value(segment: &Segment) -> String {
    format!("{}:{}:{}", segment.started_at, segment.distance_m, segment.duration_s)
}

/// Reads the hash of a trip: field, value, field, value, ... Returns the segments, ascending by sequence number.
///
/// # Errors
///
/// A field makes no sense.
pub fn segments(reply: Reply) -> Result<Vec<Segment>, Fault> {
    let mut segments = reply
        .chunks(2)
        .filter(|pair| !matches!(pair, [Some(field), _] if field == "distance" || field == "duration"))
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
pub fn totals(reply: &Reply) -> Result<Totals, AddError> {
    let words: Vec<&str> = reply.iter().map(|word| word.as_deref().unwrap_or_default()).collect();
    let answer = match words[..] {
        ["ok", distance, duration, segments] => numbers(distance, duration, segments).map(Ok),
        ["conflict", sequence] => sequence.parse().ok().map(|sequence| Err(AddError::Conflict(sequence))),
        ["too-many-segments"] => Some(Err(AddError::TooManySegments)),
        _ => None,
    };
    answer.unwrap_or_else(|| Err(corrupt("trip").into()))
}

fn numbers(distance: &str, duration: &str, segments: &str) -> Option<Totals> {
    Some(Totals {
        distance_m: distance.parse().ok()?,
        duration_s: duration.parse().ok()?,
        segments: segments.parse().ok()?,
    })
}

fn corrupt(what: &str) -> Fault {
    Fault::Other(format!("a {what} in Redis is not as this component writes it"))
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
        let mut stored = reply(&["distance", "1", "duration", "2"]);
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
    fn records_survive_the_round_trip_or_are_called_corrupt() {
        let bill = StoredBill { fingerprint: String::new(), document: "{\"价\": \"9.60\"}".into() };
        let top_up = TopUp { currency: "CNY".into(), amount: i64::MAX, scenario: "peak".into(), billed_at: -1 };
        assert_eq!(record(bill.values().into_iter().map(Some).collect()), Ok(Some(bill)));
        assert_eq!(record(top_up.values().into_iter().map(Some).collect()), Ok(Some(top_up)));
        assert_eq!(record::<StoredBill>(reply(&["nil", "nil"])), Ok(None));
        assert!(is_other(record::<StoredBill>(reply(&["a", "nil"]))));
        assert!(is_other(record::<StoredBill>(reply(&["a", "b", "c"]))));
        assert!(is_other(record::<TopUp>(reply(&["CNY", "1.5", "peak", "0"]))));
    }

    #[test]
    fn the_script_says_what_happened() {
        let sums = Totals { distance_m: 1 << 52, duration_s: 7, segments: 3 };
        assert_eq!(totals(&reply(&["ok", "4503599627370496", "7", "3"])), Ok(sums));
        assert_eq!(totals(&reply(&["conflict", "9223372036854775807"])), Err(AddError::Conflict(i64::MAX as u64)));
        assert_eq!(totals(&reply(&["too-many-segments"])), Err(AddError::TooManySegments));
        for nonsense in [&["ok", "nil", "7", "3"][..], &["ok"], &["conflict", "x"], &["OK"], &[]] {
            assert!(matches!(totals(&reply(nonsense)), Err(AddError::Fault(Fault::Other(_)))), "{nonsense:?}");
        }
    }
}
