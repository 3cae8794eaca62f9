//! What was found to be odd about a ride when it was billed.

use farebox_document::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    /// What was found: a closed list.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum FindingKind {
        /// A segment lies outside the time of the ride.
        Outside = "outside",
        /// Segments lie over one another: more time was measured than passed.
        Overlap = "overlap",
        /// Some of the time of the ride was not measured.
        Gap = "gap",
        /// A segment is faster than anything drives.
        TooFast = "too-fast",
        /// Numbers between the first and the last segment are missing, or of those that the trip is said to have.
        Missing = "missing",
        /// A segment has a number that the trip is said not to have.
        Unexpected = "unexpected",
        /// The ride is longer than any: what was measured, or the great circle between its ends.
        TooFar = "too-far",
        /// The ride took longer than any.
        TooLong = "too-long",
        /// A price was agreed, and no item of the passenger's rate card charges it.
        AgreedPriceUnused = "agreed-price-unused",
    }
}

words! {
    /// What is done about a finding.
    #[derive(PartialOrd, Ord)]
    pub enum Response {
        /// What was measured is billed as it is, and the bill says what was found.
        Accept = "accept",
        /// The segment is left out, and the bill says so.
        Drop = "drop",
        /// The ride counts as not measured completely.
        Incomplete = "incomplete",
    }
}

words! {
    /// What a figure counts.
    pub enum FindingUnit {
        /// Seconds.
        Second = "second",
        /// Metres.
        Meter = "meter",
        /// Kilometres an hour.
        KilometersPerHour = "km/h",
        /// Segments.
        Segment = "segment",
    }
}

impl FindingKind {
    /// What its figure counts, if it has one.
    pub const fn unit(self) -> Option<FindingUnit> {
        match self {
            Self::Outside | Self::Overlap | Self::Gap | Self::TooLong => Some(FindingUnit::Second),
            Self::TooFast => Some(FindingUnit::KilometersPerHour),
            Self::Missing | Self::Unexpected => Some(FindingUnit::Segment),
            Self::TooFar => Some(FindingUnit::Meter),
            Self::AgreedPriceUnused => None,
        }
    }

    /// What can be done about it: where no segment is to blame there is none to leave out, and what says nothing of the
    /// measurements leaves them complete.
    pub const fn responses(self) -> &'static [Response] {
        match self {
            Self::Outside | Self::Overlap | Self::TooFast | Self::Unexpected => Response::ALL,
            Self::Gap | Self::Missing => &[Response::Accept, Response::Incomplete],
            Self::TooFar | Self::TooLong | Self::AgreedPriceUnused => &[Response::Accept],
        }
    }
}

/// What was found to be odd about a ride, all of one kind, and what was done about it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What was found.
    pub finding: FindingKind,
    /// What was done about it.
    pub response: Response,
    /// How much of it, all taken together; of `too-fast`, the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<u64>,
    /// How much of it is no finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<u64>,
    /// What both count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<FindingUnit>,
    /// How often it was found: how many segments are so, or how many gaps there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub count: u32,
    /// The numbers of the first of these segments; of those that are missing; of those after which there is a gap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<u64>,
    /// Where it is said how many segments the trip has: the first ranges of the numbers that are missing, each from its first to
    /// its last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<(u64, u64)>,
    /// Where it is said how many segments the trip has: for how many seconds of the ride there is no segment, and nobody waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncovered_s: Option<u64>,
}

impl Finding {
    /// How many segments a finding names, and how many ranges of them.
    pub const NAMED: usize = 8;

    /// A finding that says how much, and of how much it would be none.
    pub fn of(finding: FindingKind, response: Response, figure: u64, allowed: u64) -> Self {
        let (figure, allowed, unit) = (Some(figure), Some(allowed), finding.unit());
        Self { figure, allowed, unit, ..Self::without_figure(finding, response) }
    }

    /// A price was agreed, and no item charges it.
    pub const AGREED_PRICE_UNUSED: Self = Self::without_figure(FindingKind::AgreedPriceUnused, Response::Accept);

