//! Bills: one per trip, made once, whatever the store is up to.

use crate::answers::BillPage;
use crate::billing::{CardOf, PolicyOf};
use crate::cards;
use crate::config::{Card, ParsedPolicy};
use crate::context::Context;
use crate::documents;
use crate::engines::{BilledRide, Policy, RateCard, Side};
use crate::estimate_id::Estimate;
use crate::event::Event;
use crate::pages::{Details, View, Wanted};
use crate::planted::{Bug, planted};
use crate::ports::{DocumentKind, NewRevision, Ports, Posted, Revision, StoreError, StoredBill, TopUp};
use crate::pricing;
use crate::quotes;
use crate::refusal::{Code, Refusal};
use crate::requests::{AskedBill, BillRequest, Labels};
use crate::settlement;
use crate::trip;
use farebox_fare::{Basis, Facts, Segment, Timestamp, Trip, names, time};
use farebox_records::{
    BillFacts, BillFormat, BillRecord, Kept, NotQuoted, Pinned, Quote, ReadError, ShownBill, TopUpRecord, Versions,
};
use futures::future::join3;
use serde_json::Value;
use std::rc::Rc;

/// What is answered when a trip is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Whether it was made now, and not found.
    pub new: bool,
    /// The record, as it is kept.
    pub document: String,
}

/// The bill of a trip, made unless it was made before.
///
/// A bill is always answered. Without measurements it is mocked from the request; without a store to keep it in it is
/// `kept: nowhere`, and asking again makes it again.
///
/// # Errors
///
/// What is wrong with the request, or with what it needs; `bill-conflict` when the trip was billed from another request.
pub async fn create<P: Ports>(context: &Context<P>, trip_id: &str, document: &Value) -> Result<Billed, Refusal> {
    let Some(asked) = AskedBill::read(document) else {
        return match decoded(context, document) {
            Ok(_) => Err(Refusal::internal("a request can be read with the configuration, and not without")),
            Err(refusal) => Err(refusal),
        };
    };
    // A repeat gets the first bill even when the trip, the cards or the whole configuration have changed since, so that is
    // looked at first.
    let (earlier, segments, quote) = join3(
        context.read(context.ports().bill(&asked.city, trip_id)),
        segments(context, &asked.city, trip_id),
        quote(context, &asked),
    )
    .await;
    let fingerprint = fingerprint(&asked, &quote);
    if let Ok(Some(earlier)) = earlier {
        return repeat(context, &asked.city, trip_id, earlier.bill, &fingerprint);
    }
    let request = decoded(context, document)?;
    let cards = choose_cards(context, &request, quote).await?;
    let (record, policy) = make(context, trip_id, &request, segments, &cards)?;
    keep(context, record, fingerprint, &cards, &policy).await
}

/// What is asked for, checked against what there is.
fn decoded<P: Ports>(context: &Context<P>, document: &Value) -> Result<BillRequest, Refusal> {
    BillRequest::decode(document, &*context.config, |estimate_id, city, product| {
        let estimate = context.settings.signer.open(estimate_id).filter(|estimate| estimate.city == city)?;
        estimate.price(product).map(|_| estimate.currency)
    })
}

/// Keeps a bill that was made now, with its top-up and after the documents that it names; or answers the one that was made
/// before.
async fn keep<P: Ports>(
    context: &Context<P>,
    mut record: BillRecord,
    fingerprint: String,
    cards: &Cards<P>,
    policy: &PolicyOf<P>,
) -> Result<Billed, Refusal> {
    let (city, trip_id) = (record.city.clone(), record.trip_id.clone());
    let document = written(&record)?;
    let bill = StoredBill { fingerprint: fingerprint.clone(), document: document.clone() };
    let new = NewRevision {
        revision: Revision { number: 1, bill },
        billed_at: context.now,
        day: time::day(context.now, &cards.passenger.time_zone),
        top_up: top_up(&record, 1)?,
        due: None,
    };
    let documents = keep_documents(context, &city, cards, policy);
    match post_after(documents, context, &city, &trip_id, new).await {
        Ok(Posted::Created) => Ok(Billed { new: true, document }),
        Ok(Posted::Exists(_)) if planted(Bug::LoserKeepsItsBill) => Ok(Billed { new: true, document }),
        Ok(Posted::Exists(head)) => repeat(context, &city, &trip_id, head.bill, &fingerprint),
        Err(error) => {
            context.tell(&Event::BillNotStored { city, trip: trip_id, why: error.line() });
            if !planted(Bug::UnstoredIsNotSaid) {
                record.kept = Kept::Nowhere;
                record.degraded = true;
            }
            Ok(Billed { new: true, document: written(&record)? })
        }
    }
}

