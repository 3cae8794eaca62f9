//! Estimates: totals at once, details on demand.

use super::bindings::farebox::pricing::pricing::Side;
use super::config::Config;
use super::pages::View;
use super::{Answer, fill, now, pricing, settings, store};
use crate::problem::{self, Problem};
use crate::requests::EstimateRequest;
use crate::responses::{self, EstimateDocument, EstimatePage, Quote, Reason, Section};
use crate::ride::{self, Source};
use crate::routes::Query;
use crate::settings::Settings;
use crate::time;
use crate::token::{Estimate, Price, QuoteKey};
use ::http::StatusCode;
use farebox_types::Bill;
use farebox_types::wit::Bill as WireBill;
use serde_json::Value;

/// `POST /v1/estimates`: prices each product and answers totals. The lines go to the store, for whoever asks; that
/// they got there is not waited for longer than the read deadline, and not required.
pub async fn create(document: &Value) -> Answer {
    let (config, settings) = (Config::get()?, settings().await?);
    let request = EstimateRequest::decode(document, config)?;
    let trip = pricing::wire(ride::estimated(&request))?;
    let mut bills = Vec::with_capacity(request.products.len());
    for product in &request.products {
        let card = config
            .card(&request.city, product, Side::Passenger)?
            .ok_or_else(|| Problem::internal(format!("no card for {product} after decoding found one")))?;
        bills.push(pricing::price(card, &trip, Source::Estimate)?);
    }
    let price = |(product, bill): (&String, &WireBill)| Price {
        product: product.clone(),
        total: bill.total,
        payable: bill.payable,
    };
    let mut quote = QuoteKey([0; 12]);
    fill(&mut quote.0);
    let estimate = Estimate {
        prices: request.products.iter().zip(&bills).map(price).collect(),
        city: request.city.clone(),
        quote,
        currency: request.currency,
        expires_at: now().saturating_add(settings.quote_ttl_s.into()),
    };
    if settings.quote_ttl_s > 0 {
        keep(request, bills, quote, config, settings).await;
    }
    let identifier = settings.signer.seal(&estimate);
    responses::json(StatusCode::CREATED, &EstimateDocument::new(&estimate, identifier))
}

/// Keeps the details. Failing costs a detail page, not an estimate.
async fn keep(request: EstimateRequest, bills: Vec<WireBill>, key: QuoteKey, config: &Config, settings: &Settings) {
    let bills = request.products.into_iter().zip(bills);
    let bills = bills.map(|(product, bill)| Ok((product, pricing::bill(bill)?))).collect::<Result<_, Problem>>();
    let document = bills.and_then(|bills| {
        let quote = Quote {
            city: request.city.clone(),
            depart_at: time::format(request.depart_at),
            distance_m: request.distance_m,
            duration_s: request.duration_s,
            pricing: config.engine().to_owned(),
            bills,
        };
        serde_json::to_string(&quote).map_err(|error| Problem::internal(error.to_string()))
    });
    let failed = match document {
        Ok(document) => {
            let (ttl, deadline) = (settings.quote_ttl_s, settings.read_deadline);
            store::put_quote(&request.city, key.name(), document, ttl, deadline).await.err().map(|error| error.line())
        }
        Err(problem) => problem.log,
    };
    if let Some(why) = failed {
        eprintln!("farebox-gateway: a quote in {} is not kept: {why}", request.city);
    }
}

/// `GET /v1/estimates/{estimate_id}/details/{product}`: the page of a kept quote. When it is gone, the totals from the
/// identifier itself.
pub async fn detail(estimate_id: &str, product: &str, query: &Query, accept_language: Option<String>) -> Answer {
    let (config, settings) = (Config::get()?, settings().await?);
    let estimate = settings.signer.open(estimate_id).ok_or_else(|| {
        let detail = "this is not an estimate identifier that was made here, or it was changed on its way";
        Problem::new(problem::ESTIMATE_NOT_FOUND, detail)
    })?;
    let price = estimate.price(product).ok_or_else(|| {
        let products: Vec<_> = estimate.prices.iter().map(|price| price.product.as_str()).collect();
        Problem::new(problem::PRODUCT_NOT_ESTIMATED, format!("the estimate covers {}", products.join(", ")))
    })?;
    let view = View::choose(config, query, accept_language.as_deref())?;
    let (sections, reason) = match kept_bill(&estimate, product, settings).await {
        Ok(bill) => (view.sections(bill)?, None),
        Err(reason) => (Vec::<Section>::new(), Some(reason)),
    };
    let page = EstimatePage {
        estimate_id,
        product,
        scene: view.scene(),
        locale: view.locale(),
        currency: estimate.currency,
        total: estimate.currency.format(price.total),
        payable: estimate.currency.format(price.payable),
        sections,
        degraded: reason.is_some(),
        reason,
    };
    responses::json(StatusCode::OK, &page)
}

async fn kept_bill(estimate: &Estimate, product: &str, settings: &Settings) -> Result<Bill, Reason> {
    if estimate.expires_at <= now() {
        return Err(Reason::QuoteExpired);
    }
    let unavailable = |why: String| {
        eprintln!("farebox-gateway: a quote in {} cannot be shown: {why}", estimate.city);
        Reason::StoreUnavailable
    };
    let document = store::quote(&estimate.city, estimate.quote.name(), settings.read_deadline)
        .await
        .map_err(|error| unavailable(error.line()))?
        .ok_or(Reason::QuoteExpired)?;
    let mut quote: Quote = serde_json::from_str(&document).map_err(|error| unavailable(error.to_string()))?;
    quote.bills.remove(product).ok_or_else(|| unavailable(format!("it lacks {product}")))
}
