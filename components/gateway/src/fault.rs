//! What can go wrong with the store, and what callers are told when there is nothing to fall back to.

use crate::problem::{self, FieldError, Problem};
use farebox_fare::Segment;

/// A store call that did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The backend could not be reached; nothing was written as far as is known.
    Unavailable(String),
    /// The deadline passed. What was to be written may or may not have been, or may yet be.
    TimedOut,
    /// The city may not be written here; nothing was written.
    WriteBanned(String),
    /// A wrong configuration, a defect, or a backend that answers nonsense.
    Other(String),
}

impl StoreError {
    /// The problem to answer with. Its log line names the call.
    pub fn into_problem(self, call: &str) -> Problem {
        let again = "nothing is lost: send the same request again";
        let (kind, detail, log) = match self {
            Self::Unavailable(log) => (problem::STORE_UNAVAILABLE, again, log),
            Self::TimedOut => (problem::STORE_TIMED_OUT, again, "deadline passed".to_owned()),
            Self::WriteBanned(log) => {
                (problem::CITY_WRITE_BANNED, "the city is written at another site, or is being moved; ask again", log)
            }
            // Nothing that the caller can do anything about, but ask again when an operator has.
            Self::Other(log) => {
                let detail = "the store cannot be used as it is; operators find the reason in the log. Ask again later";
                (problem::STORE_UNAVAILABLE, detail, format!("ERROR, the store needs an operator: {log}"))
            }
        };
        Problem { log: Some(format!("{call}: {log}")), ..Problem::new(kind, detail) }
    }

    /// One line for the log, where the caller gets an answer all the same.
    pub fn line(&self) -> String {
        match self {
            Self::Unavailable(why) => format!("unavailable: {why}"),
            Self::TimedOut => "deadline passed".to_owned(),
            Self::WriteBanned(why) => format!("write-banned: {why}"),
            Self::Other(why) => format!("ERROR, the store needs an operator: {why}"),
        }
    }
}

/// Why segments were not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentsError {
    /// The segment with this sequence number is stored already and differs.
    Conflict(u64),
    /// The trip would hold more than this many.
    TooMany(u32),
    /// The store failed.
    Store(StoreError),
}

impl SegmentsError {
    /// The problem to answer with; `segments` are the ones that were to be added.
    pub fn into_problem(self, segments: &[Segment]) -> Problem {
        match self {
            Self::Conflict(sequence) => {
                let index = segments.iter().position(|segment| segment.sequence == sequence);
                let pointer = index.map_or_else(|| "/segments".to_owned(), |index| format!("/segments/{index}"));
                let detail = format!("segment {sequence} is stored already and says something else; none were added");
                let kind = problem::SEGMENT_CONFLICT;
                Problem { errors: vec![FieldError::at(pointer, kind.code, &*detail)], ..Problem::new(kind, detail) }
            }
            Self::TooMany(most) => {
                let detail = format!("a trip holds at most {most} segments; none were added");
                Problem::new(problem::TOO_MANY_SEGMENTS, detail)
            }
            Self::Store(error) => error.into_problem("trips.add-segments"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: StoreError, code: &str, status: u16) {
        let problem = error.clone().into_problem("trips.get");
        assert_eq!((problem.kind.code, problem.kind.status.as_u16()), (code, status), "{error:?}");
        assert!(problem.log.is_some_and(|log| log.starts_with("trips.get: ")));
        assert!(!problem.detail.contains("10.0.0.1"), "the client learns nothing about the inside");
    }

    /// Callers can tell what to do from the code alone, and are told nothing about the inside.
    #[test]
    fn problems() {
        check(StoreError::Unavailable("10.0.0.1 refused".into()), "store-unavailable", 503);
        check(StoreError::TimedOut, "store-timed-out", 503);
        check(StoreError::WriteBanned("10.0.0.1: NOPERM".into()), "city-write-banned", 503);
        check(StoreError::Other("10.0.0.1 said 7".into()), "store-unavailable", 503);
    }

    /// A conflict names the segment, by number and by place.
    #[test]
    fn conflicts() {
        let segment = |sequence| Segment { sequence, started_at: 0, distance_m: 0, duration_s: 0 };
        let problem = SegmentsError::Conflict(9).into_problem(&[segment(8), segment(9)]);
        assert_eq!(problem.kind.code, "segment-conflict");
        assert!(problem.detail.contains("segment 9"));
        assert_eq!(problem.errors.first().and_then(|error| error.pointer.as_deref()), Some("/segments/1"));
    }
}
