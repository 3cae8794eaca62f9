//! The documents that the API answers with.

use crate::problem::Problem;
use crate::token::Estimate;
use farebox_fare::time;
use farebox_fare::{Basis, Bill, Facts};
use farebox_money::{Currency, Decimal, MinorUnits};
use http::{HeaderValue, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An answer with a JSON document. Money is never cached on the way.
///
/// # Errors
///
/// `internal` when the document cannot be written, which is a defect.
pub fn json(status: StatusCode, document: &impl Serialize) -> Result<Response<Vec<u8>>, Problem> {
    let body = serde_json::to_vec(document)
        .map_err(|error| Problem::internal(format!("an answer cannot be written: {error}")))?;
    Ok(json_text(status, body))
}

/// An answer with a JSON document that is text already.
pub fn json_text(status: StatusCode, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to `POST /v1/estimates`: totals only.
#[derive(Debug, Serialize)]
pub struct EstimateDocument<'a> {
    estimate_id: String,
    city: &'a str,
    currency: Currency,
    expires_at: String,
    estimates: Vec<PriceDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct PriceDocument<'a> {
    product: &'a str,
    total: String,
    payable: String,
}

impl<'a> EstimateDocument<'a> {
    /// Writes an estimate down.
    pub fn new(estimate: &'a Estimate, estimate_id: String) -> Self {
        let currency = estimate.currency;
        let price = |price: &'a crate::token::Price| PriceDocument {
            product: &price.product,
            total: currency.format(price.total),
            payable: currency.format(price.payable),
        };
        Self {
            estimate_id,
            city: &estimate.city,
            currency,
            expires_at: time::format(estimate.expires_at),
            estimates: estimate.prices.iter().map(price).collect(),
        }
    }
}

/// What the store keeps of an estimate: what it takes to price it again, for the detail page and for the bill.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote<'a> {
    /// What was priced.
    pub facts: Facts,
    /// The cards of each product.
    pub cards: BTreeMap<Cow<'a, str>, CardVersions<'a>>,
}

/// The versions of the cards of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardVersions<'a> {
    /// The passenger's.
    pub passenger: Cow<'a, str>,
    /// The driver's. Absent when it could not be used when the quote was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Cow<'a, str>>,
}

/// Why a detail page has no details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The facts are not kept any more, or never were.
    QuoteExpired,
    /// The facts, or the rate card, could not be fetched.
    StoreUnavailable,
    /// The rate card that it was priced with is not known any more.
    VersionUnavailable,
    /// Priced again it comes to another total: the service was updated in between.
    QuoteOutdated,
    /// There are no words for them: the copy is broken.
    CopyUnavailable,
}

/// One part of a page.
#[derive(Debug, Serialize)]
pub struct Section {
    /// A heading.
    pub title: String,
    /// Never empty.
    pub lines: Vec<SectionLine>,
}

/// One line of a page.
#[derive(Debug, Serialize)]
pub struct SectionLine {
    /// The fee code.
    pub code: String,
    /// What the fee is called.
    pub label: String,
    /// How it came about; may be empty.
    pub text: String,
    /// The amount, as people of the locale write it.
    pub amount: String,
}

/// The answer to `GET /v1/estimates/{estimate_id}/details/{product}`.
#[derive(Debug, Serialize)]
pub struct EstimatePage<'a> {
    /// The estimate.
    pub estimate_id: &'a str,
    /// The product.
    pub product: &'a str,
    /// The scene that was rendered. Absent when it is not known which one that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene: Option<&'a str>,
    /// The locale that it was rendered in.
    pub locale: &'a str,
    /// The currency of the totals.
    pub currency: Currency,
    /// Before discounts.
    pub total: String,
    /// After discounts.
    pub payable: String,
    /// Empty when degraded.
    pub sections: Vec<Section>,
    /// Whether the details are missing.
    pub degraded: bool,
    /// Why they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// The answer to `GET /v1/trips/{trip_id}/bill/detail`.
