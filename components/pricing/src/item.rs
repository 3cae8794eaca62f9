//! One fee on a card: its branches, and what holds for all of them.

use crate::fee::{Fee, Role};
use crate::growth::Growth;
use crate::ride::{Part, Ride};
use crate::rounding::Rounded;
use crate::when::When;
use farebox_fare::{Basis, MockCharges, Trip};
use farebox_money::MinorUnits;
use serde_json::Value;

/// One fee on a card.
#[derive(Debug)]
pub struct Item {
    pub code: String,
    pub kind: &'static str,
    pub required: Option<bool>,
    pub when_mocked: Option<bool>,
    /// Whether each part of the ride has its own branch.
    pub split: bool,
    pub rounding: Rounded,
    pub floor: Option<MinorUnits>,
    pub cap: Option<MinorUnits>,
    pub growth: Option<Growth>,
    /// Positions of items that are not charged when this one applies.
    pub replaces: Vec<usize>,
    pub branches: Vec<Branch>,
    /// Where local time may change the branch, in seconds of the day: ascending, beginning with 0. For items that split.
    pub edges: Vec<i64>,
}

/// How an item charges under some condition.
#[derive(Debug)]
pub struct Branch {
    pub when: When,
    /// The condition as it is written on the card.
    pub when_text: Option<Value>,
    pub fee: Box<dyn Fee>,
}

impl Item {
    /// Stands where an item cannot be read, on a card that is refused.
    pub fn placeholder(rounding: Rounded) -> Self {
        Self {
            code: String::new(),
            kind: "",
            required: None,
            when_mocked: None,
            split: false,
            rounding,
            floor: None,
            cap: None,
            growth: None,
            replaces: Vec::new(),
            branches: Vec::new(),
            edges: Vec::new(),
        }
    }

    /// Whether this is that to other items, under any branch.
    pub fn is(&self, role: Role) -> bool {
        self.branches.iter().any(|branch| branch.fee.role() == role)
    }

    /// Whether a trip is charged what a branch charges that applies to it. A mocked one need not be: what the item says,
    /// goes; where it says nothing, it depends on what the trip is charged at all.
    pub fn is_charged(&self, branch: &Branch, trip: &Trip) -> bool {
        trip.basis != Basis::Mocked
            || self.when_mocked.unwrap_or_else(|| match trip.mock_charges {
                MockCharges::All => true,
                MockCharges::MeasuredOnly => branch.fee.is_measured(),
            })
    }

    /// Whether a branch applies when the ride begins.
    pub fn applies(&self, ride: &Ride) -> bool {
        self.branches.iter().any(|branch| {
            branch.when.holds(&ride.facts) && branch.fee.applies_to(ride.trip) && self.is_charged(branch, ride.trip)
        })
    }

    /// The parts of the ride that each branch applies to.
    pub fn parts(&self, ride: &Ride) -> Vec<Vec<Part>> {
        let mut parts = vec![Vec::new(); self.branches.len()];
        let holds: Vec<bool> = self.branches.iter().map(|branch| branch.when.holds_at_any_time(&ride.facts)).collect();
        ride.parts(&self.edges, |moment, part| {
            let mut branches = self.branches.iter().zip(&holds).zip(&mut parts);
            let applies = branches.find(|((branch, holds), _)| **holds && branch.when.calendar.holds(moment));
            if let Some((_, parts)) = applies {
                parts.push(part);
            }
        });
        parts
    }
}
