//! Bills: one per trip, made once, whatever the store is up to.

mod choosing;
mod making;
mod reading;

pub use making::BillInputs;
pub use reading::{detail, fetch};

use crate::billing::PolicyOf;
use crate::cards;
use crate::context::Context;
use crate::documents;
use crate::event::Event;
use crate::planted::{Bug, planted};
use crate::ports::{DocumentKind, NewRevision, Ports, Posted, Revision, StoreError, StoredBill, TopUp};
use crate::refusal::{Code, Refusal};
use crate::requests::{AskedBill, BillRequest};
use crate::trip;
use choosing::{Cards, choose_cards, quote};
use farebox_fare::{Segment, time};
use farebox_records::{BillRecord, Kept, NotQuoted, Quote, ReadError, Settlement};
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
        top_up: top_up(&record),
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

/// What a bill owes the driver.
fn top_up(record: &BillRecord) -> Option<TopUp> {
    let Settlement { currency, top_up: amount, scenario, .. } = &record.settlement;
    (*amount > 0).then(|| TopUp { currency: *currency, amount: *amount, scenario: scenario.clone() })
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

fn written(record: &BillRecord) -> Result<String, Refusal> {
    serde_json::to_string(record).map_err(|error| Refusal::internal(format!("a bill cannot be written: {error}")))
}

/// A bill that does not add up is never answered.
fn contradiction<P: Ports>(context: &Context<P>, city: &str, trip_id: &str, why: String) -> Refusal {
    let (city, trip) = (city.to_owned(), trip_id.to_owned());
    context.tell(&Event::BillContradictsItself { city, trip, why: why.clone() });
    Refusal::internal(format!("the bill of a trip contradicts itself: {why}"))
}
