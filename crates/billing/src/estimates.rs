//! Estimates: totals at once, details on demand.

use crate::answers::{EstimateDocument, EstimatePage};
use crate::cards;
use crate::context::Context;
use crate::coupons;
use crate::engines::Side;
use crate::estimate_id::{Estimate, ProductPrice, QuoteKey};
use crate::event::Event;
use crate::later;
use crate::pages::{Details, View, Wanted};
use crate::patience::Patience;
use crate::ports::Ports;
use crate::pricing;
use crate::quotes;
use crate::refusal::{Code, Refusal};
use crate::requests::EstimateRequest;
use crate::trip::{self, Asked};
use farebox_fare::{Bill, Degradation};
use farebox_limits::RouteClass;
use farebox_resilience::shedding::Priority;
use serde_json::Value;
use std::rc::Rc;

/// Prices each product and answers totals. The facts go to the store, for whoever asks for details; that they got there is
/// not waited for, and not required.
///
/// # Errors
///
/// What is wrong with the request; or that a rate card it needs is broken.
pub async fn create<P: Ports>(context: &Rc<Context<P>>, document: &Value) -> Result<EstimateDocument, Refusal> {
    context.unless_shed(Priority::Estimate)?;
    context.may_in_city_of(document, RouteClass::Estimate).await?;
    let (config, settings) = (&context.config, &context.settings);
    let quote_ttl_s = context.quote_ttl_s();
    let request = EstimateRequest::decode(document, &**config)?;
    let trip = trip::estimated(&request);
    let mut cards = Vec::with_capacity(request.products.len());
    for product in &request.products {
        let card = config.card(&request.city, product, Side::Passenger, trip.started_at)?;
        cards.push(card.ok_or_else(|| not_yet(config.begins(&request.city, product), &request.city, product))?);
    }
    let ride = coupons::Ride { city: &request.city, starts_at: trip.started_at, currency: request.currency };
    coupons::check(&request.extras.passenger, config, ride, Some(cards.iter().map(|card| &card.fees)))?;
    let prices = pricing::estimate(&cards, &trip)?;
    if trip.order.one_price.is_some() {
        for (product, card) in request.products.iter().zip(&cards) {
            let bill = pricing::price(card, &trip, None, Asked::Estimate)?;
            if pricing::ignores_agreed_price(card, &trip, None, &bill) {
                return Err(not_agreeable(&request.city, product));
            }
        }
    }
    let price = |(product, price): (&String, crate::engines::Price)| ProductPrice {
        product: product.clone(),
        total: price.total,
        payable: price.payable,
    };
    let estimate = Estimate {
        prices: request.products.iter().zip(prices).map(price).collect(),
        city: request.city,
        quote: QuoteKey(context.ports().unique().to_le_bytes()),
        currency: request.currency,
        expires_at: context.now.saturating_add(quote_ttl_s.into()),
    };
    let answer = EstimateDocument::new(&estimate, settings.signer.seal(&estimate));
    if quote_ttl_s > 0 {
        match quotes::write(context, &estimate, &trip, &cards) {
            Ok(quote) => {
                let (city, key) = (estimate.city, estimate.quote);
                let keep = quotes::keep(Rc::clone(context), city, key, quote, request.products, trip.started_at);
                later::begin(context, keep).await;
            }
            Err(error) => {
                let why = format!("it cannot be written: {error}");
                context.tell(&Event::QuoteNotKept { city: estimate.city, why });
            }
        }
    }
    Ok(answer)
}

/// A product is offered from a later day on.
fn not_yet(begins: Option<&str>, city: &str, product: &str) -> Refusal {
    let Some(begins) = begins else {
        return Refusal::internal(format!("no card for {product} after decoding found one"));
    };
    let message = format!("{city} offers {product} from {begins} on; the ride is to begin before");
    Refusal::field("/depart_at", Code::UnknownProduct.word(), message)
}