#[derive(Debug, Serialize)]
pub struct BillPage<'a> {
    /// The trip.
    pub trip_id: &'a str,
    /// The product.
    pub product: &'a str,
    /// The scene that was rendered. Absent when it is not known which one that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene: Option<&'a str>,
    /// The locale that it was rendered in.
    pub locale: &'a str,
    /// Where the quantities come from.
    pub basis: Basis,
    /// The currency of the totals.
    pub currency: Currency,
    /// Before discounts.
    pub total: String,
    /// After discounts.
    pub payable: String,
    /// What the bill consists of.
    pub sections: Vec<Section>,
    /// Whether the bill was, or the page is.
    pub degraded: bool,
    /// Why the page is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// The answer to `POST /v1/trips/{trip_id}/segments`.
#[derive(Debug, Serialize)]
pub struct TotalsDocument<'a> {
    /// The trip.
    pub trip_id: &'a str,
    /// The sum over all segments, in metres.
    pub distance_m: u64,
    /// The sum over all segments, in seconds.
    pub duration_s: u64,
    /// How many there are.
    pub segments: u32,
}

/// A bill as it is answered, and kept: one immutable record that pages, receipts and replays read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillDocument {
    /// The trip.
    pub trip_id: String,
    /// Its city.
    pub city: String,
    /// What was ridden.
    pub product: String,
    /// Where the quantities come from.
    pub basis: Basis,
    /// Whether anything was missing: measurements, or a store to keep the bill in.
    pub degraded: bool,
    /// Whether the bill is kept. If not, asking again makes it again.
    pub stored: bool,
    /// When the bill was made.
    pub billed_at: String,
    /// When the ride began.
    pub started_at: String,
    /// When it ended.
    pub ended_at: String,
    /// What was charged for, in metres.
    pub distance_m: u64,
    /// What was charged for, in seconds.
    pub duration_s: u64,
    /// The estimate the ride was ordered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_id: Option<String>,
    /// What the passenger owes.
    pub passenger: Bill,
    /// What the driver earns.
    pub driver: Bill,
    /// What the platform keeps.
    pub settlement: SettlementDocument,
    /// What the bill was made with.
    pub versions: Versions,
    /// Whether the rate cards are those of the estimate, and why not.
    pub pinned: Pinned,
    /// What the bill was made from.
    pub facts: BillFacts,
}

/// Which versions of its rate cards a ride was billed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// Both cards, the passenger's and the driver's.
    pub rate_card: CardChoice,
    /// Why it is not the quoted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NotQuoted>,
}

impl Pinned {
    /// The cards that the passenger was quoted with.
    pub const QUOTED: Self = Self { rate_card: CardChoice::Quoted, reason: None };

    /// The cards of today.
    pub fn current(reason: NotQuoted) -> Self {
        Self { rate_card: CardChoice::Current, reason: Some(reason) }
    }
}

/// Which version of a rate card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardChoice {
    /// The one that the estimate was priced with.
    Quoted,
    /// The one that was in force when the bill was made.
    Current,
}

/// Why a ride was not billed with the versions it was quoted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotQuoted {
    /// The request named no estimate.
    NoEstimate,
    /// The quote is not kept any more, or never was.
    QuoteExpired,
    /// The quote, or its rate cards, could not be fetched.
    StoreUnavailable,
    /// A rate card of that version is not known, or is not one that this service can use.
    VersionUnavailable,
}

/// Everything that a bill was priced from: with the rate cards of its versions, enough to price it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillFacts {
    /// The ride. The driver's bill is priced without the coupons, which are between the passenger and the platform.
    pub trip: Facts,
    /// The ride as it was quoted, when the bill is priced with the quoted versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Facts>,
}

/// What the platform keeps of one ride, and owes the driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettlementDocument {
    /// The scenario of the policy that applied.
    pub scenario: String,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Before the top-up.
    pub take: String,
    /// Take over base, before the top-up.
    pub take_rate: String,
    /// The highest rate allowed.
    pub cap: String,
    /// Owed to the driver.
    pub top_up: String,
    /// After the top-up.
    pub take_after: String,
    /// After the top-up; never above the cap.
    pub take_rate_after: String,
}

impl SettlementDocument {
    /// The top-up in minor units. `None` when the document holds no amount there.
    pub fn top_up_minor(&self) -> Option<MinorUnits> {
        self.currency.parse(&self.top_up).ok()
    }
}

