//! Bills: one per trip, made once, whatever the store is up to.

use super::bindings::farebox::commission::commission::Ride;
use super::bindings::farebox::pricing::pricing::Side;
use super::config::{Card, Config};
use super::pages::{Details, View};
use super::store::{Entry, Stored};
use super::{Answer, cards, now, pricing, quotes, settings, settlement, store};
use crate::fault::StoreError;
use crate::problem::{self, FieldError, Problem};
use crate::requests::{BillRequest, Tariffs};
use crate::responses::{self, BillDocument, BillFacts, BillPage, NotQuoted, Pinned, Quote, Versions};
use crate::ride::{self, Source};
use crate::routes::Query;
use crate::settings::Settings;
use crate::token::Estimate;
use ::http::{HeaderName, HeaderValue, Response, StatusCode};
use farebox_fare::time;
use farebox_fare::{Basis, Facts, Segment, Trip};
use futures::future::{join_all, join3};
use serde_json::Value;

/// The query parameters of a bill.
pub const PARAMETERS: &[&str] = &["city"];
/// The query parameters of a bill's detail page.
pub const DETAIL_PARAMETERS: &[&str] = &["city", "scene", "locale"];

/// Says `pending` when a top-up is owed and not yet in the ledger. Asking for the bill again enters it.
const TOP_UP: HeaderName = HeaderName::from_static("farebox-top-up");

/// `POST /v1/trips/{trip_id}/bill`: the bill of a trip, made unless it was made before.
///
/// A bill is always answered. Without measurements it is mocked from the request; without a store to keep it in it is
/// `stored: false`, and asking again makes it again.
pub async fn create(trip_id: String, document: &Value) -> Answer {
    let (config, settings) = (Config::get()?, settings().await?);
    let request = BillRequest::decode(document, config, |estimate_id, city, product| {
        let estimate = settings.signer.open(estimate_id).filter(|estimate| estimate.city == city)?;
        estimate.price(product).map(|_| estimate.currency)
    })?;
    let digest = request.digest();
    // A repeat gets the first bill even when the trip or the cards have changed since, so that is looked at first.
    let (earlier, segments, quote) = join3(
        store::bill(&request.city, &trip_id, settings.read_deadline),
        store::segments(&request.city, &trip_id, settings.read_deadline),
        quote(&request, settings),
    )
    .await;
    if let Ok(Some(earlier)) = earlier {
        return repeat(&request.city, &trip_id, earlier, &digest, settings).await;
    }
    let city = request.city.clone();
    let cards = choose_cards(config, &request, quote, settings).await?;
    let mut bill = make(config, trip_id, request, segments, &cards)?;
    let document = written(&bill)?;
    let stored = Stored { request: digest.clone(), document: document.clone() };
    let (outcome, (), ()) = join3(
        store::put_bill(&city, &bill.trip_id, stored, settings.write_deadline),
        cards::keep(&city, cards.passenger, settings.write_deadline),
        cards::keep(&city, cards.driver, settings.write_deadline),
    )
    .await;
    match outcome {
        Ok(None) => {
            let entered = enter_top_up(&city, &bill, settings).await;
            Ok(answered(StatusCode::CREATED, document, entered))
        }
        Ok(Some(earlier)) => repeat(&city, &bill.trip_id, earlier, &digest, settings).await,
        Err(error) => {
            note(&city, &bill.trip_id, "is not stored", &error);
            bill.stored = false;
            bill.degraded = true;
            Ok(answered(StatusCode::CREATED, written(&bill)?, true))
        }
    }
}

/// `GET /v1/trips/{trip_id}/bill`: the bill as it was made.
pub async fn get(trip_id: &str, query: &Query) -> Answer {
    let stored = find(trip_id, query).await?;
    Ok(responses::json_text(StatusCode::OK, stored.document.into()))
}