    const fn without_figure(finding: FindingKind, response: Response) -> Self {
        Self {
            finding,
            response,
            figure: None,
            allowed: None,
            unit: None,
            count: 0,
            segments: Vec::new(),
            ranges: Vec::new(),
            uncovered_s: None,
        }
    }

    /// Holds findings to what is always true of them: each kind is there once for each thing that was done about it, which is
    /// something that can be done about it, and with its unit.
    ///
    /// # Errors
    ///
    /// What is not true.
    pub(crate) fn verify(findings: &[Self]) -> Result<(), String> {
        let mut kinds = BTreeSet::new();
        for Self { finding, response, figure, allowed, unit, segments, ranges, uncovered_s, .. } in findings {
            let word = finding.word();
            if !kinds.insert((*finding, *response)) {
                return Err(format!("it says twice that it was found {word}"));
            }
            if !finding.responses().contains(response) {
                return Err(format!("{word} cannot be answered with {}", response.word()));
            }
            let has = unit.is_some();
            if *unit != finding.unit() || (figure.is_some(), allowed.is_some()) != (has, has) {
                return Err(format!("{word} has another figure, or another unit, than it is counted in"));
            }
            if segments.len() > Self::NAMED {
                return Err(format!("{word} names {} segments; at most {} are", segments.len(), Self::NAMED));
            }
            if *finding != FindingKind::Missing && (!ranges.is_empty() || uncovered_s.is_some()) {
                return Err(format!("{word} names what is missing, and nothing is"));
            }
            if ranges.len() > Self::NAMED || ranges.iter().any(|(from, to)| from > to) {
                return Err(format!("{word} names ranges that are none, or more than {}", Self::NAMED));
            }
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A finding reads back as what was written, and says no more than there is to say.
    #[test]
    fn findings_round_trip() {
        for text in [
            r#"{"finding":"overlap","response":"drop","figure":300,"allowed":60,"unit":"second","count":1,"segments":[2]}"#,
            r#"{"finding":"too-far","response":"accept","figure":5400000,"allowed":5000000,"unit":"meter"}"#,
            r#"{"finding":"agreed-price-unused","response":"accept"}"#,
            r#"{"finding":"missing","response":"incomplete","figure":4,"allowed":0,"unit":"segment","segments":[2,3,4,7],"ranges":[[2,4],[7,7]],"uncovered_s":900}"#,
        ] {
            let finding: Finding = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&finding).unwrap(), text);
            Finding::verify(&[finding]).unwrap();
        }
    }

    /// What no city could have asked for is not written.
    #[test]
    fn nonsense_is_a_contradiction() {
        let overlap = Finding::of(FindingKind::Overlap, Response::Accept, 300, 60);
        let check = |findings: &[Finding], expected: &str| {
            assert_eq!(Finding::verify(findings).unwrap_err(), expected);
        };
        check(&[overlap.clone(), overlap.clone()], "it says twice that it was found overlap");
        let gap = Finding::of(FindingKind::Gap, Response::Drop, 300, 60);
        check(&[gap], "gap cannot be answered with drop");
        let far = Finding::of(FindingKind::TooFar, Response::Incomplete, 300, 60);
        check(&[far], "too-far cannot be answered with incomplete");
        let unit = Finding { unit: Some(FindingUnit::Meter), ..overlap.clone() };
        check(&[unit], "overlap has another figure, or another unit, than it is counted in");
        let without = Finding { figure: None, ..overlap.clone() };
        check(&[without], "overlap has another figure, or another unit, than it is counted in");
        let many = Finding { segments: (1..=9).collect(), ..overlap.clone() };
        check(&[many], "overlap names 9 segments; at most 8 are");
        for overlap in
            [Finding { ranges: vec![(2, 2)], ..overlap.clone() }, Finding { uncovered_s: Some(0), ..overlap }]
        {
            check(&[overlap], "overlap names what is missing, and nothing is");
        }
        let missing = Finding::of(FindingKind::Missing, Response::Incomplete, 9, 0);
        for ranges in [vec![(3, 2)], (1..=9).map(|number| (2 * number, 2 * number)).collect()] {
            let missing = Finding { ranges, ..missing.clone() };
            check(&[missing], "missing names ranges that are none, or more than 8");
        }
    }
}
