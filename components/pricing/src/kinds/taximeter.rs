//! The unit meter of a taxi: units of distance above a speed, of time below it.

use super::slow::{check_limit, is_below};
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::figure::{Figure, Metres};
use crate::kind::Figures;
use crate::line::Charge;
use crate::ride::Ride;
use farebox_fare::Unit;
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// Whole units, charged when they begin. A segment at or above the limit of speed fills units by its distance, a slower
/// one by its time; fractions of both fill the same unit.
///
/// This is how New York's meters work: 0.70 for every fifth of a mile (321.8688 m) at 12 mph (19.312128 km/h) or more,
/// or 60 seconds below that. A ride without segments counts as one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Taximeter {
    /// Kilometres per hour: below this, time counts instead of distance.
    below_kmh: Figure,
    /// Metres that fill a unit.
    unit_m: Metres,
    /// Seconds that fill a unit.
    unit_s: u64,
    /// For every unit.
    rate: Figure,
    /// Units that are not charged.
    #[serde(default)]
    included_units: u64,
}

impl Figures for Taximeter {
    const KIND: &'static str = "taximeter";

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.require_positive("unit_m", self.unit_m.0 > Decimal::ZERO);
        binding.require_positive("unit_s", self.unit_s > 0);
        if self.unit_s > 1_000_000 {
            binding.add("unit_s", "out-of-range", "has to be at most 1000000");
        }
        check_limit(self.below_kmh, binding);
        binding.warn_of_zero("rate", self.rate);
        Some(Box::new(self))
    }
}

impl Taximeter {
    /// Units begun after so many fast metres and slow seconds: metres / unit_m + seconds / unit_s, rounded up once.
    fn units(&self, metres: u64, seconds: u64) -> Option<u64> {
        let unit_m = self.unit_m.0;
        let scale = 10_u128.pow(unit_m.scale());
        let (unit_m, unit_s) = (unit_m.mantissa().unsigned_abs(), u128::from(self.unit_s));
        let filled =
            (u128::from(metres) * scale).checked_mul(unit_s)?.checked_add(u128::from(seconds).checked_mul(unit_m)?)?;
        let units = filled.div_ceil(unit_m.checked_mul(unit_s).filter(|unit| *unit > 0)?);
        Some(u64::try_from(units).ok()?.saturating_sub(self.included_units))
    }
}

impl Fee for Taximeter {
    fn charge(&self, ride: &Ride, _: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let (mut metres, mut seconds) = (0_u64, 0_u64);
        for segment in ride.segments() {
            if is_below(segment, self.below_kmh.0) {
                seconds += segment.duration_s;
            } else {
                metres += segment.distance_m;
            }
        }
        let units = self.units(metres, seconds).ok_or(OutOfRange)?;
        charges.push(Charge {
            quantity: Decimal::from(units),
            unit: Unit::Piece,
            rate: self.rate.0,
            per: Decimal::ONE,
            source: ride.measured(),
        });
        Ok(())
    }

    fn is_measured(&self) -> bool {
        true
    }

    fn shrinks(&self) -> Option<&'static str> {
        Some("more distance in the same time may turn units of time into fewer units of distance")
    }
}
