//! The clocks of a card: what a moment is in local time, and until when that is the same to every condition.

use crate::terms::Terms;
use farebox_fare::{LocalTime, Timestamp};

const DAY: i64 = 86_400;

/// Tells local time, and how long it stays between the same edges: seconds of the local day, ascending from 0. Without any,
/// every moment stands for itself.
pub struct Clock<'a> {
    terms: &'a Terms,
    edges: &'a [i64],
    last: Option<Slot>,
}

/// A stretch of time without an edge in it.
#[derive(Clone, Copy)]
pub struct Slot {
    pub moment: LocalTime,
    from: Timestamp,
    pub until: Timestamp,
}

impl<'a> Clock<'a> {
    pub fn new(terms: &'a Terms, edges: &'a [i64]) -> Self {
        Self { terms, edges, last: None }
    }

    /// The stretch that a moment lies in. Moments outside the years -9999 to 9999 were refused before.
    pub fn slot(&mut self, at: Timestamp) -> Slot {
        if let Some(slot) = self.last
            && (slot.from..slot.until).contains(&at)
        {
            return slot;
        }
        let instant = jiff::Timestamp::from_second(at).unwrap_or_default();
        let offset = self.terms.time_zone.to_offset(instant);
        let local = offset.to_datetime(instant);
        let of_day = (at + i64::from(offset.seconds())).rem_euclid(DAY);
        let edge = self.edges.iter().find(|edge| **edge > of_day).copied().unwrap_or(DAY);
        let holiday = self.terms.is_holiday(local.date());
        let minute = u16::try_from(of_day / 60).unwrap_or_default();
        let slot = Slot {
            moment: LocalTime::new(local.weekday(), minute, holiday),
            from: at,
            until: self.until(instant, at + edge - of_day),
        };
        if !self.edges.is_empty() {
            self.last = Some(slot);
        }
        slot
    }

    /// The edge, or the moment at which the clocks are changed, whichever comes first.
    fn until(&self, from: jiff::Timestamp, edge: Timestamp) -> Timestamp {
        if self.edges.is_empty() {
            return Timestamp::MAX;
        }
        let change = self.terms.time_zone.following(from).find(|change| change.timestamp() > from);
        change.map_or(edge, |change| change.timestamp().as_second().min(edge))
    }
}
