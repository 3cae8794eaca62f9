//! Distance and time, in tiers.

use super::count::Count;
use crate::binding::Binding;
use crate::fee::{Extent, Fee, OutOfRange};
use crate::figure::{Figure, Metres};
use crate::kind::{Figures, Splits};
use crate::limits;
use crate::line::Charge;
use crate::ride::{Part, Ride};
use farebox_document::AtMost;
use farebox_fare::{Source, Unit};
use farebox_money::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

/// Metres in a kilometre, and seconds in a minute: what rates are per unless the card says otherwise.
fn kilometre() -> Metres {
    Metres(Decimal::ONE_THOUSAND)
}

/// See [`kilometre`].
pub fn minute() -> u64 {
    60
}

/// A rate for each stretch of the quantity.
#[derive(Debug)]
struct Tiered {
    measure: Measure,
    /// Ascending by `over`; never empty.
    tiers: Vec<Tier>,
    bands: Bands,
    per: Decimal,
    count: Count,
    is_measured: bool,
}

#[derive(Clone, Copy, Debug)]
enum Measure {
    Distance,
    Time,
}

#[derive(Clone, Copy, Debug)]
struct Tier {
    over: u64,
    rate: Decimal,
}

/// What a tier's rate applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Bands {
    /// To the part of the quantity within the tier.
    #[default]
    Marginal,
    /// To the whole quantity: the highest tier it goes over sets the rate for all of it.
    Whole,
}

/// Distance beyond what is included, at one rate or in tiers.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
// In place, where `LongDistance` says it too: a branch adds `when` to its properties.
#[schemars(inline)]
pub struct Distance {
    /// Metres that are not charged.
    included_m: Option<u64>,
    /// For every `per_m`.
    rate: Option<Figure>,
    /// Rates by distance, ascending; instead of `rate` and `included_m`.
    tiers: Option<AtMost<DistanceTier, { limits::TIERS }>>,
    /// What the rate of a tier applies to.
    #[serde(default)]
    bands: Bands,
    /// Metres that one rate buys.
    #[serde(default = "kilometre")]
    per_m: Metres,
    /// How a stretch that is not full is charged.
    #[serde(default)]
    count: Count,
}

/// As `distance`; a fee of its own, that a reconstructed ride is not charged where it is charged what is measured only.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LongDistance(Distance);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DistanceTier {
    /// Metres.
    over_m: u64,
    /// For every `per_m`.
    rate: Figure,
}

/// Time beyond what is included, at one rate or in tiers.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Seconds that are not charged.
    included_s: Option<u64>,
    /// For every `per_s`.
    rate: Option<Figure>,
    /// Rates by time, ascending; instead of `rate` and `included_s`.
    tiers: Option<AtMost<TimeTier, { limits::TIERS }>>,
    /// What the rate of a tier applies to.
    #[serde(default)]
    bands: Bands,
    /// Seconds that one rate buys.
    #[serde(default = "minute")]
    per_s: u64,
    /// How a period that is not full is charged.
    #[serde(default)]
    count: Count,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimeTier {
    /// Seconds.
    over_s: u64,
    /// For every `per_s`.
    rate: Figure,
}

impl Figures for Distance {
    const KIND: &'static str = "distance";
    const SPLITS: Splits = Splits::Optional;

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        self.parts().bind(Measure::Distance, true, binding)
    }
}

impl Figures for LongDistance {
    const KIND: &'static str = "long_distance";
    const SPLITS: Splits = Splits::Optional;

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        self.0.parts().bind(Measure::Distance, false, binding)
    }
}

impl Figures for Time {
    const KIND: &'static str = "time";
    const SPLITS: Splits = Splits::Optional;

    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        let tier = |tier: TimeTier| Tier { over: tier.over_s, rate: tier.rate.0 };
        let parts = Parts {
            included: ("included_s", self.included_s),
            rate: self.rate,
            tiers: self.tiers.map(|tiers| tiers.0.into_iter().map(tier).collect()),
            bands: self.bands,
            per: ("per_s", self.per_s.into()),
            count: self.count,
        };
        parts.bind(Measure::Time, true, binding)
    }
}

impl Distance {
    fn parts(self) -> Parts {
        let tier = |tier: DistanceTier| Tier { over: tier.over_m, rate: tier.rate.0 };
        Parts {
            included: ("included_m", self.included_m),
            rate: self.rate,
            tiers: self.tiers.map(|tiers| tiers.0.into_iter().map(tier).collect()),
            bands: self.bands,
            per: ("per_m", self.per_m.0),
            count: self.count,
        }
    }
}