/// `GET /v1/trips/{trip_id}/bill/detail`: the bill as a page; the driver's in the scene `driver`, otherwise the
/// passenger's.
pub async fn detail(trip_id: &str, query: &Query, accept_language: Option<String>) -> Answer {
    let view = View::choose(Config::get()?, query, accept_language.as_deref())?;
    let stored = find(trip_id, query).await?;
    let document = read(&stored.document)?;
    let bill = if view.scene() == Some("driver") { document.driver } else { document.passenger };
    let (currency, total, payable) = (bill.currency, bill.total, bill.payable);
    let Details { sections, reason } = view.details(bill);
    let page = BillPage {
        trip_id,
        product: &document.product,
        scene: view.scene(),
        locale: view.locale(),
        basis: document.basis,
        currency,
        total: currency.format(total),
        payable: currency.format(payable),
        sections,
        degraded: document.degraded || reason.is_some(),
        reason,
    };
    responses::json(StatusCode::OK, &page)
}

/// Answers with the bill that was made before, if it was made from an equal request.
async fn repeat(city: &str, trip_id: &str, earlier: Stored, digest: &str, settings: &Settings) -> Answer {
    if earlier.request != digest {
        let detail = "a trip is billed once; GET the bill to see it, or send the request it was made from";
        return Err(Problem::new(problem::BILL_CONFLICT, detail));
    }
    // The first time may have ended between the bill and the ledger.
    let entered = match read(&earlier.document) {
        Ok(bill) => enter_top_up(city, &bill, settings).await,
        Err(problem) => {
            eprintln!("farebox-gateway: trip {trip_id} in {city}: {}", problem.log.unwrap_or_default());
            false
        }
    };
    Ok(answered(StatusCode::OK, earlier.document, entered))
}

/// The cards that a ride is billed with.
struct Cards {
    passenger: &'static Card,
    driver: &'static Card,
    pinned: Pinned,
    /// The ride as it was quoted on these cards.
    quoted: Option<Trip>,
}

/// The quote that a ride was ordered with.
async fn quote(request: &BillRequest, settings: &Settings) -> Result<Quote<'static>, NotQuoted> {
    let estimate: Option<Estimate> = request.estimate_id.as_deref().and_then(|id| settings.signer.open(id));
    let estimate = estimate.ok_or(NotQuoted::NoEstimate)?;
    quotes::find(&estimate, settings).await.map_err(|missing| match missing {
        quotes::Missing::Expired => NotQuoted::QuoteExpired,
        quotes::Missing::Store(error) => {
            eprintln!("farebox-gateway: a ride in {} is not billed as quoted: {}", request.city, error.line());
            NotQuoted::StoreUnavailable
        }
    })
}

/// Chooses the versions that the ride was quoted with, as long as they can be had: both or none.
async fn choose_cards(
    config: &'static Config,
    request: &BillRequest,
    quote: Result<Quote<'static>, NotQuoted>,
    settings: &Settings,
) -> Result<Cards, Problem> {
    let quoted = match quote {
        Ok(quote) => quoted_cards(config, request, quote, settings).await,
        Err(reason) => Err(reason),
    };
    match quoted {
        Ok(cards) => Ok(cards),
        Err(reason) => Ok(Cards {
            passenger: card(config, request, Side::Passenger, reason)?,
            driver: card(config, request, Side::Driver, reason)?,
            pinned: Pinned::current(reason),
            quoted: None,
        }),
    }
}

