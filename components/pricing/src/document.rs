//! How a card is written down. What cannot be said in types is checked where the parts are read.

use crate::card::Side;
use crate::discounts::CouponRules;
use crate::figure::Figure;
use crate::growth::GrowthDocument;
use crate::rounding::RoundingDocument;
use crate::zones::ZoneDocument;
use farebox_money::Currency;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A rate card: how the rides of one product in one city are priced for one side. Money, rates and percentages are text,
/// so that they stay exact; distances are whole metres, durations whole seconds.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Farebox rate card", rename = "RateCard")]
pub struct CardDocument {
    /// "farebox-rate-card/1".
    pub format: String,
    /// For people.
    pub title: String,
    /// Where the figures were published.
    #[serde(default)]
    #[expect(dead_code, reason = "for people only")]
    pub source: Option<String>,
    /// What the card covers and what it does not.
    #[serde(default)]
    #[expect(dead_code, reason = "for people only")]
    pub notes: Option<String>,
    /// The city: 1 to 32 letters, digits, - and _.
    pub city: String,
    /// The product: 1 to 32 letters, digits, - and _.
    pub product: String,
    /// Whose bill the card prices.
    pub side: Side,
    /// ISO 4217, for example "CNY".
    #[schemars(with = "String", regex(pattern = "^[A-Z]{3}$"))]
    pub currency: Currency,
    /// The IANA zone of the local times on the card, for example "Asia/Shanghai".
    pub time_zone: String,
    /// How amounts are rounded, line by line, unless an item says otherwise. Half up to the minor unit when left out.
    #[serde(default)]
    pub rounding: RoundingDocument,
    /// Days that count as holidays, in local time, for example "2026-10-01".
    #[serde(default)]
    pub holidays: Vec<String>,
    /// Parts of the earth's surface that conditions can refer to.
    #[serde(default)]
    pub zones: Vec<ZoneDocument>,
    /// Whether the card promises that more distance or time never costs less. The promise is checked.
    #[serde(default)]
    pub monotone: bool,
    /// How far the fare may grow from quote to bill.
    pub growth: Option<GrowthDocument>,
    /// How coupons apply.
    #[serde(default)]
    pub coupons: CouponRules,
    /// The fees, in the order of the bill.
    #[schemars(schema_with = "crate::schema::items")]
    pub items: Vec<Value>,
}

/// One fee.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Item")]
pub struct ItemDocument {
    /// The fee code on the lines of the bill: 1 to 32 letters, digits, - and _; unique on the card.
    pub code: String,
    /// How the fee is charged.
    pub kind: String,
    /// Whether one of the branches has to apply at every time, to every completed ride: `true` refuses a hole, `false`
    /// says that holes are meant. Left out, a hole between several branches is a warning.
    pub required: Option<bool>,
    /// Whether a reconstructed ride is charged this fee. Left out, only fees on distance and time are.
    pub when_mocked: Option<bool>,
    /// For fees on distance and time: whether the branch that applies at the start is good for the whole ride, as when
    /// this is left out, or each part of the ride is charged under the branch that applies when it is ridden.
    pub windows: Option<Windows>,
    /// Unless as the card says.
    pub rounding: Option<RoundingDocument>,
    /// The least the item comes to, when it applies.
    pub floor: Option<Figure>,
    /// The most the item comes to.
    pub cap: Option<Figure>,
    /// How far the item may grow from quote to bill.
    pub growth: Option<GrowthDocument>,
    /// Codes of items that are not charged when this one applies.
    #[serde(default)]
    pub replaces: Vec<String>,
    /// Under which conditions, with which figures. No two may apply to one ride at one time.
    pub branches: Vec<Value>,
}

/// When the branch of a fee is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Windows {
    /// Once, by when the ride begins.
    Start,
    /// For each part of the ride, by when it is ridden: measured by segments, otherwise spread evenly over the ride.
    Split,
}
