//! How a card is written down. What cannot be said in types is checked where the parts are read.

mod item;

pub use item::{ItemDocument, Windows};

use crate::card::Side;
use crate::discounts::CouponRules;
use crate::growth::GrowthDocument;
use crate::limits;
use crate::rounding::RoundingDocument;
use crate::zones::ZoneDocument;
use farebox_document::AtMost;
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
    #[expect(dead_code, reason = "checked before anything is read")]
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
    /// The first local day on which the card is in force, for example "2026-10-01". A card without one is in force from the
    /// beginning. The file of a card with one has it in its name.
    pub effective_from: Option<String>,
    /// How amounts are rounded, line by line, unless an item says otherwise. Half up to the minor unit when left out.
    #[serde(default)]
    pub rounding: RoundingDocument,
    /// Days that count as holidays, in local time, for example "2026-10-01".
    #[serde(default)]
    pub holidays: AtMost<String, { limits::HOLIDAYS }>,
    /// Parts of the earth's surface that conditions can refer to.
    #[serde(default)]
    pub zones: AtMost<ZoneDocument, { limits::ZONES }>,
    /// Whether the card promises that more distance or time never costs less. The promise is checked.
    #[serde(default)]
    pub monotone: bool,
    /// How far the fare may grow from quote to bill.
    pub growth: Option<GrowthDocument>,
    /// How coupons apply.
    #[serde(default)]
    pub coupons: CouponRules,
    /// The fees, in the order of the bill.
    #[schemars(schema_with = "item::items_schema")]
    pub items: AtMost<Value, { limits::ITEMS }>,
}
