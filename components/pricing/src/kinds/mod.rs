//! The kinds of fee. One module each; [`KINDS`] is the only place that lists them.

mod base;
mod count;
mod dynamic;
mod flat;
mod limits;
mod one_price;
mod pass_through;
mod passengers;
mod percentage;
mod round;
mod slow;
mod tax;
mod taximeter;
mod tiered;
mod waiting;

use crate::figure::Figure;
use crate::line::Charge;
use crate::notes::Notes;
use crate::ride::{Part, Ride};
use farebox_document::read_part;
use farebox_fare::Trip;
use farebox_money::{Currency, Decimal, MinorUnits};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;

/// All kinds, in the order of the documentation.
pub const KINDS: &[Kind] = &[
    Kind::of::<flat::Flat>(),
    Kind::of::<tiered::Distance>(),
    Kind::of::<tiered::Time>(),
    Kind::of::<tiered::LongDistance>(),
    Kind::of::<taximeter::Taximeter>(),
    Kind::of::<slow::Slow>(),
    Kind::of::<waiting::Waiting>(),
    Kind::of::<passengers::Passengers>(),
    Kind::of::<percentage::Document>(),
    Kind::of::<dynamic::Document>(),
    Kind::of::<limits::Minimum>(),
    Kind::of::<limits::Maximum>(),
    Kind::of::<round::Document>(),
    Kind::of::<one_price::OnePrice>(),
    Kind::of::<pass_through::PassThrough>(),
    Kind::of::<tax::Document>(),
];

/// A kind of fee.
pub struct Kind {
    /// As written on a card.
    pub name: &'static str,
    /// Whether different parts of a ride can be charged under different branches.
    pub splits: Splits,
    /// Reads one branch. `None` when it cannot be read; what is wrong is noted.
    pub parse: fn(Value, &mut Binding) -> Option<Box<dyn Fee>>,
    /// The schema of a branch's figures.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// Whether different parts of a ride can be charged under different branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splits {
    /// The branch is chosen once, by when the ride begins.
    Never,
    /// As the item says.
    Optional,
    /// The branch is chosen for each part of the ride.
    Always,
}

/// The figures of a branch, as written on a card.
pub trait Figures: DeserializeOwned + JsonSchema {
    /// The kind they belong to, as written on a card.
    const KIND: &'static str;
    /// Whether different parts of a ride can be charged under different branches.
    const SPLITS: Splits = Splits::Never;

    /// Checks the figures and makes a fee of them. `None` when they make none; what is wrong is noted.
    fn bind(self, binding: &mut Binding) -> Option<Box<dyn Fee>>;
}

impl Kind {
    const fn of<T: Figures>() -> Self {
        Self {
            name: T::KIND,
            splits: T::SPLITS,
            parse: |value, binding| read_part::<T>(&value, binding.pointer, &mut binding.notes.problems)?.bind(binding),
            schema: |generator| T::json_schema(generator),
        }
    }
}

/// Finds a kind by the name on a card.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The names of all kinds.
pub fn kind_names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// A fee under one branch: how much of what, at which rate.
pub trait Fee: Debug + Send + Sync {
    /// What to charge. No charge and a zero charge are the same.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] when a quantity or base leaves the range of exact decimals.
    fn charge(&self, ride: &Ride, extent: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange>;

    /// The items this one is based on, by position on the card.
    fn base(&self) -> &[usize] {
        &[]
    }

    /// Whether a mocked ride, of which only start and end are known, is charged this fee unless the item says otherwise.
    /// Only distance and time are.
    fn charged_when_mocked(&self) -> bool {
        false
    }

    /// Whether the trip has what the fee is about.
    fn applies_to(&self, _trip: &Trip) -> bool {
        true
    }

    /// Whether the amount is contained in what the base costs, and told but not added.
    fn is_included(&self) -> bool {
        false
    }

    /// Whether the fee may come to less when its base comes to more. The sum of both never does.
    fn corrects(&self) -> bool {
        false
    }

    /// Whether the amount is what it is, and steps of rounding do not concern it: a cost that is passed on, or what brings
    /// a sum to an amount.
    fn is_exact(&self) -> bool {
        false
    }

    /// Why the fee could come to less when the ride gets longer. `None` when it cannot.
    fn shrinks(&self) -> Option<&'static str> {
        None
    }
}

/// How much of a ride a branch applies to.
#[derive(Clone, Copy, Debug)]
pub enum Extent<'a> {
    /// All of it.
    Whole,
    /// These parts, in the order in which they were ridden.
    Parts(&'a [Part]),
}

/// A quantity or base left the range of exact decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

/// What a branch is read against: the other items, and where to note what is wrong.
pub struct Binding<'a> {
    /// The codes of all items of the card, in its order.
    pub codes: &'a [&'a str],
    /// The position of the item that the branch belongs to.
    pub position: usize,
    /// The card's.
    pub currency: Currency,
    /// Where the branch is.
    pub pointer: &'a str,
    /// What is wrong with it, and what is odd about it.
    pub notes: &'a mut Notes,
}

impl Binding<'_> {
    fn add(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.notes.problems.add(format!("{}/{field}", self.pointer), code, message);
    }

    fn warn(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.notes.warnings.add(format!("{}/{field}", self.pointer), code, message);
    }

    /// An amount has to be payable in the card's currency: no more decimals than that has.
    fn require_payable(&mut self, field: &str, amount: Figure) {
        amount.amount(self.currency, &format!("{}/{field}", self.pointer), &mut self.notes.problems);
    }

    /// A divisor, or the length of a period.
    fn require_positive(&mut self, field: &str, positive: bool) {
        if !positive {
            self.add(field, "zero", "has to be more than zero");
        }
    }
}

/// The codes of a card, for messages. An item that cannot be read has none.
pub fn known(codes: &[&str]) -> String {
    let codes: Vec<_> = codes.iter().copied().filter(|code| !code.is_empty()).collect();
    codes.join(", ")
}

/// The sum of minor units, in the major unit.
fn major(ride: &Ride, minor: Option<MinorUnits>) -> Result<Decimal, OutOfRange> {
    minor.map(|minor| ride.currency.to_major(minor)).ok_or(OutOfRange)
}
