//! Low-speed time, counted over the segments of a ride.

use super::count::Count;
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::figure::Figure;
use crate::kind::{Figures, Splits};
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::{Segment, Unit};
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// Time spent in segments whose mean speed is below a limit. The branch is chosen for each part of the ride; a ride
/// without segments counts as one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slow {
    /// Kilometres per hour; a segment that is exactly as fast is not slow.
    below_kmh: Figure,
    /// For every `per_s`.
    rate: Figure,
    /// Seconds that one rate buys.
    #[serde(default = "super::tiered::minute")]
    per_s: u64,
    /// How a period that is not full is charged.
    #[serde(default)]
    count: Count,
}

impl Figures for Slow {
    const KIND: &'static str = "slow";
    const SPLITS: Splits = Splits::Always;

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.require_positive("per_s", self.per_s > 0);
        binding.warn_of_zero("rate", self.rate);
        check_limit(self.below_kmh, binding);
        Some(Box::new(self))
    }
}

impl Fee for Slow {
    fn charge(&self, ride: &Ride, extent: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let Extent::Parts(parts) = extent else { return Ok(()) };
        let slow = parts.iter().filter(|part| is_below(&part.segment, self.below_kmh.0));
        let seconds = slow.map(|part| part.seconds.1 - part.seconds.0).sum();
        charges.push(self.count.charge(seconds, Unit::Second, self.rate.0, self.per_s.into(), ride.measured()));
        Ok(())
    }

    fn shrinks(&self) -> Option<&'static str> {
        Some("more distance in the same time is less time below the limit")
    }
}

/// Whether the mean speed of a segment is below a limit in km/h. A segment without duration is not.
pub fn is_below(segment: &Segment, limit: Decimal) -> bool {
    // metres / seconds < limit / 3.6, without dividing. At most 10^9 x 3600 x 10^6 on one side, 10^15 x 10^12 on the other.
    let scale = 10_u128.pow(limit.scale());
    u128::from(segment.distance_m) * 3600 * scale
        < limit.mantissa().unsigned_abs() * 1000 * u128::from(segment.duration_s)
}

/// A limit on speed that cars can be above and below.
pub fn check_limit(limit: Figure, binding: &mut Binding) {
    binding.require_positive("below_kmh", limit.0 > Decimal::ZERO);
    if limit.0 > Decimal::from(200) {
        binding.warn("below_kmh", "absurd", format!("every ride is slower than {} km/h; is that meant?", limit.0));
    }
}
