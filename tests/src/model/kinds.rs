//! What a branch charges.

use super::number::{Rounding, figure, major_units, minor_units, whole};
use super::ride::Second;
use super::{Model, splits};
use num::rational::Ratio;
use num::{BigRational, ToPrimitive};
use serde_json::Value;
use std::collections::BTreeMap;

/// `quantity` x `rate` / `per`, in the major unit.
pub struct Charge {
    pub quantity: BigRational,
    pub rate: BigRational,
    pub per: BigRational,
}

impl Charge {
    /// An amount, once.
    pub fn once(amount: BigRational) -> Self {
        Self { quantity: whole(1), rate: amount, per: whole(1) }
    }

    /// So many percent of an amount.
    fn share(base: BigRational, percent: BigRational) -> Self {
        Self { quantity: base, rate: percent, per: whole(100) }
    }

    /// What it comes to, before rounding.
    pub fn price(&self) -> BigRational {
        &self.quantity * &self.rate / &self.per
    }
}

impl Model<'_> {
    /// What a branch charges that applies to these seconds.
    pub fn charges(&self, position: usize, branch: &Value, seconds: &[&Second]) -> Vec<Charge> {
        let item = &self.items[position];
        let trip = self.ride.trip;
        let major = |minor: i64| major_units(minor.into(), self.currency);
        let base = || self.base(position, branch);
        let one = |charge: Charge| vec![charge];
        match item["kind"].as_str().expect("a kind") {
            "flat" => one(Charge::once(figure(&branch["amount"]))),
            "distance" | "long_distance" => {
                let metres: Vec<u64> = if splits(item) {
                    seconds.iter().flat_map(|second| second.metres.0..second.metres.1).collect()
                } else {
                    (0..trip.distance_m).collect()
                };
                tiered(branch, &metres, trip.distance_m, "m", 1000)
            }
            "time" => {
                let indices: Vec<u64> = if splits(item) {
                    seconds.iter().filter_map(|second| second.index).collect()
                } else {
                    (0..trip.duration_s).collect()
                };
                tiered(branch, &indices, trip.duration_s, "s", 60)
            }
            "taximeter" => one(taximeter(branch, seconds)),
            "slow" => {
                let limit = limit(branch);
                let slow = seconds.iter().filter(|second| second.index.is_some() && is_below(second, limit)).count();
                one(counted(branch, u64::try_from(slow).expect("few"), figure(&branch["rate"]), per(branch, "s", 60)))
            }
            "waiting" => {
                let beyond = trip.waiting_s.saturating_sub(branch["included_s"].as_u64().unwrap_or(0));
                one(counted(branch, beyond, figure(&branch["rate"]), per(branch, "s", 60)))
            }
            "passengers" => {
                // Passengers are tiers of one each: the first is number 0.
                let passengers: Vec<u64> = (0..u64::from(trip.order.passengers.max(1))).collect();
                tiered(branch, &passengers, 0, "", 1)
            }
            "percentage" => one(Charge::share(base(), figure(&branch["percent"]))),
            "dynamic" => match trip.dynamic_factor {
                Some(factor) => {
                    let factor = super::decimal(&factor.to_string());
                    let factor = match branch.get("max_factor") {
                        Some(most) => factor.min(figure(most)),
                        None => factor,
                    };
                    one(Charge { quantity: base(), rate: factor - whole(1), per: whole(1) })
                }
                None => Vec::new(),
            },
            "minimum" => one(Charge::once((figure(&branch["amount"]) - base()).max(whole(0)))),
            "maximum" => one(Charge::once((figure(&branch["amount"]) - base()).min(whole(0)))),
            "round" => {
                let base = base();
                let rounded = Rounding::read(branch, self.currency).apply(&minor_units(&base, self.currency));
                one(Charge::once(major_units(rounded, self.currency) - base))
            }
            "one_price" => one(Charge::once(major(trip.order.one_price.expect("it applies")))),
            "pass_through" => one(Charge::once(major(match branch["fact"].as_str() {
                Some("tolls") => trip.tolls,
                Some("parking") => trip.parking,
                _ => trip.highway,
            }))),
            "tax" => {
                let percent = figure(&branch["percent"]);
                let mut charge = Charge::share(base(), percent.clone());
                if branch["mode"] == "inclusive" {
                    charge.per += percent;
                }
                one(charge)
            }
            kind => panic!("the model does not know {kind}"),
        }
    }
}

