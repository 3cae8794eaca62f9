//! The pure engines that billing puts together: what prices, what settles, what renders.
//!
//! The components are reached through WIT, their crates natively; both have these faces.

use farebox_document::Problem;
use farebox_fare::{Bill, Degradation, LocalTime, Outcome, Timestamp, Trip};
use farebox_money::{Currency, MinorUnits};
use farebox_records::{Difference, OrderRecord, Settlement};
use serde::Serialize;

/// One engine of each kind.
pub trait Engines: 'static {
    /// What prices.
    type Card: RateCard;
    /// What settles.
    type Policy: Policy;
    /// What renders.
    type Catalogue: Catalogue;

    /// The number of the pricing engine. Every bill names it.
    fn pricing() -> u32;

    /// The number of the commission engine. Every bill names it.
    fn commission() -> u32;
}

/// Why a document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Everything that is wrong with it.
    Invalid(Vec<Problem>),
    /// The engine failed.
    Other(String),
}

impl ParseError {
    /// One line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Invalid(problems) => {
                let line = |Problem { pointer, message, code }: &Problem| {
                    // What is wrong with the document as a whole has no place in it.
                    format!("{pointer} {message} [{code}]").trim_start().to_owned()
                };
                problems.iter().map(line).collect()
            }
            Self::Other(why) => vec![why.clone()],
        }
    }
}

/// The two bills of a ride.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the passenger is charged.
    Passenger,
    /// What the driver is paid.
    Driver,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Passenger, Self::Driver];

    /// The word for it, in file names and sentences.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passenger => "passenger",
            Self::Driver => "driver",
        }
    }
}

/// What a rate card says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardInfo {
    /// SHA-256 of its canonical form.
    pub version: String,
    /// For people.
    pub title: String,
    /// Where it applies.
    pub city: String,
    /// To what.
    pub product: String,
    /// Whose bill it prices.
    pub side: Side,
    /// Of every amount.
    pub currency: Currency,
    /// The IANA zone of its local times.
    pub time_zone: String,
    /// The first local day on which it is in force, as it is written on the card; from the beginning without.
    pub effective_from: Option<String>,
    /// When that day begins.
    pub effective_at: Option<Timestamp>,
    /// The codes of its fees, in the order of its items.
    pub fees: Vec<String>,
}

/// What a bill comes to, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Before discounts.
    pub total: MinorUnits,
    /// After discounts.
    pub payable: MinorUnits,
}

/// Why a trip could not be priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceError {
    /// A fact of the trip cannot be priced; the pointer is into the trip, in WIT's words: "/ended-at".
    InvalidTrip(Problem),
    /// The amount of this fee is beyond what can be billed.
    Overflow(String),
    /// The engine failed.
    Other(String),
}

/// A rate card that can price. Parsing costs far more than pricing: parse once, and keep.
pub trait RateCard: Sized {
    /// Parses and checks a rate card.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    fn parse(document: &str) -> Result<Self, ParseError>;

    /// What it says of itself.
    ///
    /// # Errors
    ///
    /// When it says what has no meaning here, such as an unknown currency.
    fn info(&self) -> Result<CardInfo, String>;

    /// What a moment is on its clocks, and among its holidays.
    fn local(&self, at: Timestamp) -> LocalTime;

    /// Prices a trip. `quoted` is the trip as it was quoted on this card: limits on growth compare with it.
    ///
    /// # Errors
    ///
    /// See [`PriceError`].
    fn price(&self, trip: &Trip, quoted: Option<&Trip>) -> Result<Bill, PriceError>;

    /// What one trip comes to on each of many cards, in their order.
    fn estimate(cards: &[&Self], trip: &Trip) -> Vec<Result<Price, PriceError>>;
}

/// Of what kind a ride is: what settles it looks at this.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Where it took place.
    pub city: &'a str,
    /// What was ridden.
    pub product: &'a str,
    /// What is known of its order.
    pub order: &'a OrderRecord,
    /// How it ended.
    pub outcome: Outcome,
    /// When it began.
    pub begins: LocalTime,
}

/// A ride that was billed, in one currency.
#[derive(Clone, Copy, Debug)]
pub struct Billed<'a> {
    /// What the passenger owes.
    pub passenger: &'a Bill,
    /// What the driver earns. What the driver pays of the passenger's coupons is a discount on it.
    pub driver: &'a Bill,
    /// What partners pay of them, in minor units; zero or more.
    pub partners: MinorUnits,
}

/// What a ride comes to of which nothing else is known, in minor units.
#[derive(Clone, Copy, Debug)]
pub struct RideTotals {
    /// Of every amount.
    pub currency: Currency,
    /// The passenger's bill before coupons.
    pub passenger_total: MinorUnits,
    /// The driver's bill.
    pub driver_total: MinorUnits,
    /// The sum of the passenger's coupons, positive.
    pub coupons: MinorUnits,
}

/// Why a ride could not be settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleError {
    /// An amount makes no sense; the pointer is in WIT's words: "/driver-total".
    InvalidRide(Problem),
    /// An amount is beyond what can be settled.
    Overflow,
    /// The engine failed.
    Other(String),
}