async fn quoted_cards(
    config: &'static Config,
    request: &BillRequest,
    quote: Quote<'static>,
    settings: &Settings,
) -> Result<Cards, NotQuoted> {
    let BillRequest { city, product, currency, .. } = request;
    let because = |reason, why: &str| {
        eprintln!("farebox-gateway: a ride with {product} in {city} is not billed as quoted: {why}");
        reason
    };
    let unavailable = |why: &str| because(NotQuoted::VersionUnavailable, why);
    let find = async |side, version: &str| {
        let card = cards::of_version(config, city, product, side, version, settings.read_deadline).await;
        let card = card.map_err(|missing| match missing {
            cards::Missing::Store(error) => because(NotQuoted::StoreUnavailable, &error.line()),
            cards::Missing::Unknown(why) => unavailable(&format!("rate card {version}: {why}")),
        })?;
        if card.currency != *currency {
            return Err(unavailable(&format!("rate card {version} is in {}, bills are in {currency}", card.currency)));
        }
        Ok(card)
    };
    let versions = quote.cards.get(&**product).ok_or_else(|| unavailable("the quote lacks the product"))?;
    let driver = versions.driver.as_ref().ok_or_else(|| unavailable("the driver had no rate card then"))?;
    let trip = quote.facts.trip(*currency).map_err(|why| unavailable(&why))?;
    Ok(Cards {
        passenger: find(Side::Passenger, &versions.passenger).await?,
        driver: find(Side::Driver, driver).await?,
        pinned: Pinned::QUOTED,
        quoted: Some(trip),
    })
}

/// Makes the bill of a trip from its segments, or from the request when there are none to be had.
fn make(
    config: &Config,
    trip_id: String,
    request: BillRequest,
    segments: Result<Vec<Segment>, StoreError>,
    cards: &Cards,
) -> Result<BillDocument, Problem> {
    let trip = match segments {
        Ok(segments) if !segments.is_empty() => ride::metered(&request, segments)?,
        Ok(_) => ride::mocked(&request),
        Err(error) => {
            note(&request.city, &trip_id, "is mocked", &error);
            ride::mocked(&request)
        }
    };
    let (basis, distance_m, duration_s) = (trip.basis, trip.distance_m, trip.duration_s);
    let policy = config.policy()?;
    let facts = BillFacts {
        trip: Facts::of(&trip, request.currency),
        quoted: cards.quoted.as_ref().map(|trip| Facts::of(trip, request.currency)),
    };

    let mut trip = pricing::wire(trip)?;
    let mut quoted = cards.quoted.clone().map(pricing::wire).transpose()?;
    let passenger = pricing::price(cards.passenger, &trip, quoted.as_ref(), Source::Bill)?;
    // Coupons are between the passenger and the platform.
    for trip in [Some(&mut trip), quoted.as_mut()].into_iter().flatten() {
        trip.coupons.clear();
    }
    let driver = pricing::price(cards.driver, &trip, quoted.as_ref(), Source::Bill)?;
    let ride = Ride {
        city: request.city.clone(),
        product: request.product.clone(),
        currency: passenger.currency.clone(),
        passenger_total: passenger.total,
        driver_total: driver.total,
        coupons: passenger.total.saturating_sub(passenger.payable),
    };
    let settlement = settlement::settle(policy, &ride, request.currency)?;
    Ok(BillDocument {
        trip_id,
        city: request.city,
        product: request.product,
        basis,
        degraded: basis == Basis::Mocked,
        stored: true,
        billed_at: time::format(now()),
        started_at: time::format(request.started_at),
        ended_at: time::format(request.ended_at),
        distance_m,
        duration_s,
        estimate_id: request.estimate_id,
        passenger: pricing::bill(passenger)?,
        driver: pricing::bill(driver)?,
        settlement,
        versions: Versions {
            rate_card: cards.passenger.version.clone(),
            driver_rate_card: cards.driver.version.clone(),
            policy: policy.version.clone(),
            pricing: config.engine().to_owned(),
        },
        pinned: cards.pinned,
        facts,
    })
}

/// The card of today, for a ride that is not billed as quoted.
fn card(
    config: &'static Config,
    request: &BillRequest,
    side: Side,
    reason: NotQuoted,
) -> Result<&'static Card, Problem> {
    let BillRequest { city, product, currency, .. } = request;
    let card = config.card(city, product, side)?.ok_or_else(|| withdrawn(city, product, reason))?;
    if card.currency != *currency {
        let log =
            format!("cards/{city}/{product}: the driver's card is in {}, the passenger's in {currency}", card.currency);
        return Err(Problem::config(log));
    }
    Ok(card)
}

