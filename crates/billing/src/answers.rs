//! The documents that requests are answered with.

mod status;

pub use status::{
    BreakerState, BreakerStatus, BrokenDocument, Check, ConfigurationStatus, DocumentsStatus, EngineNumbers,
    JournalStatus, MisfitDocument, NextGeneration, ReadinessDocument, SheddingStatus, StatusDocument, StoreStatus,
    Verdict,
};

use crate::engines::{BorneAmount, PageSection, RepairWords, RepairedLine};
use crate::estimate_id::{Estimate, ProductPrice};
use farebox_fare::{Basis, Degradation, time};
use farebox_money::Currency;
use farebox_records::{Kept, Repair, Settlement, TopUpRecord};
use serde::Serialize;

/// The answer to `POST /v1/estimates`: totals only.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Estimate"))]
#[derive(Debug, Serialize)]
pub struct EstimateDocument {
    /// Opaque, signed, and safe in a URL.
    pub estimate_id: String,
    /// The city.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// The currency of all totals.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    pub currency: Currency,
    /// Until when details are kept. The totals do not expire.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub expires_at: String,
    /// One for each product, in the order they were asked for.
    pub estimates: Vec<PriceDocument>,
}

/// What one product costs.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "EstimatedPrice"))]
#[derive(Debug, Serialize)]
pub struct PriceDocument {
    /// The product.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub product: String,
    /// Before discounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub total: String,
    /// After discounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub payable: String,
}

impl EstimateDocument {
    /// Writes an estimate down.
    pub fn new(estimate: &Estimate, estimate_id: String) -> Self {
        let currency = estimate.currency;
        let price = |price: &ProductPrice| PriceDocument {
            product: price.product.clone(),
            total: currency.format(price.total),
            payable: currency.format(price.payable),
        };
        Self {
            estimate_id,
            city: estimate.city.clone(),
            currency,
            expires_at: time::format(estimate.expires_at),
            estimates: estimate.prices.iter().map(price).collect(),
        }
    }
}

/// The answer to `GET /v1/estimates/{estimate_id}/details/{product}`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct EstimatePage {
    /// The estimate.
    pub estimate_id: String,
    /// The product.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub product: String,
    /// The scene that was rendered. Absent when it is not known which one that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene: Option<String>,
    /// The locale that it was rendered in.
    pub locale: String,
    /// The currency of the totals.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    pub currency: Currency,
    /// Before discounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub total: String,
    /// After discounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub payable: String,
    /// Empty when degraded.
    pub sections: Vec<PageSection>,
    /// Whether the details are missing.
    pub degraded: bool,
    /// Why they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Degradation>,
}

/// The answer to `DELETE /v1/trips/{trip_id}/passenger`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Name"))]
    pub trip_id: String,
    /// Its city.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// Of how many revisions of its bill the identifier was taken out now. Zero when it was not there.
    pub revisions: u32,
    /// The days, as 2026-11-26, of the files of the archive that still say who rode. What is answered does not any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub archived: Vec<String>,
}

/// The answer to `GET /v1/trips/{trip_id}/bill/history`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct BillHistory {
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Name"))]
    pub trip_id: String,
    /// Its city.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// The first one first; at most the newest hundred.
    pub revisions: Vec<PastBill>,
}

/// The answer to `GET /v1/cities/{city}/bills`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct BillList {
    /// The city.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// Some of its bills; perhaps none, though there are more.
    pub bills: Vec<ListedBill>,
    /// Where the next page begins: `?cursor=`. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The answer to `GET /v1/cities/{city}/top-ups`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct TopUpList {
    /// The city.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// The day on which the first bills of these rides were made.
    pub day: String,
    /// Some of the entries of the ledger; perhaps none, though there are more. Those of a trip are together, the first revision first.
    pub top_ups: Vec<TopUpRecord>,
    /// Where the next page begins: `?cursor=`. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A bill on a list.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct ListedBill {
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Name"))]
    pub trip_id: String,
    /// Why it is to be made again, on a list of those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<DueSince>,
    /// Its newest revision.
    pub bill: PastBill,
}

/// Since when a bill is to be made again, and why.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Serialize)]
pub struct DueSince {
    /// Since when.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub since: String,
    /// Why. Absent when only a later release has a word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Degradation>,
}

