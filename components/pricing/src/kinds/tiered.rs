//! Distance and time, in tiers.

use super::{Binding, Charge, Fee, OutOfRange};
use crate::figure::Figure;
use crate::price::Ride;
use farebox_types::read_part;
use farebox_types::{Decimal, Unit};
use serde::Deserialize;
use serde_json::Value;

/// Metres in a kilometre, and seconds in a minute: what rates are per unless the card says otherwise.
const KILOMETRE: u64 = 1000;
const MINUTE: u64 = 60;

/// A rate for each stretch of the quantity.
#[derive(Debug)]
struct Tiered {
    measure: Measure,
    /// Ascending by `over`; never empty.
    tiers: Vec<Tier>,
    bands: Bands,
    per: Decimal,
    charged_when_mocked: bool,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bands {
    /// To the part of the quantity within the tier.
    #[default]
    Marginal,
    /// To the whole quantity: the highest tier it goes over sets the rate for all of it.
    Whole,
}

/// `{"included_m": 3300, "rate": "1.35"}` or `{"tiers": [{"over_m": 10000, "rate": "0.40"}, ...], "bands": "whole"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistanceDocument {
    included_m: Option<u64>,
    rate: Option<Figure>,
    tiers: Option<Vec<DistanceTier>>,
    #[serde(default)]
    bands: Bands,
    #[serde(default = "kilometre")]
    per_m: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistanceTier {
    over_m: u64,
    rate: Figure,
}

/// `{"included_s": 540, "rate": "0.20"}` or `{"tiers": [{"over_s": 0, "rate": "0.20"}, ...]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeDocument {
    included_s: Option<u64>,
    rate: Option<Figure>,
    tiers: Option<Vec<TimeTier>>,
    #[serde(default)]
    bands: Bands,
    #[serde(default = "minute")]
    per_s: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeTier {
    over_s: u64,
    rate: Figure,
}

fn kilometre() -> u64 {
    KILOMETRE
}

fn minute() -> u64 {
    MINUTE
}

/// Reads a fee on distance. `essential` ones are what a mocked ride is charged.
pub fn parse_distance(document: Value, binding: &mut Binding, essential: bool) -> Option<Box<dyn Fee>> {
    let document: DistanceDocument = read_part(document, binding.pointer, binding.problems)?;
    let tiers = document
        .tiers
        .map(|tiers| tiers.into_iter().map(|tier| Tier { over: tier.over_m, rate: tier.rate.0 }).collect());
    let names = Names { included: "included_m", per: "per_m" };
    let parts =
        Parts { included: document.included_m, rate: document.rate, tiers, bands: document.bands, per: document.per_m };
    parts.check(Measure::Distance, names, essential, binding)
}

/// Reads a fee on time.
pub fn parse_time(document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
    let document: TimeDocument = read_part(document, binding.pointer, binding.problems)?;
    let tiers = document
        .tiers
        .map(|tiers| tiers.into_iter().map(|tier| Tier { over: tier.over_s, rate: tier.rate.0 }).collect());
    let names = Names { included: "included_s", per: "per_s" };
    let parts =
        Parts { included: document.included_s, rate: document.rate, tiers, bands: document.bands, per: document.per_s };
    parts.check(Measure::Time, names, true, binding)
}

/// What distance and time have in common, as written on the card.
struct Parts {
    included: Option<u64>,
    rate: Option<Figure>,
    tiers: Option<Vec<Tier>>,
    bands: Bands,
    per: u64,
}

struct Names {
    included: &'static str,
    per: &'static str,
}

impl Parts {
    fn check(self, measure: Measure, names: Names, essential: bool, binding: &mut Binding) -> Option<Box<dyn Fee>> {
        if self.per == 0 {
            binding.add(names.per, "zero", "has to be more than zero");
        }
        let tiers = match (self.rate, self.tiers) {
            (Some(rate), None) => vec![Tier { over: self.included.unwrap_or(0), rate: rate.0 }],
            (None, Some(tiers)) => {
                if self.included.is_some() {
                    let message = "with `tiers`, what is included is where the first tier begins; leave this out";
                    binding.add(names.included, "included-and-tiers", message);
                }
                tiers
            }
            _ => {
                binding.add("rate", "rate-or-tiers", "give either one `rate` or a list of `tiers`");
                return None;
            }
        };
        if tiers.is_empty() {
            binding.add("tiers", "empty", "give at least one tier");
            return None;
        }
        for (index, pair) in tiers.windows(2).enumerate() {
            if let [lower, upper] = pair
                && upper.over <= lower.over
            {
                let message =
                    format!("begins at {}, not after the tier before it; list tiers in ascending order", upper.over);
                binding.add(&format!("tiers/{}", index + 1), "tier-order", message);
            }
        }
        Some(Box::new(Tiered {
            measure,
            tiers,
            bands: self.bands,
            per: Decimal::from(self.per),
            charged_when_mocked: essential,
        }))
    }
}

impl Fee for Tiered {
    fn charges(&self, ride: &Ride) -> Result<Vec<Charge>, OutOfRange> {
        let (total, unit) = match self.measure {
            Measure::Distance => (ride.trip.distance_m, Unit::Meter),
            Measure::Time => (ride.trip.duration_s, Unit::Second),
        };
        let charge = |quantity: u64, rate| Charge { quantity: Decimal::from(quantity), unit, rate, per: self.per };
        Ok(match self.bands {
            Bands::Whole => {
                let reached = self.tiers.iter().rev().find(|tier| total > tier.over);
                reached.map(|tier| charge(total, tier.rate)).into_iter().collect()
            }
            Bands::Marginal => {
                let ends = self.tiers.iter().skip(1).map(|tier| tier.over).chain([u64::MAX]);
                let parts =
                    self.tiers.iter().zip(ends).map(|(tier, end)| (total.min(end).saturating_sub(tier.over), tier));
                parts.filter(|(part, _)| *part > 0).map(|(part, tier)| charge(part, tier.rate)).collect()
            }
        })
    }

    fn charged_when_mocked(&self) -> bool {
        self.charged_when_mocked
    }
}
