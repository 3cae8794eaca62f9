//! Quotes: what it takes to price an estimate again, kept until the ride is over.

use super::bindings::farebox::pricing::pricing::Side;
use super::config::{Card, Config};
use super::{cards, now, store};
use crate::fault::StoreError;
use crate::responses::{CardVersions, Quote};
use crate::settings::Settings;
use crate::token::{Estimate, QuoteKey};
use farebox_fare::{Facts, Trip};
use futures::future::{join, join_all};
use std::borrow::Cow;
use std::time::Duration;

/// Estimates younger than this may have been answered before their quote was to be seen everywhere.
const NEW_S: i64 = 2;

/// How long it is waited for such a quote before it is looked for once more.
const SOON: Duration = Duration::from_millis(15);

/// Why there is no quote.
pub enum Missing {
    /// It is not kept any more, or never was.
    Expired,
    /// The store did not say, or not what can be read.
    Store(StoreError),
}

/// Writes down what it takes to price an estimate again.
pub fn write(config: &Config, estimate: &Estimate, trip: &Trip, cards: &[&Card]) -> Result<String, serde_json::Error> {
    let versions = estimate.prices.iter().zip(cards).map(|(price, card)| {
        // Without a driver's card the product cannot be billed. That is for the bill to say, not for the estimate.
        let driver = config.card(&estimate.city, &price.product, Side::Driver).ok().flatten();
        let driver = driver.map(|card| Cow::Borrowed(&*card.version));
        (Cow::Borrowed(&*price.product), CardVersions { passenger: Cow::Borrowed(&*card.version), driver })
    });
    serde_json::to_string(&Quote { facts: Facts::of(trip, estimate.currency), cards: versions.collect() })
}

/// Keeps a quote, and the rate cards that it names. Failing costs a detail page, and that the ride is billed with the
/// cards of the day; never an estimate.
pub async fn keep(
    city: String,
    key: QuoteKey,
    document: String,
    products: Vec<String>,
    config: &'static Config,
    settings: &'static Settings,
) {
    let put = async {
        let (ttl, deadline) = (settings.quote_ttl_s, settings.read_deadline);
        if let Err(error) = store::put_quote(&city, key.name(), document, ttl, deadline).await {
            eprintln!("farebox-gateway: a quote in {city} is not kept: {}", error.line());
        }
    };
    let sides = |product| [Side::Passenger, Side::Driver].map(|side| config.card(&city, product, side).ok().flatten());
    let named = products.iter().map(String::as_str).flat_map(sides).flatten().filter(|card| !card.kept.get());
    let cards = join_all(named.map(|card| cards::keep(&city, card, settings.write_deadline)));
    // The quote first: it has to be on its way before the estimate is answered.
    join(put, cards).await;
}

/// Finds the quote of an estimate.
pub async fn find(estimate: &Estimate, settings: &Settings) -> Result<Quote<'static>, Missing> {
    let left_s = estimate.expires_at.saturating_sub(now());
    if left_s <= 0 {
        return Err(Missing::Expired);
    }
    let look = || store::quote(&estimate.city, estimate.quote.name(), settings.read_deadline);
    let mut document = look().await.map_err(Missing::Store)?;
    if document.is_none() && left_s + NEW_S >= settings.quote_ttl_s.into() {
        spin_sdk::time::sleep(SOON).await;
        document = look().await.map_err(Missing::Store)?;
    }
    let unreadable = |error| Missing::Store(StoreError::Other(format!("a quote cannot be read: {error}")));
    serde_json::from_str(&document.ok_or(Missing::Expired)?).map_err(unreadable)
}
