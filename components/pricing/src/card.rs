//! What a rate card is.

use crate::clock::Clock;
use crate::discounts::CouponRules;
use crate::growth::Growth;
use crate::item::Item;
use crate::rounding::Rounded;
use crate::terms::Terms;
use farebox_document::Problem;
use farebox_fare::{LocalTime, Timestamp};
use farebox_money::Currency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `format` on a card has to say.
pub const FORMAT: &str = "farebox-rate-card/1";

/// A parsed, checked rate card.
#[derive(Debug)]
pub struct RateCard {
    pub(crate) info: CardInfo,
    pub(crate) terms: Terms,
    pub(crate) rounding: Rounded,
    pub(crate) growth: Option<Growth>,
    pub(crate) coupons: CouponRules,
    pub(crate) items: Vec<Item>,
    /// Positions of items, those that others are based on first.
    pub(crate) order: Vec<usize>,
    /// Positions of the items that replace others, each after those that may replace it.
    pub(crate) replacement_order: Vec<usize>,
    pub(crate) warnings: Vec<Problem>,
}

/// What a card says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardInfo {
    /// SHA-256 of the canonical form: 64 lower-case hexadecimal digits.
    pub version: String,
    /// For people.
    pub title: String,
    /// A city code such as "110000".
    pub city: String,
    /// A product such as "express".
    pub product: String,
    /// Whose bill this card prices.
    pub side: Side,
    /// Of every amount on the card.
    pub currency: Currency,
    /// The IANA zone of the local times on the card.
    pub time_zone: String,
    /// The first local day on which it is in force; from the beginning without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<String>,
    /// When that day begins.
    #[serde(skip)]
    pub effective_at: Option<Timestamp>,
}

/// The two bills of a ride.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What the passenger is charged.
    Passenger,
    /// What the driver is paid.
    Driver,
}

impl RateCard {
    /// What the card says of itself.
    pub fn info(&self) -> &CardInfo {
        &self.info
    }

    /// What a moment is on the clocks of the card, and among its holidays.
    pub fn local_time(&self, at: Timestamp) -> LocalTime {
        Clock::new(&self.terms, &[]).slot(at).moment
    }

    /// The fee codes of the card, in its order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|item| item.code.as_str())
    }

    /// The fee codes of what is passed on: taxes, and what is charged at cost.
    pub fn passed_on(&self) -> impl Iterator<Item = &str> {
        let is_passed_on = |item: &&Item| item.branches.iter().any(|branch| branch.fee.is_passed_on());
        self.items.iter().filter(is_passed_on).map(|item| item.code.as_str())
    }

    /// What is not wrong with the card, but worth a second look.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}