/// Posts a revision once the documents that it names are kept: what is billed can be made again for as long as it is there.
async fn post_after<P: Ports>(
    documents: impl Future<Output = Result<(), StoreError>>,
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    new: NewRevision,
) -> Result<Posted, StoreError> {
    let post = |new: NewRevision| async move { context.write(context.ports().post_bill(city, trip_id, &new)).await };
    if planted(Bug::DocumentsAfterTheBill) {
        let posted = post(new).await;
        drop(documents.await);
        return posted;
    }
    documents.await?;
    if planted(Bug::TopUpInASecondStep) && new.top_up.is_some() {
        let first = post(NewRevision { top_up: None, ..new.clone() }).await;
        if first == Ok(Posted::Created) {
            let second = Revision { number: 2, ..new.revision.clone() };
            drop(post(NewRevision { revision: second, ..new }).await);
        }
        return first;
    }
    if planted(Bug::LoserSupersedes) {
        let posted = post(new.clone()).await;
        let Ok(Posted::Exists(head)) = posted else { return posted };
        let number = head.number.saturating_add(1);
        return post(NewRevision { revision: Revision { number, ..new.revision.clone() }, ..new }).await;
    }
    post(new).await
}

/// Keeps both rate cards and the policy of a bill.
async fn keep_documents<P: Ports>(
    context: &Context<P>,
    city: &str,
    cards: &Cards<P>,
    policy: &PolicyOf<P>,
) -> Result<(), StoreError> {
    let (passenger, driver, policy) = join3(
        cards::keep(context, city, &cards.passenger),
        cards::keep(context, city, &cards.driver),
        keep_policy(context, city, policy),
    )
    .await;
    passenger.and(driver).and(policy)
}

/// Keeps a policy that a bill of a city was settled under, once per instance.
async fn keep_policy<P: Ports>(context: &Context<P>, city: &str, policy: &PolicyOf<P>) -> Result<(), StoreError> {
    if !policy.kept.borrow().contains(city) {
        documents::keep(context, city, DocumentKind::Policy, &policy.version, &policy.document).await?;
        policy.kept.borrow_mut().insert(city.to_owned());
    }
    Ok(())
}

/// What a revision of a bill owes the driver.
fn top_up(bill: &BillRecord, revision: u32) -> Result<Option<TopUp>, Refusal> {
    let Some(record) = TopUpRecord::of(bill, revision) else { return Ok(None) };
    let document = serde_json::to_string(&record)
        .map_err(|error| Refusal::internal(format!("a top-up cannot be written: {error}")))?;
    Ok(Some(TopUp { currency: record.currency, amount: record.amount, document }))
}

/// The bill as it was made.
///
/// # Errors
///
/// `bill-not-found`, `invalid-parameter` without a city; or that the store did not say.
pub async fn fetch<P: Ports>(context: &Context<P>, trip_id: &str, city: Option<&str>) -> Result<String, Refusal> {
    let (city, stored) = find(context, trip_id, city).await?;
    match BillRecord::read(&stored.document) {
        // One of another release is answered as it was made.
        Ok(_) | Err(ReadError::Unreadable(_)) => Ok(stored.document),
        Err(ReadError::Contradiction(why)) => Err(contradiction(context, &city, trip_id, why)),
    }
}

