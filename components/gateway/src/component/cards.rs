//! Rate cards by version: those of today from the configuration, earlier ones from the store.

use super::bindings::farebox::pricing::pricing::Side;
use super::config::{Card, Config};
use super::{Answer, settings, store};
use crate::fault::StoreError;
use crate::problem::{self, Problem};
use crate::requests::Tariffs;
use crate::responses;
use ::http::StatusCode;
use std::cell::RefCell;
use std::time::Duration;

/// Why there is no card of a version.
pub enum Missing {
    /// The store did not say.
    Store(StoreError),
    /// There is none, or none that can be used. Says why.
    Unknown(String),
}

/// `GET /v1/cities/{city}/rate-cards/{version}`: the document of a card that was ever priced with.
pub async fn get(city: &str, version: &str) -> Answer {
    let (config, settings) = (Config::get()?, settings().await?);
    let document = match current(config, city, version) {
        Some(card) => Some(card.document.clone()),
        None => {
            store::card(city, version, settings.read_deadline).await.map_err(|error| error.into_problem("cards.get"))?
        }
    };
    let document = document.ok_or_else(|| {
        let detail = "no rate card of this version is in use in this city, and none was priced with";
        Problem::new(problem::RATE_CARD_NOT_FOUND, detail)
    })?;
    Ok(responses::json_text(StatusCode::OK, document.into()))
}

/// A card of this very version.
pub async fn of_version(
    config: &'static Config,
    city: &str,
    product: &str,
    side: Side,
    version: &str,
    deadline: Duration,
) -> Result<&'static Card, Missing> {
    thread_local! {
        /// The earlier cards that somebody asked for. There are few: quotes do not live long.
        static EARLIER: RefCell<Vec<(String, &'static Card)>> = const { RefCell::new(Vec::new()) };
    }
    // A card that is broken today does not matter to what was priced with another one.
    if let Ok(Some(card)) = config.card(city, product, side)
        && card.version == version
    {
        return Ok(card);
    }
    let key = format!("{city}/{version}");
    let known = |earlier: &RefCell<Vec<(String, &'static Card)>>| {
        earlier.borrow().iter().find(|(known, _)| *known == key).map(|(_, card)| *card)
    };
    if let Some(card) = EARLIER.with(known) {
        return Ok(card);
    }
    let document = store::card(city, version, deadline).await.map_err(Missing::Store)?;
    let document = document.ok_or_else(|| Missing::Unknown("the store does not have it".to_owned()))?;
    let card = Card::parse(&document, city, product, side).map_err(|problems| Missing::Unknown(problems.join("; ")))?;
    if card.version != version {
        return Err(Missing::Unknown(format!("what the store has under this name is version {}", card.version)));
    }
    // Lives as long as the instance does.
    card.kept.set(true);
    let card: &'static Card = Box::leak(Box::new(card));
    EARLIER.with(|earlier| earlier.borrow_mut().push((key, card)));
    Ok(card)
}

/// Sees to it that what was priced with a card can be priced with it again: puts it into the store, once per instance.
/// Failing is put right by whoever prices with it next.
pub async fn keep(city: &str, card: &Card, deadline: Duration) {
    if card.kept.replace(true) {
        return;
    }
    if let Err(error) = store::put_card(city, &card.version, card.document.clone(), deadline).await {
        card.kept.set(false);
        eprintln!("farebox-gateway: the rate card {} of {city} is not kept: {}", card.version, error.line());
    }
}

fn current(config: &'static Config, city: &str, version: &str) -> Option<&'static Card> {
    let cards = config.products(city).into_iter().flat_map(|product| {
        [Side::Passenger, Side::Driver].map(|side| config.card(city, product, side).ok().flatten())
    });
    cards.flatten().find(|card| card.version == version)
}
