//! Quotes: what it takes to price an estimate again, kept until the ride is over.

use crate::billing::CardOf;
use crate::cards;
use crate::context::Context;
use crate::engines::Side;
use crate::estimate_id::{Estimate, QuoteKey};
use crate::event::Event;
use crate::patience::Patience;
use crate::ports::{Ports, StoreError};
use farebox_fare::{Facts, Timestamp, Trip};
use farebox_records::{CardVersions, Quote, QuoteFormat};
use futures::future::{join, join_all};
use std::rc::Rc;
use std::time::Duration;

/// Estimates younger than this may have been answered before their quote was to be seen everywhere.
const NEW_S: i64 = 2;

/// How long it is waited for such a quote before it is looked for once more.
const SOON: Duration = Duration::from_millis(15);

/// Why there is no quote.
pub(crate) enum Missing {
    /// It is not kept any more, or never was.
    Expired,
    /// The store did not say, or not what can be read.
    Store(StoreError),
}

/// Writes down what it takes to price an estimate again.
pub(crate) fn write<P: Ports>(
    context: &Context<P>,
    estimate: &Estimate,
    trip: &Trip,
    cards: &[Rc<CardOf<P>>],
) -> Result<String, serde_json::Error> {
    let versions = estimate.prices.iter().zip(cards).map(|(price, card)| {
        // Without a driver's card the product cannot be billed. That is for the bill to say, not for the estimate.
        let driver = context.config.card(&estimate.city, &price.product, Side::Driver, trip.started_at).ok().flatten();
        let driver = driver.map(|card| card.version.clone());
        (price.product.clone(), CardVersions { passenger: card.version.clone(), driver })
    });
    let format = QuoteFormat::default();
    serde_json::to_string(&Quote { format, facts: Facts::of(trip, estimate.currency), cards: versions.collect() })
}

/// Keeps a quote, and the rate cards that it names. Failing costs a detail page, and that the ride is billed with the
/// cards of the day; never an estimate.
pub(crate) async fn keep<P: Ports>(
    context: Rc<Context<P>>,
    city: String,
    key: QuoteKey,
    document: String,
    products: Vec<String>,
    started_at: Timestamp,
) {
    let name = key.name();
    let put = async {
        let put = context.ports().put_quote(&city, &name, &document, context.quote_ttl_s());
        if let Err(error) = context.write_briefly(put).await {
            context.tell(&Event::QuoteNotKept { city: city.clone(), why: error.line() });
        }
    };
    let sides = |product| Side::BOTH.map(|side| context.config.card(&city, product, side, started_at).ok().flatten());
    let named = products.iter().map(String::as_str).flat_map(sides).flatten();
    let named: Vec<_> = named.filter(|card| !cards::is_kept(&context, card)).collect();
    // One that could not be kept was told, and costs no more than the quote itself would.
    let cards = join_all(named.iter().map(|card| cards::keep(&context, &city, card)));
    // The quote first: it has to be on its way before the estimate is answered.
    join(put, cards).await;
}

/// Finds the quote of an estimate.
pub(crate) async fn find<P: Ports>(
    context: &Context<P>,
    estimate: &Estimate,
    patience: Patience,
) -> Result<Quote, Missing> {
    let left_s = estimate.expires_at.saturating_sub(context.now);
    if left_s <= 0 {
        return Err(Missing::Expired);
    }
    let name = estimate.quote.name();
    let look = || context.read(patience, context.ports().quote(&estimate.city, &name));
    let mut document = look().await.map_err(Missing::Store)?;
    if document.is_none() && left_s + NEW_S >= context.quote_ttl_s().into() {
        context.ports().sleep(SOON).await;
        document = look().await.map_err(Missing::Store)?;
    }
    let unreadable = |error| Missing::Store(StoreError::Other(format!("a quote cannot be read: {error}")));
    Quote::read(&document.ok_or(Missing::Expired)?).map_err(unreadable)
}