/// The bill as a page; the driver's in the scene `driver`, otherwise the passenger's.
///
/// # Errors
///
/// As [`fetch`]; and `invalid-parameter` for a scene or a locale that there is not.
pub async fn detail<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
    wanted: Wanted<'_>,
) -> Result<BillPage, Refusal> {
    let view = View::choose(context, wanted)?;
    let (city, stored) = find(context, trip_id, city).await?;
    let shown = match of_this_release(context, &city, trip_id, &stored.document)? {
        Some(record) => ShownBill::from(record),
        // One of another release is shown as far as it is understood.
        None => ShownBill::read(&stored.document)
            .map_err(|why| Refusal::internal(format!("a stored bill cannot be shown: {why}")))?,
    };
    let bill = if view.scene.as_deref() == Some("driver") { &shown.driver } else { &shown.passenger };
    let Details { sections, reason } = view.details(context, bill);
    Ok(BillPage {
        trip_id: trip_id.to_owned(),
        product: shown.product,
        scene: view.scene,
        locale: view.locale,
        basis: shown.basis,
        currency: bill.currency,
        total: bill.currency.format(bill.total),
        payable: bill.currency.format(bill.payable),
        sections,
        degraded: shown.degraded || reason.is_some(),
        reason,
    })
}

/// Answers with the bill that was made before, if it was made from an equal request.
fn repeat<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    earlier: StoredBill,
    fingerprint: &str,
) -> Result<Billed, Refusal> {
    if earlier.fingerprint != fingerprint && !planted(Bug::RepeatsAreNotCompared) {
        let detail = "a trip is billed once; GET the bill to see it, or send the request it was made from";
        return Err(Refusal::new(Code::BillConflict, detail));
    }
    of_this_release(context, city, trip_id, &earlier.document)?;
    Ok(Billed { new: false, document: earlier.document })
}

/// The record of a stored bill. `None` when another release wrote what this one does not understand, which is told.
fn of_this_release<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    document: &str,
) -> Result<Option<BillRecord>, Refusal> {
    match BillRecord::read(document) {
        Ok(record) => Ok(Some(record)),
        Err(ReadError::Unreadable(why)) => {
            context.tell(&Event::StoredBillUnreadable { city: city.to_owned(), trip: trip_id.to_owned(), why });
            Ok(None)
        }
        Err(ReadError::Contradiction(why)) => Err(contradiction(context, city, trip_id, why)),
    }
}

/// The rate cards that a ride is billed with.
struct Cards<P: Ports> {
    passenger: Rc<CardOf<P>>,
    driver: Rc<CardOf<P>>,
    pinned: Pinned,
    /// The ride as it was quoted on these cards.
    quoted: Option<Trip>,
}

/// Equal for requests that ask for the same bill.
fn fingerprint(asked: &AskedBill, quote: &Result<Quote, NotQuoted>) -> String {
    let mut fingerprint = asked.fingerprint.clone();
    if planted(Bug::FingerprintSeesTheQuote) && quote.is_ok() {
        fingerprint.push('q');
    }
    fingerprint
}

/// The segments of a trip, as far as the store says.
async fn segments<P: Ports>(context: &Context<P>, city: &str, trip_id: &str) -> Result<Vec<Segment>, StoreError> {
    #[cfg(feature = "planted")]
    if planted(Bug::SegmentsAreRemembered)
        && let Some(segments) = context.billing.remembered.borrow().get(trip_id)
    {
        return Ok(segments.clone());
    }
    let segments = context.read(context.ports().segments(city, trip_id)).await;
    #[cfg(feature = "planted")]
    if let Ok(segments) = &segments {
        context.billing.remembered.borrow_mut().insert(trip_id.to_owned(), segments.clone());
    }
    segments
}

/// The quote that a ride was ordered with.
async fn quote<P: Ports>(context: &Context<P>, asked: &AskedBill) -> Result<Quote, NotQuoted> {
    let open = |id: &str| context.settings.signer.open(id);
    let estimate: Option<Estimate> = asked.estimate_id.as_deref().and_then(open);
    let estimate = estimate.ok_or(NotQuoted::NoEstimate)?;
    quotes::find(context, &estimate).await.map_err(|missing| match missing {
        quotes::Missing::Expired => NotQuoted::QuoteExpired,
        quotes::Missing::Store(error) => {
            not_as_quoted(context, &asked.city, &asked.product, NotQuoted::StoreUnavailable, error.line())
        }
    })
}