/// A revision of a bill, in short.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct PastBill {
    /// Its number. With `?revision=` the bill itself is read.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub revision: u32,
    /// When it was made.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub made_at: String,
    /// Why it took the place of the one before: what that lacked, or what came. Nothing for the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Degradation>,
    /// Whether it counts as it is, though what it lacks was not to be had in time.
    pub closed: bool,
    /// Where its quantities come from.
    pub basis: Basis,
    /// Whether it lacks anything.
    pub degraded: bool,
    /// What it lacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Degradation>,
    /// Whether it may yet be put right.
    pub provisional: bool,
    /// The currency of the amounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    pub currency: Currency,
    /// What the passenger's bill comes to.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub payable: String,
    /// What of it the passenger is charged. The platform bears the rest.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub charged: String,
    /// What the driver earns.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub driver_total: String,
    /// What the platform adds, so that it keeps no more than the cap. Absent without a settlement.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Money>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_up: Option<String>,
}

/// The answer to `POST /internal/jobs/drain`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drained {
    /// How many entries of the journal were driven in now: bills, and batches of segments.
    pub driven_in: usize,
    /// How many wait on this node.
    pub waiting: u64,
    /// When the oldest of them was entered.
    #[cfg_attr(feature = "schema", schemars(with = "Option<farebox_fare::schema::Time>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
    /// Why it went no further, when the shared store did not take them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Degradation>,
    /// Whether there is more that can be driven in at once.
    pub more: bool,
}

/// The answer to `POST /internal/jobs/repair`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// How many bills that are due were looked at.
    pub looked_at: usize,
    /// Of how many there is a newer revision now.
    pub repaired: usize,
    /// How many count as they are from now on: the time for repairing them is over.
    pub closed: usize,
    /// How many stay due: what they lack is not to be had yet.
    pub stay_due: usize,
    /// How many stay due because the store did not say, or because they cannot be made again: the log has each.
    pub failed: usize,
    /// Where the next slice begins: `?cursor=`. Absent when all that is due was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The answer to `POST /internal/jobs/sweep`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Retired {
    /// How many revisions of bills of the archive were looked at.
    pub looked_at: usize,
    /// Of how many the store has from now on where they are, and no more.
    pub retired: usize,
    /// How many stay in the store because they are not as they are in the archive.
    pub differ: usize,
    /// How many the store does not have.
    pub missing: usize,
    /// How many files of the archive could not be read to the end: the log says why.
    pub unreadable: usize,
    /// Why it went no further, when the store did not take it: it is worth asking again later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Degradation>,
    /// Where the next slice begins: `?cursor=`. Absent when all was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The answer to `GET /v1/trips/{trip_id}/bill/detail`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct BillPage {
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Name"))]
    pub trip_id: String,
    /// The product.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub product: String,
    /// The scene that was rendered. Absent when it is not known which one that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene: Option<String>,
    /// The locale that it was rendered in.
    pub locale: String,
    /// Where the quantities come from.
    pub basis: Basis,
    /// The currency of the totals.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    pub currency: Currency,
    /// Before discounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub total: String,
    /// After discounts. Of a bill that was made again, `repair.after` is what is charged.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Money"))]
    pub payable: String,
    /// What is other than on the bill before, when this one was made again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<PageRepair>,
    /// What the bill consists of.
    pub sections: Vec<PageSection>,
    /// Whether the bill lacks something, or the page does.
    pub degraded: bool,
    /// Whether the bill may yet be put right.
    pub provisional: bool,
    /// What the page lacks; what the bill does when the page lacks nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Degradation>,
}