/// A product is not offered any more, and the rate cards it was quoted with cannot be had.
fn withdrawn(city: &str, product: &str, reason: NotQuoted) -> Problem {
    let why = match reason {
        NotQuoted::StoreUnavailable => {
            let detail = "the product is not offered any more, and the rate card of its quote cannot be fetched now; \
                          nothing is lost: send the same request again";
            return Problem::new(problem::STORE_UNAVAILABLE, detail);
        }
        NotQuoted::QuoteExpired => "its quote is not kept any more",
        NotQuoted::NoEstimate | NotQuoted::VersionUnavailable => "the rate card of its quote is not to be had",
    };
    let message =
        format!("{city} does not offer {product} any more, and {why}; bill another product, or offer it again");
    Problem::invalid(vec![FieldError::at("/product", problem::UNKNOWN_PRODUCT.code, message)])
}

/// Enters the top-up of a stored bill, if it has one. Whether the ledger is now as it should be.
async fn enter_top_up(city: &str, bill: &BillDocument, settings: &Settings) -> bool {
    let settlement = &bill.settlement;
    let top_up = match settlement.top_up_minor() {
        Some(0) => return true,
        Some(top_up) => top_up,
        None => return false,
    };
    let entry = Entry {
        currency: settlement.currency.code().to_owned(),
        top_up,
        scenario: settlement.scenario.clone(),
        billed_at: time::parse(&bill.billed_at).unwrap_or_default(),
    };
    match store::enter_top_up(city, &bill.trip_id, entry, settings.write_deadline).await {
        Ok(()) => true,
        Err(error) => {
            note(city, &bill.trip_id, "has a top-up that is not in the ledger", &error);
            false
        }
    }
}

/// Finds the bill of a trip, in the city of the query or in any.
async fn find(trip_id: &str, query: &Query) -> Result<Stored, Problem> {
    let (config, settings) = (Config::get()?, settings().await?);
    let cities = match query.get("city") {
        Some(city) if config.serves(city) => vec![city],
        Some(_) => {
            let known = config.cities().join(", ");
            return Err(Problem::parameter("city", format!("the city is not served; served are {known}")));
        }
        None => config.cities(),
    };
    let look = |city| async move { (city, store::bill(city, trip_id, settings.read_deadline).await) };
    let mut found = Vec::new();
    let mut failed = None;
    for (city, answer) in join_all(cities.iter().copied().map(look)).await {
        match answer {
            Ok(Some(stored)) => found.push((city, stored)),
            Ok(None) => {}
            Err(error) => failed = Some(error),
        }
    }
    match (found.pop(), failed) {
        (Some((_, stored)), _) if found.is_empty() => Ok(stored),
        (Some((last, _)), _) => {
            let cities: Vec<_> = found.iter().map(|(city, _)| *city).chain([last]).collect();
            let detail = format!("say which one is meant: ?city= one of {}", cities.join(", "));
            Err(Problem::new(problem::TRIP_AMBIGUOUS, detail))
        }
        (None, Some(error)) => Err(error.into_problem("bills.get")),
        (None, None) => {
            let detail = "no bill was made for this trip yet; POST to the same path to make it";
            Err(Problem::new(problem::BILL_NOT_FOUND, detail))
        }
    }
}

fn read(document: &str) -> Result<BillDocument, Problem> {
    serde_json::from_str(document).map_err(|error| Problem::internal(format!("a stored bill cannot be read: {error}")))
}

fn written(bill: &BillDocument) -> Result<String, Problem> {
    serde_json::to_string(bill).map_err(|error| Problem::internal(format!("a bill cannot be written: {error}")))
}

fn answered(status: StatusCode, document: String, entered: bool) -> Response<Vec<u8>> {
    let mut response = responses::json_text(status, document.into());
    if !entered {
        response.headers_mut().insert(TOP_UP, HeaderValue::from_static("pending"));
    }
    response
}

fn note(city: &str, trip_id: &str, what: &str, error: &StoreError) {
    eprintln!("farebox-gateway: the bill of trip {trip_id} in {city} {what}: {}", error.line());
}
