//! Rate cards by version: those of today from the configuration, earlier ones from the store.

use crate::billing::CardOf;
use crate::caller::Caller;
use crate::config::{Card, Snapshot};
use crate::context::Context;
use crate::documents::{self, Found};
use crate::engines::{Engines, Side};
use crate::patience::Patience;
use crate::ports::{DocumentKind, Ports, StoreError};
use crate::refusal::{Code, Refusal};
use crate::requests::Tariffs as _;
use farebox_limits::RouteClass;
use serde_json::Value;
use std::rc::Rc;

/// Why there is no card of a version.
pub(crate) enum Missing {
    /// The store did not say.
    Store(StoreError),
    /// There is none, or none that can be used. Says why.
    Unknown(String),
}

/// The document of a card that was ever priced with.
///
/// # Errors
///
/// `rate-card-not-found`; or that the store did not say.
pub async fn document<P: Ports>(context: &Context<P>, city: &str, version: &str) -> Result<String, Refusal> {
    context.may(city, false, RouteClass::Read).await?;
    let document = match current(&context.config, city, version) {
        Some(card) => card.document.clone(),
        None => {
            let found = documents::find(context, city, DocumentKind::RateCard, version, Patience::Long).await;
            let found = found.map_err(|error| error.into_refusal("documents.get"))?;
            let unknown = || {
                let detail = "no rate card of this version is in use in this city, and none was priced with";
                Refusal::new(Code::RateCardNotFound, detail)
            };
            found.ok_or_else(unknown)?.document
        }
    };
    // Whose card it is stands in it, and nowhere else.
    if matches!(context.caller, Caller::Signed(_)) {
        context.caller.may(city, !is_of_the_passenger(&document))?;
    }
    Ok(document)
}

/// Whether a rate card says that it is the passenger's. One that cannot be read says nothing.
fn is_of_the_passenger(document: &str) -> bool {
    let card = serde_json::from_str::<Value>(document).ok();
    card.is_some_and(|card| card.get("side").and_then(Value::as_str) == Some(Side::Passenger.word()))
}

/// A card of this very version.
pub(crate) async fn of_version<P: Ports>(
    context: &Context<P>,
    city: &str,
    product: &str,
    side: Side,
    version: &str,
    patience: Patience,
) -> Result<Rc<CardOf<P>>, Missing> {
    // A card that is broken today does not matter to what was priced with another one.
    let mut cards = context.config.cards(city, product, side).filter_map(|(_, card)| card.ok());
    if let Some(card) = cards.find(|card| card.version == version) {
        return Ok(card);
    }
    let key = (city.to_owned(), version.to_owned());
    if let Some(card) = context.billing.earlier.borrow().get(&key) {
        return Ok(Rc::clone(card));
    }
    let found = documents::find(context, city, DocumentKind::RateCard, version, patience).await;
    let unknown = || Missing::Unknown("neither the store nor this node has it".to_owned());
    let Found { document, is_kept } = found.map_err(Missing::Store)?.ok_or_else(unknown)?;
    let card = Card::parse(&document, city, product, side).map_err(|problems| Missing::Unknown(problems.join("; ")))?;
    if card.version != version {
        return Err(Missing::Unknown(format!("what is kept under this name is version {}", card.version)));
    }
    card.kept.set(is_kept.then(|| context.billing.driving.lost.get()));
    let card = Rc::new(card);
    context.billing.earlier.borrow_mut().insert(key, Rc::clone(&card));
    Ok(card)
}

/// Whether the store has a card, as far as is known.
pub(crate) fn is_kept<P: Ports>(context: &Context<P>, card: &CardOf<P>) -> bool {
    card.kept.get() == Some(context.billing.driving.lost.get())
}

/// Sees to it that what was priced with a card can be priced with it again: puts it into the store, once per instance.
///
/// # Errors
///
/// The store did not take it, as far as is known. It is tried again by whoever prices with it next.
pub(crate) async fn keep<P: Ports>(context: &Context<P>, city: &str, card: &CardOf<P>) -> Result<(), StoreError> {
    let lost = context.billing.driving.lost.get();
    if !is_kept(context, card) {
        documents::keep(context, city, DocumentKind::RateCard, &card.version, &card.document).await?;
        card.kept.set(Some(lost));
    }
    Ok(())
}

fn current<E: Engines>(config: &Snapshot<E>, city: &str, version: &str) -> Option<Rc<Card<E::Card>>> {
    let sides = config.products(city).into_iter().flat_map(|product| Side::BOTH.map(|side| (product, side)));
    let cards = sides.flat_map(|(product, side)| config.cards(city, product, side));
    cards.filter_map(|(_, card)| card.ok()).find(|card| card.version == version)
}