/// Chooses the versions that the ride was quoted with, as long as they can be had: both or none.
async fn choose_cards<P: Ports>(
    context: &Context<P>,
    request: &BillRequest,
    quote: Result<Quote, NotQuoted>,
) -> Result<Cards<P>, Refusal> {
    let quoted = match quote {
        Ok(quote) => quoted_cards(context, request, quote).await,
        Err(reason) => Err(reason),
    };
    match quoted {
        Ok(cards) => Ok(cards),
        Err(reason) => Ok(Cards {
            passenger: card(context, request, Side::Passenger, reason)?,
            driver: card(context, request, Side::Driver, reason)?,
            pinned: Pinned::current(reason),
            quoted: None,
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
        let card = cards::of_version(context, city, product, side, version).await;
        let card = card.map_err(|missing| match missing {
            cards::Missing::Store(error) => because(NotQuoted::StoreUnavailable, error.line()),
            cards::Missing::Unknown(why) => unavailable(format!("rate card {version}: {why}")),
        })?;
        if card.currency != *currency {
            return Err(unavailable(format!("rate card {version} is in {}, bills are in {currency}", card.currency)));
        }
        Ok(card)
    };
    let versions = quote.cards.get(product).ok_or_else(|| unavailable("the quote lacks the product".to_owned()))?;
    let no_driver = || unavailable("the driver had no rate card then".to_owned());
    let driver = versions.driver.as_ref().ok_or_else(no_driver)?;
    let trip = quote.facts.trip(*currency).map_err(unavailable)?;
    Ok(Cards {
        passenger: find(Side::Passenger, &versions.passenger).await?,
        driver: find(Side::Driver, driver).await?,
        pinned: Pinned::QUOTED,
        quoted: Some(trip),
    })
}

/// Makes the bill of a trip from its segments, or from the request when there are none to be had; with the policy that it is
/// settled under.
fn make<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    request: &BillRequest,
    segments: Result<Vec<Segment>, StoreError>,
    cards: &Cards<P>,
) -> Result<(BillRecord, Rc<PolicyOf<P>>), Refusal> {
    let mut lost = false;
    let trip = match segments {
        Ok(segments) if !segments.is_empty() => trip::metered(request, segments)?,
        Ok(_) => trip::mocked(request),
        Err(error) => {
            lost = true;
            let (city, trip) = (request.city.clone(), trip_id.to_owned());
            context.tell(&Event::BillMocked { city, trip, why: error.line() });
            trip::mocked(request)
        }
    };
    let policy = context.config.policy()?;
    let ride = BillInputs {
        trip_id,
        city: &request.city,
        product: &request.product,
        trip: &trip,
        estimate_id: request.estimate_id.as_deref(),
        labels: &request.labels,
        passenger: &*cards.passenger,
        driver: &*cards.driver,
        policy: &*policy,
        pinned: cards.pinned,
        quoted: cards.quoted.as_ref(),
        engines: context.config.engines(),
        billed_at: context.now,
    };
    let mut record = ride.bill()?;
    if lost && planted(Bug::LostIsEmpty) {
        record.degraded = false;
    }
    record.verify().map_err(|why| contradiction(context, &record.city, trip_id, why))?;
    Ok((record, policy))
}

/// All that a bill is made of.
pub struct BillInputs<'a, C, P> {
    /// The caller's identifier.
    pub trip_id: &'a str,
    /// The city it began in.
    pub city: &'a str,
    /// What was ridden.
    pub product: &'a str,
    /// What was measured, or what stands in for it.
    pub trip: &'a Trip,
    /// The estimate it was ordered with.
    pub estimate_id: Option<&'a str>,
    /// What it is known by.
    pub labels: &'a Labels,
    /// Prices the passenger's bill.
    pub passenger: &'a Card<C>,
    /// Prices the driver's.
    pub driver: &'a Card<C>,
    /// Settles the two.
    pub policy: &'a ParsedPolicy<P>,
    /// Whether the cards are those of the estimate.
    pub pinned: Pinned,
    /// The ride as it was quoted on these cards.
    pub quoted: Option<&'a Trip>,
    /// The numbers of the engines, pricing's and commission's.
    pub engines: (u32, u32),
    /// When the bill is made.
    pub billed_at: Timestamp,
}