/// A price was agreed for a ride that is not charged by agreement.
fn not_agreeable(city: &str, product: &str) -> Refusal {
    let message = format!(
        "{product} of {city} charges no agreed price: no item of kind one_price on its rate card applies to this ride; \
         leave `one_price` out, or leave the product out"
    );
    Refusal::field("/one_price", "unused", message)
}

/// Prices the facts of the quote again, and shows how the total came about. When they are gone, the totals from the
/// identifier itself.
///
/// # Errors
///
/// `estimate-not-found`, `product-not-estimated`; or `invalid-parameter` for a scene or a locale that there is not.
pub async fn detail<P: Ports>(
    context: &Context<P>,
    estimate_id: &str,
    product: &str,
    wanted: Wanted<'_>,
) -> Result<EstimatePage, Refusal> {
    context.unless_shed(Priority::Detail)?;
    let estimate = context.settings.signer.open(estimate_id).ok_or_else(|| {
        let detail = "this is not an estimate identifier that was made here, or it was changed on its way";
        Refusal::new(Code::EstimateNotFound, detail)
    })?;
    context.may(&estimate.city, false, RouteClass::Estimate).await?;
    let price = estimate.price(product).ok_or_else(|| {
        let products: Vec<_> = estimate.prices.iter().map(|price| price.product.as_str()).collect();
        Refusal::new(Code::ProductNotEstimated, format!("the estimate covers {}", products.join(", ")))
    })?;
    let view = View::choose(context, wanted)?;
    let Details { sections, reason } = if context.config.switches().totals_only {
        Details::TOTALS_ONLY
    } else {
        match bill_again(context, &estimate, price).await {
            Ok(bill) => view.details(context, &bill),
            Err(reason) => Details { sections: Vec::new(), reason: Some(reason) },
        }
    };
    Ok(EstimatePage {
        estimate_id: estimate_id.to_owned(),
        product: product.to_owned(),
        scene: view.scene,
        locale: view.locale,
        currency: estimate.currency,
        total: estimate.currency.format(price.total),
        payable: estimate.currency.format(price.payable),
        sections,
        degraded: reason.is_some(),
        reason,
    })
}

/// The bill that an estimated price is the total of: the same facts on the same card.
async fn bill_again<P: Ports>(
    context: &Context<P>,
    estimate: &Estimate,
    price: &ProductPrice,
) -> Result<Bill, Degradation> {
    let Estimate { city, currency, .. } = estimate;
    let because = |reason: Degradation, why: String| {
        let (city, product) = (city.clone(), price.product.clone());
        context.tell(&Event::QuoteNotShown { city, product, reason: reason.word().to_owned(), why });
        reason
    };
    let quote = quotes::find(context, estimate, Patience::Short).await.map_err(|missing| match missing {
        quotes::Missing::Expired => Degradation::QuoteExpired,
        quotes::Missing::Store(error) => because(error.degradation(), error.line()),
    })?;
    let versions = quote.cards.get(&*price.product);
    let versions = versions
        .ok_or_else(|| because(Degradation::VersionUnavailable, "it does not name its rate card".to_owned()))?;
    let (side, version) = (Side::Passenger, &*versions.passenger);
    let card = cards::of_version(context, city, &price.product, side, version, Patience::Short).await;
    let card = card.map_err(|missing| match missing {
        cards::Missing::Store(error) => because(error.degradation(), error.line()),
        cards::Missing::Unknown(why) => because(Degradation::VersionUnavailable, format!("rate card {version}: {why}")),
    })?;
    let outdated = |why: String| because(Degradation::QuoteOutdated, why);
    let trip = quote.facts.trip(*currency).map_err(outdated)?;
    let bill =
        pricing::price(&card, &trip, None, Asked::Estimate).map_err(|refusal| outdated(refusal.reason().to_owned()))?;
    if (bill.total, bill.payable) != (price.total, price.payable) {
        return Err(outdated("it comes to another total now".to_owned()));
    }
    Ok(bill)
}
