//! What a fee is: how it charges a ride, and what a card has to know of it.

use crate::line::Charge;
use crate::ride::{Part, Ride};
use farebox_fare::Trip;
use farebox_money::MinorUnits;
use std::fmt::Debug;

/// A fee under one branch: how much of what, at which rate.
pub trait Fee: Debug + Send + Sync {
    /// What to charge. No charge and a zero charge are the same.
    ///
    /// # Errors
    ///
    /// [`OutOfRange`] when a quantity or base leaves the range of exact decimals.
    fn charge(&self, ride: &Ride, extent: Extent, charges: &mut Vec<Charge>) -> Result<(), OutOfRange>;

    /// What the fee is to the other items of the card.
    fn role(&self) -> Role {
        Role::Charge
    }

    /// What it brings a sum to a multiple of, in minor units: one or more.
    fn rounds_to(&self) -> Option<MinorUnits> {
        None
    }

    /// The items this one is based on, by position on the card.
    fn base(&self) -> &[usize] {
        &[]
    }

    /// Whether it comes to nothing where what it is based on comes to nothing.
    fn is_share(&self) -> bool {
        !self.base().is_empty()
    }

    /// Whether it charges the distance or the time of the ride as such. Where mocked rides are charged what is measured and
    /// nothing else, they are charged this.
    fn is_measured(&self) -> bool {
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

    /// Whether it is nobody's income: a tax, or a cost that is passed on.
    fn is_passed_on(&self) -> bool {
        false
    }

    /// Why the fee could come to less when the ride gets longer. `None` when it cannot.
    fn shrinks(&self) -> Option<&'static str> {
        None
    }
}

/// What a fee is to the other items of a card, as far as checking the card goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It charges for something.
    Charge,
    /// It is a price agreed for the ride as a whole, which not every ride has.
    AgreedPrice,
    /// It takes off what others come to above an amount.
    Maximum,
    /// It rounds what others come to.
    Rounding,
    /// It taxes others.
    Tax,
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
