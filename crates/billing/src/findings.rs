//! What is odd about the measurements of a ride: a closed list, each with its figure, and what the city says is done about it.
//!
//! Over no stretch of a ride is more time measured than passes, or more distance than anything drives in that time. Both are
//! counted along the ride, with a tolerance for clocks that is used up once and not by every segment anew: a thousand short
//! segments at one moment contradict one another as two long ones do.

use crate::completeness::{Ranges, is_expected, missing};
use crate::config::city::CityRules;
use farebox_fare::{Segment, Timestamp};
use farebox_records::{Finding, FindingKind, Response};

/// Distances and durations are measured by clocks that count whole seconds: what is driven in so many does not make a segment
/// too fast.
const TICKS_S: u64 = 2;

/// The ride that was measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// For how many seconds the driver was kept waiting, which no segment measures.
    pub waiting_s: u64,
    /// Whether all of it should be there. Of a ride that was not to be measured nothing is missing, whatever there is.
    pub completely: bool,
    /// How many segments there are, numbered from 1, by whoever knows it. Without, what is missing is found between the first
    /// and the last that came.
    pub last: Option<u64>,
}

/// Looks at the segments of a ride, in whatever order they come. Answers those that are charged, ascending by number, and what
/// was found.
pub fn examine(mut segments: Vec<Segment>, ride: Measured, rules: &CityRules) -> (Vec<Segment>, Vec<Finding>) {
    segments.sort_by_key(|segment| (segment.started_at, segment.sequence, segment.duration_s, segment.distance_m));
    let mut meter = Meter::new(ride, rules);
    let some_came = !segments.is_empty();
    if ride.completely {
        match ride.last {
            None => meter.missing.holes(&segments),
            Some(last) => meter.missing.ranges(&missing(segments.iter().map(|segment| segment.sequence), last)),
        }
    }
    segments.retain(|segment| meter.takes(segment));
    // Where nothing came there is no gap in it.
    if ride.completely && some_came {
        meter.gap.between(&segments, ride);
    }
    if ride.last.is_some() && meter.missing.figure > 0 {
        meter.missing.uncovered_s = Some(uncovered_s(&segments, ride));
    }
    segments.sort_by_key(|segment| segment.sequence);
    let Meter { outside, across, overlap, gap, too_fast, missing, unexpected, .. } = meter;
    let found = [outside, across, overlap, gap, too_fast, missing, unexpected];
    (segments, found.into_iter().filter_map(Found::finding).collect())
}

/// What is odd about a ride as a whole: it is longer than the city says that any is. It is billed all the same.
pub fn beyond_limits(distance_m: u64, duration_s: u64, rules: &CityRules) -> impl Iterator<Item = Finding> {
    let limits = &rules.limits;
    [
        (FindingKind::TooFar, distance_m, limits.distance_m.into()),
        (FindingKind::TooLong, duration_s, limits.duration_s.into()),
    ]
    .into_iter()
    .filter(|(_, figure, allowed)| figure > allowed)
    .map(|(kind, figure, allowed)| Finding::of(kind, Response::Accept, figure, allowed))
}

/// Goes along a ride, segment by segment, in the order in which they began.
struct Meter {
    ride: Measured,
    clock_s: u64,
    speed_kmh: u64,
    /// Until when time was measured.
    until: Timestamp,
    /// By how much more was driven than anything drives in the time, in eighteenths of a metre: the unit in which both whole
    /// metres and what is driven at whole km/h in whole seconds are whole.
    ahead: u64,
    outside: Found,
    /// Segments that begin or end outside the ride and have a part in it, where those that have none are left out.
    across: Found,
    overlap: Found,
    gap: Found,
    too_fast: Found,
    missing: Found,
    unexpected: Found,
}

impl Meter {
    fn new(ride: Measured, rules: &CityRules) -> Self {
        let CityRules { tolerances, findings, limits, .. } = rules;
        let (clock_s, gap_s, speed_kmh) = (tolerances.clock_s.into(), tolerances.gap_s.into(), limits.speed_kmh.into());
        // Whoever numbers segments in another way cannot say how many there are.
        let missing = if ride.last.is_some() { Response::Incomplete } else { findings.missing };
        // Nothing is incomplete about a ride that needs no measuring.
        let response = |response| match response {
            Response::Incomplete if !ride.completely => Response::Accept,
            response => response,
        };
        Self {
            ride,
            clock_s,
            speed_kmh,
            until: Timestamp::MIN,
            ahead: 0,
            outside: Found::none(FindingKind::Outside, response(findings.outside), clock_s),
            across: Found::none(FindingKind::Outside, Response::Accept, clock_s),
            overlap: Found::none(FindingKind::Overlap, response(findings.overlap), clock_s),
            gap: Found::none(FindingKind::Gap, response(findings.gap), gap_s),
            too_fast: Found::none(FindingKind::TooFast, response(findings.too_fast), speed_kmh),
            missing: Found::none(FindingKind::Missing, response(missing), 0),
            unexpected: Found::none(FindingKind::Unexpected, response(findings.unexpected), 0),
        }
    }

