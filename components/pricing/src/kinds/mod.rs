//! The kinds of fee. One module each; [`parse`] is the only place that lists them.

mod base;
mod dynamic;
mod flat;
mod minimum;
mod pass_through;
mod percentage;
mod slow;
mod tiered;

use crate::condition::When;
use crate::price::Ride;
use farebox_types::{Currency, Decimal, MinorUnits, Problems, Unit};
use serde_json::Value;
use std::fmt::Debug;

/// The kinds, as written on a card.
pub const NAMES: &[&str] =
    &["flat", "distance", "time", "long_distance", "slow", "percentage", "dynamic", "minimum", "pass_through"];

/// Reads one branch of an item of the given kind. `None` when it cannot be read; what is wrong is noted.
pub fn parse(kind: &str, document: Value, binding: &mut Binding) -> Option<Box<dyn Fee>> {
    match kind {
        "flat" => flat::Flat::parse(document, binding),
        "distance" => tiered::parse_distance(document, binding, true),
        "time" => tiered::parse_time(document, binding),
        "long_distance" => tiered::parse_distance(document, binding, false),
        "slow" => slow::Slow::parse(document, binding),
        "percentage" => percentage::Percentage::parse(document, binding),
        "dynamic" => dynamic::Dynamic::parse(document, binding),
        "minimum" => minimum::Minimum::parse(document, binding),
        "pass_through" => pass_through::PassThrough::parse(document, binding),
        _ => None,
    }
}

/// A fee under one branch: how much of what, at which rate.
pub trait Fee: Debug + Send + Sync {
    /// What to charge. No charge and a zero charge are the same.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] when a quantity or base leaves the range of exact decimals.
    fn charges(&self, ride: &Ride) -> Result<Vec<Charge>, OutOfRange>;

    /// Whether a mocked ride, of which only start and end are known, is charged this fee. Only distance and time are.
    fn charged_when_mocked(&self) -> bool {
        false
    }

    /// For a fee whose branch is chosen per segment, by the local time it began, rather than once for the ride: the
    /// charges over the segments for which `when` holds. `None`, as by default, chooses once for the ride.
    fn charges_by_segment(&self, _ride: &Ride, _when: &When) -> Option<Result<Vec<Charge>, OutOfRange>> {
        None
    }
}

/// A line before it is priced: `quantity` x `rate` / `per`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// How much of `unit`.
    pub quantity: Decimal,
    /// What the quantity counts.
    pub unit: Unit,
    /// In the major unit of the currency.
    pub rate: Decimal,
    /// How much quantity one `rate` buys; not zero.
    pub per: Decimal,
}

impl Charge {
    /// An amount for the ride as a whole.
    pub fn once(amount: Decimal) -> Self {
        Self { quantity: Decimal::ONE, unit: Unit::Trip, rate: amount, per: Decimal::ONE }
    }
}

/// A quantity or base left the range of exact decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

/// What a branch is read against: the items before it, and where to note what is wrong.
pub struct Binding<'a> {
    /// The codes of the items before this one, in order.
    pub codes: &'a [&'a str],
    /// The card's.
    pub currency: Currency,
    /// Where the branch is.
    pub pointer: &'a str,
    /// What is wrong with it.
    pub problems: &'a mut Problems,
}

impl Binding<'_> {
    fn add(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.problems.add(format!("{}/{field}", self.pointer), code, message);
    }

    /// An amount has to be payable in the card's currency: no more decimals than that has.
    fn require_payable(&mut self, field: &str, amount: Decimal) {
        let exponent = self.currency.exponent();
        if amount.normalize().scale() > exponent {
            let message = format!("{amount} cannot be paid in {}; use at most {exponent} decimals", self.currency);
            self.add(field, "too-precise", message);
        }
    }
}

/// The sum of minor units, in the major unit.
fn major(ride: &Ride, minor: Option<MinorUnits>) -> Result<Decimal, OutOfRange> {
    minor.map(|minor| ride.currency.to_major(minor)).ok_or(OutOfRange)
}
