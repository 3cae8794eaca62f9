//! What can go wrong with the store, and what callers are told when there is nothing to fall back to.

use crate::caller::replayed;
use crate::refusal::{Code, Refusal};
use farebox_document::Problem;
use farebox_fare::{Degradation, Segment};

/// A store call that did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The backend could not be reached; nothing was written as far as is known.
    Unavailable(String),
    /// The deadline passed. What was to be written may or may not have been, or may yet be.
    TimedOut,
    /// Another site writes the city; nothing was written.
    Fenced {
        /// The site that does. Empty when it is not known.
        owner: String,
        /// Counts how often the city has changed hands. Zero when it is not known.
        epoch: u64,
        /// After how many seconds it is worth asking again.
        retry_after_s: u64,
    },
    /// The backend answered, and refused, and goes on until somebody does something: a password or a permission is wrong, a disk
    /// is full or fails, a file is damaged. Nothing was written.
    Refused(String),
    /// A wrong configuration, a defect, or a backend that answers nonsense.
    Other(String),
    /// It was not asked: an operator has switched that off.
    SwitchedOff,
}

/// What an operator does about a store that refuses, by what it says, which begins with the name of the backend.
pub fn advice(why: &str) -> &'static str {
    if why.starts_with("SQLite") {
        "check that its disk has room and works, and that its file is whole and may be written: see docs/store.md"
    } else {
        "check the password in redis_credentials, and what the ACL of its user permits: docs/store.md says what is needed"
    }
}

/// An error of a call of the store: the store's, or one that the call has besides.
pub trait CallError: From<StoreError> {
    /// The store's.
    fn of_store(&self) -> Option<&StoreError>;
}

impl CallError for StoreError {
    fn of_store(&self) -> Option<&Self> {
        Some(self)
    }
}

impl StoreError {
    /// The refusal to answer with. What the log is told names the call.
    pub fn into_refusal(self, call: &str) -> Refusal {
        let again = "nothing is lost: send the same request again";
        let mut retry_after_s = None;
        let (code, detail, log) = match self {
            Self::Unavailable(log) => (Code::StoreUnavailable, again, log),
            Self::TimedOut => (Code::StoreTimedOut, again, "deadline passed".to_owned()),
            Self::SwitchedOff => (Code::StoreUnavailable, again, SWITCHED_OFF.to_owned()),
            Self::Fenced { owner, epoch, retry_after_s: seconds } => {
                retry_after_s = Some(seconds);
                let detail = "the city is written at another site, or is being moved; ask again";
                (Code::CityFenced, detail, fenced(&owner, epoch))
            }
            // Nothing that the caller can do anything about, but ask again when an operator has.
            error @ (Self::Refused(_) | Self::Other(_)) => {
                let detail = "the store cannot be used as it is; operators find the reason in the log. Ask again later";
                (Code::StoreUnavailable, detail, error.line())
            }
        };
        Refusal { log: Some(format!("{call}: {log}")), retry_after_s, ..Refusal::new(code, detail) }
    }

    /// What an answer lacks that was given without what was asked for.
    pub fn degradation(&self) -> Degradation {
        match self {
            Self::TimedOut => Degradation::StoreTimeout,
            Self::Refused(_) => Degradation::StoreRefused,
            Self::SwitchedOff => Degradation::SwitchedOff,
            Self::Unavailable(_) | Self::Fenced { .. } | Self::Other(_) => Degradation::StoreUnavailable,
        }
    }

    /// One line for the log, where the caller gets an answer all the same.
    pub fn line(&self) -> String {
        match self {
            Self::Unavailable(why) => format!("unavailable: {why}"),
            Self::TimedOut => "deadline passed".to_owned(),
            Self::SwitchedOff => SWITCHED_OFF.to_owned(),
            Self::Fenced { owner, epoch, .. } => fenced(owner, *epoch),
            Self::Refused(why) => format!("ERROR, the store refuses, {}: {why}", advice(why)),
            Self::Other(why) => format!("ERROR, the store needs an operator: {why}"),
        }
    }
}

/// What was not asked, for the log.
const SWITCHED_OFF: &str = "switched off in switches.json";

/// A fence, for the log.
fn fenced(owner: &str, epoch: u64) -> String {
    match owner {
        "" => "fenced: this site may not write the city".to_owned(),
        owner => format!("fenced: the city is written at site {owner}, epoch {epoch}"),
    }
}