/// What a page says of a bill that was made again. Amounts are with their currency, as people of the locale write them; words are empty where
/// the copy has none.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[derive(Debug, Serialize)]
pub struct PageRepair {
    /// The number of this revision of the bill.
    #[cfg_attr(feature = "schema", schemars(range(min = 2)))]
    pub revision: u32,
    /// When it was made.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Time"))]
    pub repaired_at: String,
    /// What the one before lacked, or what came since.
    pub because: Vec<Degradation>,
    /// Whether it counts as it is, though something was not to be had in time.
    pub closed: bool,
    /// A heading.
    pub title: String,
    /// Why the bill was made again; of one that is closed, that it counts as it is.
    pub text: String,
    /// What it comes to for who reads it.
    pub outcome: String,
    /// What the passenger was charged by the bill before; in the scene `driver`, what the driver was paid.
    pub before: String,
    /// What it is by this one.
    pub after: String,
    /// `after` less `before`, with its sign: more has a plus.
    pub difference: String,
    /// What the bill comes to beyond `after`, which the platform bears. Absent when it is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub borne: Option<BorneAmount>,
    /// The fees that come to something else, in the order of the page.
    pub lines: Vec<RepairedLine>,
}

impl PageRepair {
    /// Puts what a bill says of itself beside the words for one of its sides.
    pub fn new(repair: &Repair, words: RepairWords) -> Self {
        let RepairWords { title, text, outcome, before, after, difference, borne, lines } = words;
        Self {
            revision: repair.revision,
            repaired_at: repair.repaired_at.clone(),
            because: repair.because.clone(),
            closed: repair.closed,
            title,
            text,
            outcome,
            before,
            after,
            difference,
            borne,
            lines,
        }
    }
}

/// The answer to `POST /v1/trips/{trip_id}/segments`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Totals"))]
#[derive(Debug, Serialize)]
pub struct TotalsDocument {
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Name"))]
    pub trip_id: String,
    /// The sum over all segments, in metres.
    pub distance_m: u64,
    /// The sum over all segments, in seconds.
    pub duration_s: u64,
    /// How many there are.
    pub segments: u32,
    /// The revision of the bill that the trip has already. Segments that are new to it are not on that bill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed: Option<u32>,
    /// Where they are kept: in the shared store.
    pub kept: Kept,
}

/// The answer to `POST /v1/trips/{trip_id}/segments` when the shared store did not take them.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "KeptSegments"))]
#[derive(Debug, Serialize)]
pub struct KeptSegments {
    /// The trip.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Name"))]
    pub trip_id: String,
    /// How many came with this request, all of which are kept.
    pub received: u32,
    /// Where they are kept: in the journal of the node that answers, until the shared store takes them.
    pub kept: Kept,
}

/// The answer to `POST /v1/commission`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Commission"))]
#[derive(Debug, Serialize)]
pub struct CommissionDocument {
    /// The settlement.
    #[serde(flatten)]
    pub settlement: Settlement,
    /// The version of the policy.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub policy: String,
}

/// The answer to `GET /v1/cities`.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Cities"))]
#[derive(Debug, Serialize)]
pub struct CitiesDocument {
    /// The cities that are served.
    pub cities: Vec<CityDocument>,
}

/// One city.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "City"))]
#[derive(Debug, Serialize)]
pub struct CityDocument {
    /// Its name.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub city: String,
    /// What can be priced there.
    pub products: Vec<ProductDocument>,
}

/// One product.
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Product"))]
#[derive(Debug, Serialize)]
pub struct ProductDocument {
    /// Its name.
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Token"))]
    pub product: String,
    /// What the rate card calls itself.
    pub title: String,
    /// The currency of all amounts.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::CurrencyCode"))]
    pub currency: Currency,
    /// The zone of times of day on the card.
    pub time_zone: String,
    /// The version of the passenger's card.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub rate_card: String,
    /// The version of the driver's card.
    #[cfg_attr(feature = "schema", schemars(with = "farebox_fare::schema::Version"))]
    pub driver_rate_card: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::estimate_id::QuoteKey;

    /// The smallest answer that says everything: no lines.
    #[test]
    fn estimates_are_small() {
        let estimate = Estimate {
            city: "370100".into(),
            quote: QuoteKey([0; 8]),
            currency: Currency::from_code("CNY").unwrap(),
            expires_at: 1_562_807_700,
            prices: vec![ProductPrice { product: "express".into(), total: 1148, payable: 948 }],
        };
        assert_eq!(
            serde_json::to_string(&EstimateDocument::new(&estimate, "AQ".into())).unwrap(),
            r#"{"estimate_id":"AQ","city":"370100","currency":"CNY","expires_at":"2019-07-11T01:15:00Z","estimates":[{"product":"express","total":"11.48","payable":"9.48"}]}"#
        );
    }
}
