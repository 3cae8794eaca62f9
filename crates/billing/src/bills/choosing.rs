//! Which rate cards a ride is billed with: those that it was quoted with, as long as the quote covers the ride and they can be
//! had; both or none.

use super::covering::{self, Growth, Uncovered};
use crate::billing::CardOf;
use crate::cards;
use crate::context::Context;
use crate::engines::Side;
use crate::estimate_id::Estimate;
use crate::event::Event;
use crate::guess::Planned;
use crate::patience::Patience;
use crate::ports::{Ports, StoreError};
use crate::pricing;
use crate::quotes;
use crate::refusal::{Code, Refusal};
use crate::requests::{AskedBill, BillRequest};
use farebox_fare::{Degradation, Trip};
use farebox_records::{NotQuoted, Pinned, Quote};
use std::rc::Rc;

/// The rate cards that a ride is billed with.
pub(super) struct Cards<P: Ports> {
    pub(super) passenger: Rc<CardOf<P>>,
    pub(super) driver: Rc<CardOf<P>>,
    pub(super) pinned: Pinned,
    /// The ride that their limits on growth start from.
    pub(super) quoted: Option<Trip>,
    /// The ride as it was planned, whichever cards it is billed with.
    pub(super) planned: Option<Planned>,
}

/// The quote that a ride was ordered with. One of another product or city is not asked for.
pub(super) async fn quote<P: Ports>(context: &Context<P>, asked: &AskedBill) -> Result<Quote, NotQuoted> {
    let open = |id: &str| context.settings.signer.open(id);
    let estimate: Option<Estimate> = asked.estimate_id.as_deref().and_then(open);
    let estimate = estimate.ok_or(NotQuoted::NoEstimate)?;
    covering::estimate_applies(&estimate, &asked.city, &asked.product)?;
    quotes::find(context, &estimate, Patience::Long).await.map_err(|missing| match missing {
        quotes::Missing::Expired => NotQuoted::QuoteExpired,
        quotes::Missing::Store(error) => {
            not_as_quoted(context, &asked.city, &asked.product, not_fetched(&error), error.line())
        }
    })
}

/// Chooses the versions that the ride was quoted with, as long as the quote covers the ride and they can be had: both or none.
pub(super) async fn choose_cards<P: Ports>(
    context: &Context<P>,
    request: &BillRequest,
    quote: Result<Quote, NotQuoted>,
) -> Result<Cards<P>, Refusal> {
    let planned = quote.as_ref().ok().and_then(|quote| {
        let trip = quote.facts.trip(request.currency).ok()?;
        covering::planned(request, &trip, context.config.city_or_default(&request.city).rules.tolerances)
    });
    let quoted = match quote {
        Ok(quote) => quoted_cards(context, request, quote).await,
        // A repeat asks for its quote as well, and only a ride that is billed now is told of.
        Err(reason @ (NotQuoted::ProductNotQuoted | NotQuoted::OriginMoved)) => {
            let why = "its estimate is of another product or city".to_owned();
            Err(not_as_quoted(context, &request.city, &request.product, reason, why))
        }
        Err(reason) => Err(reason),
    };
    match quoted {
        Ok(cards) => Ok(Cards { planned, ..cards }),
        Err(reason) => Ok(Cards {
            passenger: card(context, request, Side::Passenger, reason)?,
            driver: card(context, request, Side::Driver, reason)?,
            pinned: Pinned::current(reason),
            quoted: None,
            planned,
        }),
    }
}