/// Why segments were not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentsError {
    /// The request was carried out before, in another attempt.
    Replayed,
    /// The segment with this sequence number is stored already and differs.
    Conflict(u64),
    /// The trip would hold more than this many.
    TooMany(u32),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for SegmentsError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl CallError for SegmentsError {
    fn of_store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Replayed | Self::Conflict(_) | Self::TooMany(_) => None,
        }
    }
}

impl SegmentsError {
    /// The refusal to answer with; `segments` are the ones that were to be added.
    pub fn into_refusal(self, segments: &[Segment]) -> Refusal {
        match self {
            Self::Replayed => replayed(),
            Self::Conflict(sequence) => {
                let index = segments.iter().position(|segment| segment.sequence == sequence);
                let pointer = index.map_or_else(|| "/segments".to_owned(), |index| format!("/segments/{index}"));
                let detail = format!("segment {sequence} is stored already and says something else; none were added");
                let code = Code::SegmentConflict;
                let problem = Problem { pointer, code: code.word().into(), message: detail.clone() };
                Refusal { problems: vec![problem], ..Refusal::new(code, detail) }
            }
            Self::TooMany(most) => {
                let detail = format!("a trip holds at most {most} segments; none were added");
                Refusal::new(Code::TooManySegments, detail)
            }
            Self::Store(error) => error.into_refusal("trips.add-segments"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: StoreError, code: Code) {
        let refusal = error.clone().into_refusal("trips.get");
        assert_eq!(refusal.code, code, "{error:?}");
        assert!(refusal.log.is_some_and(|log| log.starts_with("trips.get: ")));
        assert!(!refusal.detail.contains("10.0.0.1"), "the client learns nothing about the inside");
    }

    /// Callers can tell what to do from the code alone, and are told nothing about the inside.
    #[test]
    fn refusals() {
        check(StoreError::Unavailable("10.0.0.1 refused".into()), Code::StoreUnavailable);
        check(StoreError::TimedOut, Code::StoreTimedOut);
        let fenced = |owner: &str| StoreError::Fenced { owner: owner.into(), epoch: 7, retry_after_s: 30 };
        check(fenced("10.0.0.1"), Code::CityFenced);
        check(fenced(""), Code::CityFenced);
        assert_eq!(fenced("east").into_refusal("trips.get").retry_after_s, Some(30));
        assert_eq!(fenced("east").line(), "fenced: the city is written at site east, epoch 7");
        check(StoreError::Refused("10.0.0.1 said WRONGPASS".into()), Code::StoreUnavailable);
        check(StoreError::Other("10.0.0.1 said 7".into()), Code::StoreUnavailable);
    }

    /// An outage and an operator's mistake are told apart, in answers and in the log.
    #[test]
    fn what_refuses_is_not_away() {
        let refused = StoreError::Refused("Redis: WRONGPASS".to_owned());
        assert_eq!(refused.degradation(), Degradation::StoreRefused);
        let begins = "ERROR, the store refuses, check the password in redis_credentials, ";
        assert!(refused.line().starts_with(begins) && refused.line().ends_with(": Redis: WRONGPASS"));
        let full = StoreError::Refused("SQLite: database or disk is full".to_owned()).line();
        assert!(full.contains("check that its disk has room"), "{full}");
        assert_eq!(SegmentsError::Store(refused.clone()).of_store(), Some(&refused));
        assert_eq!(SegmentsError::Conflict(1).of_store(), None);
        for error in [StoreError::Unavailable(String::new()), StoreError::Other(String::new())] {
            assert_eq!(error.degradation(), Degradation::StoreUnavailable);
        }
        assert_eq!(StoreError::TimedOut.degradation(), Degradation::StoreTimeout);
        assert_eq!(StoreError::SwitchedOff.degradation(), Degradation::SwitchedOff);
    }

    /// A conflict names the segment, by number and by place.
    #[test]
    fn conflicts() {
        let segment = |sequence| Segment { sequence, started_at: 0, distance_m: 0, duration_s: 0 };
        let refusal = SegmentsError::Conflict(9).into_refusal(&[segment(8), segment(9)]);
        assert_eq!(refusal.code, Code::SegmentConflict);
        assert!(refusal.detail.contains("segment 9"));
        assert_eq!(refusal.problems.first().map(|problem| &*problem.pointer), Some("/segments/1"));
    }
}
