//! Bills: one per trip, made once, whatever the store is up to.

use super::bindings::farebox::commission::commission::Ride;
use super::bindings::farebox::pricing::pricing::Side;
use super::config::{Card, Config};
use super::pages::View;
use super::store::{Entry, Stored};
use super::{Answer, now, pricing, settings, settlement, store};
use crate::fault::StoreError;
use crate::problem::{self, Problem};
use crate::requests::{BillRequest, Tariffs};
use crate::responses::{self, BillDocument, BillPage, Versions};
use crate::ride::{self, Source};
use crate::routes::Query;
use crate::settings::Settings;
use crate::time;
use ::http::{HeaderName, HeaderValue, Response, StatusCode};
use farebox_types::{Basis, Segment};
use futures::future::{join, join_all};
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
        let estimate = settings.signer.open(estimate_id);
        estimate.is_some_and(|estimate| estimate.city == city && estimate.price(product).is_some())
    })?;
    let digest = request.digest();
    // A repeat gets the first bill even when the trip or the cards have changed since, so that is looked at first.
    let (earlier, segments) = join(
        store::bill(&request.city, &trip_id, settings.read_deadline),
        store::segments(&request.city, &trip_id, settings.read_deadline),
    )
    .await;
    if let Ok(Some(earlier)) = earlier {
        return repeat(&request.city, &trip_id, earlier, &digest, settings).await;
    }
    let city = request.city.clone();
    let mut bill = make(config, trip_id, request, segments)?;
    let document = written(&bill)?;
    let stored = Stored { request: digest.clone(), document: document.clone() };
    match store::put_bill(&city, &bill.trip_id, stored, settings.write_deadline).await {
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
    let bill = if view.scene() == "driver" { document.driver } else { document.passenger };
    let page = BillPage {
        trip_id,
        product: &document.product,
        scene: view.scene(),
        locale: view.locale(),
        basis: document.basis,
        currency: bill.currency,
        total: bill.currency.format(bill.total),
        payable: bill.currency.format(bill.payable),
        sections: view.sections(bill)?,
        degraded: document.degraded,
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

/// Makes the bill of a trip from its segments, or from the request when there are none to be had.
fn make(
    config: &Config,
    trip_id: String,
    request: BillRequest,
    segments: Result<Vec<Segment>, StoreError>,
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
    let passenger_card = card(config, &request, Side::Passenger)?;
    let driver_card = card(config, &request, Side::Driver)?;
    let policy = config.policy()?;

    let mut trip = pricing::wire(trip)?;
    let passenger = pricing::price(passenger_card, &trip, Source::Bill)?;
    // Coupons are between the passenger and the platform.
    trip.coupons.clear();
    let driver = pricing::price(driver_card, &trip, Source::Bill)?;
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
            rate_card: passenger_card.version.clone(),
            driver_rate_card: driver_card.version.clone(),
            policy: policy.version.clone(),
            pricing: config.engine().to_owned(),
        },
    })
}

fn card<'a>(config: &'a Config, request: &BillRequest, side: Side) -> Result<&'a Card, Problem> {
    let BillRequest { city, product, currency, .. } = request;
    let card = config
        .card(city, product, side)?
        .ok_or_else(|| Problem::internal(format!("no card for {product} after decoding found one")))?;
    if card.currency != *currency {
        let log =
            format!("cards/{city}/{product}: the driver's card is in {}, the passenger's in {currency}", card.currency);
        return Err(Problem::config(log));
    }
    Ok(card)
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
