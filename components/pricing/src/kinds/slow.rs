//! Low-speed and waiting time, counted over the segments of a metered ride.

use super::{Binding, Charge, Fee, OutOfRange};
use crate::condition::When;
use crate::figure::Figure;
use crate::price::Ride;
use farebox_types::read_part;
use farebox_types::{Decimal, Segment, Unit};
use serde::Deserialize;
use serde_json::Value;

/// `{"below_kmh": 12, "per_s": 300, "rate": "2.30", "count": "completed"}`.
///
/// A segment is slow when its average speed is below the limit. Only metered rides have segments; on others the time
/// spent slowly is not known, and nothing is charged.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    below_kmh: u32,
    rate: Figure,
    #[serde(default = "minute")]
    per_s: u64,
    #[serde(default)]
    count: Count,
}

/// How a period that is not full is charged.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Count {
    /// By the second.
    #[default]
    Exact,
    /// Not at all: only full periods count.
    Completed,
    /// As a full one.
    Started,
}

fn minute() -> u64 {
    60
}

impl Slow {
    pub fn parse(document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let slow: Self = read_part(document, binding.pointer, binding.problems)?;
        for (field, zero) in [("below_kmh", slow.below_kmh == 0), ("per_s", slow.per_s == 0)] {
            if zero {
                binding.add(field, "zero", "has to be more than zero");
            }
        }
        Some(Box::new(slow))
    }

    fn is_slow(&self, segment: &Segment) -> bool {
        // distance / duration < limit km/h, without dividing: metres * 3600 < km/h * 1000 * seconds.
        u128::from(segment.distance_m) * 3600 < u128::from(self.below_kmh) * 1000 * u128::from(segment.duration_s)
    }
}

impl Fee for Slow {
    fn charges(&self, _ride: &Ride) -> Result<Vec<Charge>, OutOfRange> {
        Ok(Vec::new())
    }

    fn charges_by_segment(&self, ride: &Ride, when: &When) -> Option<Result<Vec<Charge>, OutOfRange>> {
        let slow = ride.trip.segments.iter().filter(|segment| self.is_slow(segment));
        let seconds = slow
            .filter(|segment| ride.local(segment.started_at).is_some_and(|local| when.holds(local)))
            .try_fold(0_u64, |sum, segment| sum.checked_add(segment.duration_s));
        Some(seconds.ok_or(OutOfRange).map(|seconds| {
            let pieces = |count: u64| Charge {
                quantity: Decimal::from(count),
                unit: Unit::Piece,
                rate: self.rate.0,
                per: Decimal::ONE,
            };
            vec![match self.count {
                Count::Exact => Charge {
                    quantity: Decimal::from(seconds),
                    unit: Unit::Second,
                    rate: self.rate.0,
                    per: Decimal::from(self.per_s),
                },
                Count::Completed => pieces(seconds / self.per_s),
                Count::Started => pieces(seconds.div_ceil(self.per_s)),
            }]
        }))
    }
}