/// What distance and time have in common, as written on the card, with the names of fields that carry the unit.
struct Parts {
    included: (&'static str, Option<u64>),
    rate: Option<Figure>,
    tiers: Option<Vec<Tier>>,
    bands: Bands,
    per: (&'static str, Decimal),
    count: Count,
}

impl Parts {
    /// See [`Fee::is_measured`].
    fn bind(self, measure: Measure, is_measured: bool, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        binding.require_positive(self.per.0, self.per.1 > Decimal::ZERO);
        let tiers = match (self.rate, self.tiers) {
            (Some(rate), None) => vec![Tier { over: self.included.1.unwrap_or(0), rate: rate.0 }],
            (None, Some(tiers)) => {
                if self.included.1.is_some() {
                    let message = "with `tiers`, what is included is where the first tier begins; leave this out";
                    binding.add(self.included.0, "included-and-tiers", message);
                }
                check_order(tiers.iter().map(|tier| tier.over), binding);
                tiers
            }
            _ => {
                binding.add("rate", "rate-or-tiers", "give either one `rate` or a list of `tiers`");
                return None;
            }
        };
        if tiers.iter().all(|tier| tier.rate.is_zero()) {
            binding.warn("rate", "zero", "a rate of zero is never charged");
        }
        if tiers.first()?.over > 10_000_000 {
            binding.warn(self.included.0, "absurd", "no ride is that long, so nothing is ever charged; is that meant?");
        }
        Some(Box::new(Tiered { measure, tiers, bands: self.bands, per: self.per.1, count: self.count, is_measured }))
    }
}

/// Tiers have to ascend, and there has to be one.
pub fn check_order(overs: impl Iterator<Item = u64>, binding: &mut Binding) {
    let mut previous = None;
    for (index, over) in overs.enumerate() {
        if previous.is_some_and(|previous| over <= previous) {
            let message = format!("begins at {over}, not after the tier before it; list tiers in ascending order");
            binding.add(&format!("tiers/{index}"), "tier-order", message);
        }
        previous = Some(over);
    }
    if previous.is_none() {
        binding.add("tiers", "empty", "give at least one tier");
    }
}

impl Tiered {
    fn whole(&self, ride: &Ride) -> u64 {
        match self.measure {
            Measure::Distance => ride.trip.distance_m,
            Measure::Time => ride.trip.duration_s,
        }
    }

    /// From where to where in the quantity of the whole ride a part goes.
    fn span(&self, part: &Part) -> (u64, u64) {
        match self.measure {
            Measure::Distance => part.metres,
            Measure::Time => part.seconds,
        }
    }

    /// How much of the quantity from `over` to `end` the branch applies to.
    fn within(&self, ride: &Ride, extent: Extent, over: u64, end: u64) -> u64 {
        let within = |(from, to): (u64, u64)| to.min(end).saturating_sub(from.max(over));
        match extent {
            Extent::Whole => within((0, self.whole(ride))),
            Extent::Parts(parts) => parts.iter().map(|part| within(self.span(part))).sum(),
        }
    }
}

impl Fee for Tiered {
    fn charge(&self, ride: &Ride, extent: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange> {
        let unit = match self.measure {
            Measure::Distance => Unit::Meter,
            Measure::Time => Unit::Second,
        };
        let source = match extent {
            Extent::Whole => Source::Trip,
            Extent::Parts(_) => ride.measured(),
        };
        let mut charge = |over, end, rate| {
            let quantity = self.within(ride, extent, over, end);
            if quantity > 0 {
                charges.push(self.count.charge(quantity, unit, rate, self.per, source));
            }
        };
        match self.bands {
            Bands::Whole => {
                let whole = self.whole(ride);
                if let Some(reached) = self.tiers.iter().rev().find(|tier| whole > tier.over) {
                    charge(0, u64::MAX, reached.rate);
                }
            }
            Bands::Marginal => {
                let ends = self.tiers.iter().skip(1).map(|tier| tier.over).chain([u64::MAX]);
                for (tier, end) in self.tiers.iter().zip(ends) {
                    charge(tier.over, end, tier.rate);
                }
            }
        }
        Ok(())
    }

    fn is_measured(&self) -> bool {
        self.is_measured
    }

    fn shrinks(&self) -> Option<&'static str> {
        let falls = self.tiers.iter().zip(self.tiers.iter().skip(1)).any(|(lower, upper)| upper.rate < lower.rate);
        (self.bands == Bands::Whole && falls)
            .then_some("a longer ride may reach a tier with a lower rate, which applies to all of it")
    }
}
