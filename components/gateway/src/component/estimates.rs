//! Estimates: totals at once, details on demand.

use super::bindings::farebox::pricing::pricing::Side;
use super::config::Config;
use super::pages::{Details, View};
use super::{Answer, cards, later, now, pricing, quotes, settings, unique};
use crate::problem::{self, Problem};
use crate::requests::EstimateRequest;
use crate::responses::{self, EstimateDocument, EstimatePage, Reason};
use crate::ride::{self, Source};
use crate::routes::Query;
use crate::settings::Settings;
use crate::token::{Estimate, Price, QuoteKey};
use ::http::StatusCode;
use farebox_fare::Bill;
use serde_json::Value;

/// `POST /v1/estimates`: prices each product and answers totals. The facts go to the store, for whoever asks for
/// details; that they got there is not waited for, and not required.
pub async fn create(document: &Value) -> Answer {
    let (config, settings) = (Config::get()?, settings().await?);
    let request = EstimateRequest::decode(document, config)?;
    let trip = ride::estimated(&request);
    let mut cards = Vec::with_capacity(request.products.len());
    for product in &request.products {
        let card = config.card(&request.city, product, Side::Passenger)?;
        cards.push(card.ok_or_else(|| Problem::internal(format!("no card for {product} after decoding found one")))?);
    }
    let totals = pricing::estimate(&cards, &pricing::wire(trip.clone())?)?;
    let price = |(product, totals): (&String, pricing::Totals)| Price {
        product: product.clone(),
        total: totals.total,
        payable: totals.payable,
    };
    let estimate = Estimate {
        prices: request.products.iter().zip(totals).map(price).collect(),
        city: request.city,
        quote: QuoteKey(unique().to_le_bytes()),
        currency: request.currency,
        expires_at: now().saturating_add(settings.quote_ttl_s.into()),
    };
    let identifier = settings.signer.seal(&estimate);
    let answer = responses::json(StatusCode::CREATED, &EstimateDocument::new(&estimate, identifier))?;
    if settings.quote_ttl_s > 0 {
        match quotes::write(config, &estimate, &trip, &cards) {
            Ok(quote) => {
                let (city, key) = (estimate.city, estimate.quote);
                later::begin(quotes::keep(city, key, quote, request.products, config, settings)).await;
            }
            Err(error) => eprintln!("farebox-gateway: a quote cannot be written: {error}"),
        }
    }
    Ok(answer)
}

/// `GET /v1/estimates/{estimate_id}/details/{product}`: prices the facts of the quote again, and shows how the total came
/// about. When they are gone, the totals from the identifier itself.
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
    let Details { sections, reason } = match bill_again(config, &estimate, price, settings).await {
        Ok(bill) => view.details(bill),
        Err(reason) => Details { sections: Vec::new(), reason: Some(reason) },
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

/// The bill that an estimated price is the total of: the same facts on the same card.
async fn bill_again(
    config: &'static Config,
    estimate: &Estimate,
    price: &Price,
    settings: &Settings,
) -> Result<Bill, Reason> {
    let Estimate { city, currency, .. } = estimate;
    let because = |reason: Reason, why: &str| {
        eprintln!("farebox-gateway: a quote of {} in {city} cannot be shown: {why}", price.product);
        reason
    };
    let quote = quotes::find(estimate, settings).await.map_err(|missing| match missing {
        quotes::Missing::Expired => Reason::QuoteExpired,
        quotes::Missing::Store(error) => because(Reason::StoreUnavailable, &error.line()),
    })?;
    let versions = quote.cards.get(&*price.product);
    let versions = versions.ok_or_else(|| because(Reason::VersionUnavailable, "it does not name its rate card"))?;
    let (side, version) = (Side::Passenger, &*versions.passenger);
    let card = cards::of_version(config, city, &price.product, side, version, settings.read_deadline).await;
    let card = card.map_err(|missing| match missing {
        cards::Missing::Store(error) => because(Reason::StoreUnavailable, &error.line()),
        cards::Missing::Unknown(why) => because(Reason::VersionUnavailable, &format!("rate card {version}: {why}")),
    })?;
    let outdated = |problem: Problem| because(Reason::QuoteOutdated, &problem.log.unwrap_or(problem.detail));
    let trip = quote.facts.trip(*currency).map_err(|why| because(Reason::QuoteOutdated, &why))?;
    let bill = pricing::wire(trip)
        .and_then(|trip| pricing::price(card, &trip, None, Source::Estimate))
        .and_then(pricing::bill)
        .map_err(outdated)?;
    if (bill.total, bill.payable) != (price.total, price.payable) {
        return Err(because(Reason::QuoteOutdated, "it comes to another total now"));
    }
    Ok(bill)
}