impl<C: RateCard, P: Policy> BillInputs<'_, C, P> {
    /// Prices both sides, settles them, and writes all of it down.
    ///
    /// # Errors
    ///
    /// Why it cannot be priced or settled.
    pub fn bill(&self) -> Result<BillRecord, Refusal> {
        let Self { trip, quoted, passenger, driver, policy, .. } = *self;
        let versions = Versions {
            rate_card: passenger.version.clone(),
            driver_rate_card: driver.version.clone(),
            policy: policy.version.clone(),
            pricing: self.engines.0,
            commission: self.engines.1,
        };
        let currency = passenger.currency;
        let facts =
            BillFacts { trip: Facts::of(trip, currency), quoted: quoted.map(|quoted| Facts::of(quoted, currency)) };
        let (passenger, driver) = pricing::both_sides(passenger, driver, trip, quoted)?;
        let (city, product) = (self.city, self.product);
        let ride = BilledRide { city, product, passenger: &passenger, driver: &driver };
        let settlement = settlement::settle(&policy.policy, ride)?;
        Ok(BillRecord {
            format: BillFormat::default(),
            trip_id: self.trip_id.to_owned(),
            city: city.to_owned(),
            product: product.to_owned(),
            basis: trip.basis,
            degraded: trip.basis == Basis::Mocked,
            kept: Kept::Shared,
            billed_at: time::format(self.billed_at),
            started_at: time::format(trip.started_at),
            ended_at: time::format(trip.ended_at),
            distance_m: trip.distance_m,
            duration_s: trip.duration_s,
            estimate_id: self.estimate_id.map(str::to_owned),
            passenger_id: self.labels.passenger_id.clone(),
            driver_id: self.labels.driver_id.clone(),
            order: self.labels.order_of(&trip.order),
            tags: self.labels.tags.clone(),
            passenger,
            driver,
            settlement,
            versions,
            pinned: self.pinned,
            facts,
        })
    }
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

/// A product is not offered any more, and the rate cards it was quoted with cannot be had.
fn withdrawn(city: &str, product: &str, reason: NotQuoted) -> Refusal {
    let why = match reason {
        NotQuoted::StoreUnavailable => {
            let detail = "the product is not offered any more, and the rate card of its quote cannot be fetched now; \
                          nothing is lost: send the same request again";
            return Refusal::new(Code::StoreUnavailable, detail);
        }
        NotQuoted::QuoteExpired => "its quote is not kept any more",
        NotQuoted::NoEstimate | NotQuoted::VersionUnavailable => "the rate card of its quote is not to be had",
    };
    let message =
        format!("{city} does not offer {product} any more, and {why}; bill another product, or offer it again");
    Refusal::field("/product", Code::UnknownProduct.word(), message)
}

/// Finds the bill of a trip. Neither the configuration nor another city is looked at: a bill can be read after its city has
/// left, and is never taken for that of a trip of the same name elsewhere.
async fn find<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
) -> Result<(String, StoredBill), Refusal> {
    let city = city.ok_or_else(|| {
        Refusal::parameter("city", "is missing; say which city the trip began in: ?city=110000, for example")
    })?;
    if !names::is_token(city) {
        return Err(Refusal::parameter("city", format!("a city has {}", names::TOKEN_RULE)));
    }
    match context.read(context.ports().bill(city, trip_id)).await {
        Ok(Some(head)) => Ok((city.to_owned(), head.bill)),
        Err(StoreError::TimedOut) if planted(Bug::LateIsNoBill) => Err(no_bill()),
        Ok(None) => Err(no_bill()),
        Err(error) => Err(error.into_refusal("bills.head")),
    }
}

fn no_bill() -> Refusal {
    let detail = "no bill was made for this trip in this city yet; POST to the same path to make it";
    Refusal::new(Code::BillNotFound, detail)
}

fn written(record: &BillRecord) -> Result<String, Refusal> {
    serde_json::to_string(record).map_err(|error| Refusal::internal(format!("a bill cannot be written: {error}")))
}

/// A ride is billed with the cards of today, though it was quoted.
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

/// A bill that does not add up is never answered.
fn contradiction<P: Ports>(context: &Context<P>, city: &str, trip_id: &str, why: String) -> Refusal {
    let (city, trip) = (city.to_owned(), trip_id.to_owned());
    context.tell(&Event::BillContradictsItself { city, trip, why: why.clone() });
    Refusal::internal(format!("the bill of a trip contradicts itself: {why}"))
}