    /// Looks at the next segment. Whether it is charged; what is not does not count for those after it.
    fn takes(&mut self, segment: &Segment) -> bool {
        let is_expected = self.ride.last.is_none_or(|last| is_expected(segment.sequence, last));
        if !is_expected && self.unexpected.drops(1, segment) {
            return false;
        }
        let ends = end(segment);
        let (before, after) = (seconds(segment.started_at, self.ride.started_at), seconds(self.ride.ended_at, ends));
        if before.max(after) > self.clock_s {
            let has_a_part = ends > self.ride.started_at && segment.started_at < self.ride.ended_at;
            let drops = self.outside.response == Response::Drop;
            let found = if has_a_part && drops { &mut self.across } else { &mut self.outside };
            if found.drops(before.saturating_add(after), segment) {
                return false;
            }
        }
        let driven = segment.distance_m.saturating_mul(18);
        let in_seconds = |seconds: u64| self.speed_kmh.saturating_mul(5).saturating_mul(seconds);
        let ahead = self.ahead.saturating_add(driven).saturating_sub(in_seconds(segment.duration_s));
        let too_fast = ahead > in_seconds(TICKS_S);
        let speed_kmh = driven / segment.duration_s.max(1).saturating_mul(5);
        if too_fast && self.too_fast.drops(speed_kmh, segment) {
            return false;
        }
        let measured_twice = seconds(segment.started_at, self.until);
        let overlaps = measured_twice > self.clock_s;
        if overlaps && self.overlap.drops(measured_twice.min(segment.duration_s), segment) {
            return false;
        }
        // What was found counts once: it does not make what comes after it odd as well.
        if !too_fast {
            self.ahead = ahead;
        }
        let duration = i64::try_from(segment.duration_s).unwrap_or(i64::MAX);
        let all_of_it = self.until.max(segment.started_at).saturating_add(duration);
        self.until = if overlaps { self.until.max(ends) } else { all_of_it };
        true
    }
}

/// What was found of one kind so far.
struct Found {
    kind: FindingKind,
    response: Response,
    allowed: u64,
    figure: u64,
    count: u32,
    segments: Vec<u64>,
    ranges: Vec<(u64, u64)>,
    uncovered_s: Option<u64>,
}

impl Found {
    fn none(kind: FindingKind, response: Response, allowed: u64) -> Self {
        let (segments, ranges) = (Vec::new(), Vec::new());
        Self { kind, response, allowed, figure: 0, count: 0, segments, ranges, uncovered_s: None }
    }

    fn note(&mut self, figure: u64, segment: Option<u64>) {
        self.figure = match self.kind {
            FindingKind::TooFast => self.figure.max(figure),
            _ => self.figure.saturating_add(figure),
        };
        self.count = self.count.saturating_add(1);
        if self.segments.len() < Finding::NAMED {
            self.segments.extend(segment);
        }
    }

    /// Notes what is odd about a segment. Whether that is left out.
    fn drops(&mut self, figure: u64, segment: &Segment) -> bool {
        self.note(figure, Some(segment.sequence));
        self.response == Response::Drop
    }

    /// Notes what of the time of a ride lies between its segments, before them, and after them, and was not spent waiting.
    fn between(&mut self, segments: &[Segment], ride: Measured) {
        let (mut until, mut last, mut waiting_s) = (ride.started_at, None, ride.waiting_s);
        let of_segments = segments.iter().map(|segment| (segment.started_at, end(segment), Some(segment.sequence)));
        for (begins, ends, sequence) in of_segments.chain([(ride.ended_at, ride.ended_at, None)]) {
            let nothing = seconds(until, begins.min(ride.ended_at));
            if nothing > self.allowed {
                let waited = nothing.min(waiting_s);
                waiting_s = waiting_s.saturating_sub(waited);
                let nothing = nothing.saturating_sub(waited);
                if nothing > self.allowed {
                    self.note(nothing, last);
                }
            }
            if ends > until {
                (until, last) = (ends, sequence);
            }
        }
    }

    /// Notes what is missing between the first number and the last.
    fn holes(&mut self, segments: &[Segment]) {
        let mut numbers: Vec<u64> = segments.iter().map(|segment| segment.sequence).collect();
        numbers.sort_unstable();
        for (number, next) in numbers.iter().zip(numbers.iter().skip(1)) {
            let between = number.saturating_add(1)..*next;
            self.figure = self.figure.saturating_add(between.end.saturating_sub(between.start));
            self.segments.extend(between.take(Finding::NAMED.saturating_sub(self.segments.len())));
        }
    }

    /// Notes what is missing of the numbers that there should be.
    fn ranges(&mut self, missing: &Ranges) {
        self.figure = missing.count();
        self.segments = missing.numbers().take(Finding::NAMED).collect();
        self.ranges = missing.ranges().take(Finding::NAMED).collect();
    }

    fn finding(self) -> Option<Finding> {
        let Self { kind, response, allowed, figure, count, segments, ranges, uncovered_s } = self;
        let finding = Finding { count, segments, ranges, uncovered_s, ..Finding::of(kind, response, figure, allowed) };
        (figure > 0 || count > 0).then_some(finding)
    }
}

/// For how many seconds of a ride there is none of its segments, which are in the order in which they begin, and nobody waited.
fn uncovered_s(segments: &[Segment], ride: Measured) -> u64 {
    let of_segments = segments.iter().map(|segment| (segment.started_at, end(segment)));
    let (mut until, mut uncovered_s) = (ride.started_at, 0_u64);
    for (begins, ends) in of_segments.chain([(ride.ended_at, ride.ended_at)]) {
        uncovered_s = uncovered_s.saturating_add(seconds(until, begins.min(ride.ended_at)));
        until = until.max(ends);
    }
    uncovered_s.saturating_sub(ride.waiting_s)
}

fn end(segment: &Segment) -> Timestamp {
    segment.started_at.saturating_add(i64::try_from(segment.duration_s).unwrap_or(i64::MAX))
}

/// From one moment to another; none when that is earlier.
fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
