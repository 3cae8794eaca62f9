//! A trip as fees see it: its facts, the amounts so far, and its parts, cut at the edges of time windows.

use crate::clock::Clock;
use crate::terms::Terms;
use crate::when::Facts;
use farebox_conditions::NONE;
use farebox_fare::{Basis, LocalTime, Segment, Source, Trip};
use farebox_money::{Currency, MinorUnits};
use std::borrow::Cow;
use std::cell::OnceCell;

/// A trip while it is being priced.
#[derive(Debug)]
pub struct Ride<'a> {
    pub trip: &'a Trip,
    pub currency: Currency,
    /// The amounts of the items priced so far, by position on the card; zero where there is none yet.
    pub amounts: Vec<MinorUnits>,
    /// What conditions look at when the ride begins.
    pub facts: Facts<'a>,
    terms: &'a Terms,
    segments: OnceCell<Cow<'a, [Segment]>>,
}

/// A piece of a ride during which no branch of an item begins or ceases to apply.
///
/// A segment that lies across an edge is cut, as if it had been evenly ridden: its first metres, rounded down, belong to
/// the part before the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The segment it is a piece of; its mean speed is the part's.
    pub segment: Segment,
    /// Metres of the whole ride at the start and at the end of the part.
    pub metres: (u64, u64),
    /// Seconds of the whole ride at the start and at the end of the part.
    pub seconds: (u64, u64),
}

impl<'a> Ride<'a> {
    /// A trip that has been validated, before any of so many items has been priced.
    pub fn new(terms: &'a Terms, trip: &'a Trip, items: usize) -> Self {
        let order = &trip.order;
        let name = |name: &'a Option<String>, otherwise: &'a str| name.as_deref().unwrap_or(otherwise);
        let facts = Facts {
            moment: Clock::new(terms, &[]).slot(trip.started_at).moment,
            names: [
                name(&order.product, &terms.product),
                name(&order.tier, NONE),
                name(&order.kind, NONE),
                terms.zones.find(trip.origin),
                terms.zones.find(trip.destination),
                order.outcome.word(),
            ],
            quantities: [trip.distance_m, trip.duration_s, order.booked_ahead_s],
        };
        let amounts = vec![0; items];
        Self { trip, currency: terms.currency, amounts, facts, terms, segments: OnceCell::new() }
    }

    /// The metered segments in the order in which they were ridden; or, when there are none, the whole ride as one.
    pub fn segments(&self) -> &[Segment] {
        self.segments.get_or_init(|| {
            // Distance and duration as well, so that not even a number that was given twice makes the order matter.
            let key = |s: &Segment| (s.started_at, s.sequence, s.distance_m, s.duration_s);
            if self.trip.segments.is_empty() {
                let Trip { started_at, distance_m, duration_s, .. } = *self.trip;
                Cow::Owned(vec![Segment { sequence: 0, started_at, distance_m, duration_s }])
            } else if self.trip.segments.is_sorted_by_key(key) {
                Cow::Borrowed(&self.trip.segments)
            } else {
                let mut segments = self.trip.segments.clone();
                segments.sort_by_key(key);
                Cow::Owned(segments)
            }
        })
    }

    /// What a quantity that was taken from [`Self::segments`] rests on.
    pub fn measured(&self) -> Source {
        if self.trip.basis == Basis::Metered && !self.trip.segments.is_empty() {
            Source::Segments
        } else {
            Source::Spread
        }
    }

    /// The parts of the ride, in order, each with the moment by which its branch is chosen. `edges` are seconds of the
    /// local day, ascending from 0; without any, every segment is one part.
    pub fn parts(&self, edges: &[i64], mut each: impl FnMut(LocalTime, Part)) {
        let mut clock = Clock::new(self.terms, edges);
        let (mut metres, mut seconds) = (0, 0);
        for segment in self.segments() {
            // Seconds and metres of the segment. A segment without duration is one part with all of its metres.
            let (mut done, mut ridden) = (0, 0);
            loop {
                let slot = clock.slot(segment.started_at.saturating_add_unsigned(done));
                // Never less than a second, so that this comes to an end.
                let left = slot.until.saturating_sub(segment.started_at).max(1).unsigned_abs();
                let end = if edges.is_empty() { segment.duration_s } else { left.min(segment.duration_s) };
                let ridden_then = metres_after(segment, end);
                let part = Part {
                    segment: *segment,
                    metres: (metres + ridden, metres + ridden_then),
                    seconds: (seconds + done, seconds + end),
                };
                each(slot.moment, part);
                (done, ridden) = (end, ridden_then);
                if done >= segment.duration_s {
                    break;
                }
            }
            metres += segment.distance_m;
            seconds += segment.duration_s;
        }
    }
}

/// How many metres of an evenly ridden segment are done after some of its seconds.
fn metres_after(segment: &Segment, seconds: u64) -> u64 {
    if seconds >= segment.duration_s {
        return segment.distance_m;
    }
    let metres = u128::from(segment.distance_m) * u128::from(seconds) / u128::from(segment.duration_s);
    // Less than the whole distance, which fits.
    u64::try_from(metres).unwrap_or(segment.distance_m)
}