async fn quoted_cards<P: Ports>(
    context: &Context<P>,
    request: &BillRequest,
    quote: Quote,
) -> Result<Cards<P>, NotQuoted> {
    let BillRequest { city, product, currency, .. } = request;
    let because = |reason, why: String| not_as_quoted(context, city, product, reason, why);
    let unavailable = |why: String| because(NotQuoted::VersionUnavailable, why);
    let find = async |side, version: &str| {
        let card = cards::of_version(context, city, product, side, version, Patience::Long).await;
        let card = card.map_err(|missing| match missing {
            cards::Missing::Store(error) => because(not_fetched(&error), error.line()),
            cards::Missing::Unknown(why) => unavailable(format!("rate card {version}: {why}")),
        })?;
        if card.currency != *currency {
            return Err(unavailable(format!("rate card {version} is in {}, bills are in {currency}", card.currency)));
        }
        Ok(card)
    };
    let trip = quote.facts.trip(*currency).map_err(unavailable)?;
    let tolerances = context.config.city_or_default(city).rules.tolerances;
    let not_covered = |Uncovered { reason, why }| because(reason, why);
    covering::cards_apply(request, &trip, tolerances).map_err(not_covered)?;
    let versions = quote.cards.get(product).ok_or_else(|| unavailable("the quote lacks the product".to_owned()))?;
    let no_driver = || unavailable("the driver had no rate card then".to_owned());
    let driver = versions.driver.as_ref().ok_or_else(no_driver)?;
    let (passenger, driver) = (find(Side::Passenger, &versions.passenger).await?, find(Side::Driver, driver).await?);
    let price = |trip: &Trip| pricing::comes_to(&passenger, &driver, trip, None);
    let (pinned, quoted) = match covering::growth(request, trip, tolerances, price) {
        Growth::Quoted(trip) => (Pinned::QUOTED, Some(trip)),
        Growth::Changed(trip, what) => (Pinned::partly(what), Some(trip)),
        Growth::Nothing(uncovered) => (Pinned::partly(not_covered(uncovered)), None),
    };
    Ok(Cards { passenger, driver, pinned, quoted, planned: None })
}

/// The card of today, for a ride that is not billed as quoted.
fn card<P: Ports>(
    context: &Context<P>,
    request: &BillRequest,
    side: Side,
    reason: NotQuoted,
) -> Result<Rc<CardOf<P>>, Refusal> {
    let BillRequest { city, product, currency, .. } = request;
    let card = context
        .config
        .card(city, product, side, request.started_at)?
        .ok_or_else(|| withdrawn(city, product, reason))?;
    if card.currency != *currency {
        let log =
            format!("cards/{city}/{product}: the driver's card is in {}, the passenger's in {currency}", card.currency);
        return Err(Refusal::config(log));
    }
    Ok(card)
}

/// A product is not offered any more, and there are no rate cards that the ride was quoted with, or they cannot be had.
fn withdrawn(city: &str, product: &str, reason: NotQuoted) -> Refusal {
    let why = match reason {
        NotQuoted::StoreUnavailable | NotQuoted::StoreTimeout | NotQuoted::StoreRefused => {
            let detail = "the product is not offered any more, and the rate card of its quote cannot be fetched now; \
                          nothing is lost: send the same request again";
            return Refusal::new(Code::StoreUnavailable, detail);
        }
        NotQuoted::QuoteExpired => "its quote is not kept any more",
        NotQuoted::ProductNotQuoted => "its estimate is of other products",
        NotQuoted::OriginMoved => "its quote is of a ride that begins elsewhere",
        NotQuoted::StartMoved => "its quote is of a ride at another time",
        // What was quoted for another end or another order is billed with the quoted cards, or they are not to be had.
        _ => "the rate card of its quote is not to be had",
    };
    let message =
        format!("{city} does not offer {product} any more, and {why}; bill another product, or offer it again");
    Refusal::field("/product", Code::UnknownProduct.word(), message)
}

fn not_fetched(error: &StoreError) -> NotQuoted {
    match error.degradation() {
        Degradation::StoreTimeout => NotQuoted::StoreTimeout,
        Degradation::StoreRefused => NotQuoted::StoreRefused,
        _ => NotQuoted::StoreUnavailable,
    }
}

/// A ride is billed with the cards of today, or without the limits of its quote, though it was quoted.
fn not_as_quoted<P: Ports>(
    context: &Context<P>,
    city: &str,
    product: &str,
    reason: NotQuoted,
    why: String,
) -> NotQuoted {
    let (city, product, word) = (city.to_owned(), product.to_owned(), reason.word().to_owned());
    context.tell(&Event::NotBilledAsQuoted { city, product, reason: word, why });
    reason
}