/// Each metre, or second, at the rate of the tier that it is in. `all` is how many the ride has.
fn tiered(branch: &Value, each: &[u64], all: u64, unit: &str, usual: u64) -> Vec<Charge> {
    let included = branch[format!("included_{unit}")].as_u64().unwrap_or(0);
    let tiers: Vec<(u64, BigRational)> = match branch["tiers"].as_array() {
        Some(tiers) => tiers
            .iter()
            .map(|tier| {
                let over = tier.get(format!("over_{unit}")).unwrap_or(&tier["over"]);
                (over.as_u64().expect("a whole number"), figure(&tier["rate"]))
            })
            .collect(),
        None => vec![(included, figure(&branch["rate"]))],
    };
    let mut in_tier: BTreeMap<usize, u64> = BTreeMap::new();
    for number in each {
        // Number 3000 is the first beyond 3000.
        let tier = if branch["bands"] == "whole" {
            tiers.iter().rposition(|(over, _)| all > *over)
        } else {
            tiers.iter().rposition(|(over, _)| number >= over)
        };
        if let Some(tier) = tier {
            *in_tier.entry(tier).or_default() += 1;
        }
    }
    let charge = |(tier, count): (usize, u64)| counted(branch, count, tiers[tier].1.clone(), per(branch, unit, usual));
    in_tier.into_iter().map(charge).collect()
}

fn per(branch: &Value, unit: &str, usual: u64) -> BigRational {
    branch.get(format!("per_{unit}")).map_or_else(|| whole(usual), figure)
}

fn counted(branch: &Value, count: u64, rate: BigRational, per: BigRational) -> Charge {
    let pieces = whole(count) / &per;
    match branch["count"].as_str() {
        Some("completed") => Charge { quantity: pieces.floor(), rate, per: whole(1) },
        Some("started") => Charge { quantity: pieces.ceil(), rate, per: whole(1) },
        _ => Charge { quantity: whole(count), rate, per },
    }
}

/// Kilometres per hour.
fn limit(branch: &Value) -> Ratio<i128> {
    let limit = figure(&branch["below_kmh"]);
    Ratio::new(limit.numer().to_i128().expect("small"), limit.denom().to_i128().expect("small"))
}

fn is_below(second: &Second, limit: Ratio<i128>) -> bool {
    second.speed.is_some_and(|speed| speed < limit)
}

/// Runs the meter: each second fills it a little, and whenever a unit is begun it is counted.
fn taximeter(branch: &Value, seconds: &[&Second]) -> Charge {
    // A metre fills `unit_s` x 10^6 of the meter, a second `unit_m` x 10^6, and a unit is the product of both.
    let micro = |figure: BigRational| (figure * whole(1_000_000)).to_integer().to_u128().expect("a figure");
    let (unit_m, unit_s) = (micro(figure(&branch["unit_m"])), u128::from(branch["unit_s"].as_u64().expect("seconds")));
    let (unit, limit) = (unit_m * unit_s, limit(branch));
    let (mut filled, mut units) = (0_u128, 0_u64);
    for second in seconds {
        filled += if is_below(second, limit) {
            u128::from(second.index.is_some()) * unit_m
        } else {
            u128::from(second.metres.1 - second.metres.0) * unit_s * 1_000_000
        };
        while filled > u128::from(units) * unit {
            units += 1;
        }
    }
    let charged = units.saturating_sub(branch["included_units"].as_u64().unwrap_or(0));
    Charge { quantity: whole(charged), rate: figure(&branch["rate"]), per: whole(1) }
}