/// A commission policy that can settle.
pub trait Policy: Sized {
    /// Parses and checks a policy.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    fn parse(document: &str) -> Result<Self, ParseError>;

    /// SHA-256 of its canonical form.
    fn version(&self) -> String;

    /// Settles a ride that was billed.
    ///
    /// # Errors
    ///
    /// See [`SettleError`].
    fn settle(&self, ride: Circumstances<'_>, billed: Billed<'_>) -> Result<Settlement, SettleError>;

    /// Settles a ride from its totals.
    ///
    /// # Errors
    ///
    /// See [`SettleError`].
    fn settle_totals(&self, ride: Circumstances<'_>, totals: RideTotals) -> Result<Settlement, SettleError>;
}

/// One part of a page: a title, and lines under it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Section"))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageSection {
    /// A heading.
    pub title: String,
    /// Never empty.
    pub lines: Vec<PageLine>,
}

/// One line of a page.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageLine {
    /// The fee code.
    pub code: String,
    /// What the fee is called.
    pub label: String,
    /// How it came about; may be empty.
    pub text: String,
    /// The amount, as people of the locale write it.
    pub amount: String,
}

/// One side of a bill that was made again, next to the one before.
#[derive(Clone, Copy, Debug)]
pub struct SideRepair<'a> {
    /// This side of the newer bill.
    pub bill: &'a Bill,
    /// Why it was made again.
    pub because: &'a [Degradation],
    /// Whether it counts as it is, though something was not to be had.
    pub closed: bool,
    /// How it differs.
    pub difference: &'a Difference,
}

/// What a page says of a [`SideRepair`]. Amounts are with their currency, as people of the locale write them; words that the copy does not
/// have are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairWords {
    /// A heading.
    pub title: String,
    /// Why the bill was made again, or that it counts as it is.
    pub text: String,
    /// What it comes to for who reads it.
    pub outcome: String,
    /// What was charged, or paid.
    pub before: String,
    /// What is charged, or paid.
    pub after: String,
    /// `after` less `before`, with its sign.
    pub difference: String,
    /// Absent when it is nothing.
    pub borne: Option<BorneAmount>,
    /// The fees that differ.
    pub lines: Vec<RepairedLine>,
}

/// What a bill comes to beyond what is charged: the platform bears it.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BorneAmount {
    /// The amount, as people of the locale write it.
    pub amount: String,
    /// A sentence about it; may be empty.
    pub text: String,
}

/// A fee that comes to something else than on the bill before.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RepairedLine {
    /// The fee code.
    pub code: String,
    /// What the fee is called.
    pub label: String,
    /// What it came to, as people of the locale write it; zero when it was not there.
    pub before: String,
    /// What it comes to now; zero when it is not there any more.
    pub after: String,
}

/// The copy of one locale.
pub trait Catalogue: Sized {
    /// Whether anything can be found out about copy. Where not, copy is nobody's to judge: what is in force stays.
    const RENDERS: bool = true;

    /// Parses and checks messages and layout.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    fn parse(locale: &str, messages: &str, layout: &str) -> Result<Self, ParseError>;

    /// The scenes there are; the first is the default.
    fn scenes(&self) -> Vec<String>;

    /// What a scene shows of a bill.
    ///
    /// # Errors
    ///
    /// Why it could not be rendered, for the log.
    fn render(&self, bill: &Bill, scene: &str) -> Result<Vec<PageSection>, String>;

    /// What a scene shows of a bill that was made again, next to the one before.
    ///
    /// # Errors
    ///
    /// Why it could not be rendered, for the log.
    fn repair(&self, repair: SideRepair<'_>, scene: &str) -> Result<RepairWords, String>;
}

/// Copy where nothing renders: pages show the totals only.
///
/// Whoever bills is without an engine that renders, so that nothing an operator's copy does to one can touch a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrendered {}

impl Catalogue for Unrendered {
    const RENDERS: bool = false;

    fn parse(_: &str, _: &str, _: &str) -> Result<Self, ParseError> {
        Err(ParseError::Other("pages are rendered by another component, which the manifest has routes for".to_owned()))
    }

    fn scenes(&self) -> Vec<String> {
        match *self {}
    }

    fn render(&self, _: &Bill, _: &str) -> Result<Vec<PageSection>, String> {
        match *self {}
    }

    fn repair(&self, _: SideRepair<'_>, _: &str) -> Result<RepairWords, String> {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line says where something is wrong, if that is anywhere in the document, and begins with no space.
    #[test]
    fn lines() {
        let problem = |pointer: &str| {
            let (pointer, message) = (pointer.to_owned(), "is wrong".to_owned());
            Problem { pointer, code: "a-code".into(), message }
        };
        let invalid = ParseError::Invalid(vec![problem(""), problem("/items/0")]);
        assert_eq!(invalid.lines(), ["is wrong [a-code]", "/items/0 is wrong [a-code]"]);
        assert_eq!(ParseError::Other("it failed".to_owned()).lines(), ["it failed"]);
    }
}