/// The versions that a bill was made with: enough to replay it bit for bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The passenger's rate card.
    pub rate_card: String,
    /// The driver's rate card.
    pub driver_rate_card: String,
    /// The commission policy.
    pub policy: String,
    /// The pricing engine.
    pub pricing: String,
}

/// The answer to `POST /v1/commission`.
#[derive(Debug, Serialize)]
pub struct CommissionDocument {
    /// The settlement.
    #[serde(flatten)]
    pub settlement: SettlementDocument,
    /// The version of the policy.
    pub policy: String,
}

/// The answer to `GET /v1/cities`.
#[derive(Debug, Serialize)]
pub struct CitiesDocument<'a> {
    /// The cities that are served.
    pub cities: Vec<CityDocument<'a>>,
}

/// One city.
#[derive(Debug, Serialize)]
pub struct CityDocument<'a> {
    /// Its name.
    pub city: &'a str,
    /// What can be priced there.
    pub products: Vec<ProductDocument<'a>>,
}

/// One product.
#[derive(Debug, Serialize)]
pub struct ProductDocument<'a> {
    /// Its name.
    pub product: &'a str,
    /// What the rate card calls itself.
    pub title: &'a str,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The zone of times of day on the card.
    pub time_zone: &'a str,
    /// The version of the passenger's card.
    pub rate_card: &'a str,
    /// The version of the driver's card.
    pub driver_rate_card: &'a str,
}

/// The answer to `GET /readyz`.
#[derive(Debug, Serialize)]
pub struct ReadinessDocument {
    /// `ready` or `not-ready`.
    pub status: &'static str,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Check {
    /// A document, or the store.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A rate as text: "0.27", not "0.270000".
pub fn rate(value: Decimal) -> String {
    value.normalize().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::token::{Price, QuoteKey};

    /// The smallest answer that says everything: no lines.
    #[test]
    fn estimates_are_small() {
        let estimate = Estimate {
            city: "370100".into(),
            quote: QuoteKey([0; 8]),
            currency: Currency::from_code("CNY").unwrap(),
            expires_at: 1_562_807_700,
            prices: vec![Price { product: "express".into(), total: 1148, payable: 948 }],
        };
        let response = json(StatusCode::CREATED, &EstimateDocument::new(&estimate, "AQ".into())).unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(
            String::from_utf8(response.into_body()).unwrap(),
            r#"{"estimate_id":"AQ","city":"370100","currency":"CNY","expires_at":"2019-07-11T01:15:00Z","estimates":[{"product":"express","total":"11.48","payable":"9.48"}]}"#
        );
    }

    /// A bill reads back from the store as what was stored.
    #[test]
    fn bills_round_trip() {
        let text = r#"{"trip_id":"t","city":"370100","product":"express","basis":"mocked","degraded":true,"stored":true,"billed_at":"2019-07-11T01:15:00Z","started_at":"2019-07-11T01:00:00Z","ended_at":"2019-07-11T01:15:00Z","distance_m":4100,"duration_s":900,"passenger":{"currency":"CNY","basis":"mocked","total":"10.00","payable":"10.00","rate_card":"ab","lines":[]},"driver":{"currency":"CNY","basis":"mocked","total":"7.00","payable":"7.00","rate_card":"cd","lines":[]},"settlement":{"scenario":"default","currency":"CNY","take":"3.00","take_rate":"0.3","cap":"0.29","top_up":"0.10","take_after":"2.90","take_rate_after":"0.29"},"versions":{"rate_card":"ab","driver_rate_card":"cd","policy":"ef","pricing":"0.1.0"},"pinned":{"rate_card":"current","reason":"quote-expired"},"facts":{"trip":{"basis":"mocked","started_at":"2019-07-11T01:00:00Z","ended_at":"2019-07-11T01:15:00Z","distance_m":4100,"duration_s":900}}}"#;
        let bill: BillDocument = serde_json::from_str(text).unwrap();
        assert_eq!(bill.settlement.top_up_minor(), Some(10));
        assert_eq!(bill.pinned, Pinned::current(NotQuoted::QuoteExpired));
        assert_eq!(serde_json::to_string(&bill).unwrap(), text);
    }
}
