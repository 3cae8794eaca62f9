//! Bills: one per trip, made once, whatever the store is up to.

mod choosing;
mod covering;
mod erasing;
mod journaled;
mod making;
mod reading;
mod records;
mod repeating;

pub use erasing::erase_passenger;
pub use making::BillInputs;
pub use reading::{detail, fetch};
pub use repeating::Billed;

use crate::billing::PolicyOf;
use crate::caller::replayed;
use crate::cards;
use crate::config::{Card, ParsedPolicy};
use crate::context::Context;
use crate::coupons;
use crate::documents;
use crate::event::Event;
use crate::journal::{self, NamedDocument};
use crate::patience::Patience;
use crate::planted::{Bug, planted};
use crate::ports::{
    DocumentKind, Driven, Due, Journaled, Kind, NewRevision, Ports, Posted, Revision, StoreError, StoredBill, TopUp,
};
use crate::pricing;
use crate::refusal::{Code, Refusal};
use crate::replay;
use crate::requests::{AskedBill, BillRequest};
use crate::trip::{self, Ridden};
use choosing::{Cards, choose_cards, quote};
use farebox_fare::{Degradation, Segment, Timestamp, Trip, time};
use farebox_limits::RouteClass;
use farebox_records::{BillRecord, Finding, NotQuoted, Quote, TopUpRecord};
use futures::future::join3;
use records::contradiction;
use repeating::repeat;
use serde_json::Value;
use std::rc::Rc;

/// The bill of a trip, made unless it was made before.
///
/// Without the measurements that there should be it is mocked from the request; without a policy it is not settled; what is missing
/// it says, and it is provisional until it is put right. Without the shared store it is kept in the journal of this node, `kept:
/// node`, and asking this node again gets the same bill.
///
/// # Errors
///
/// What is wrong with the request, or with what it needs; `bill-conflict` when the trip was billed from another request;
/// `signature-replayed`; or that neither the store nor the journal keeps the bill.
pub async fn create<P: Ports>(context: &Context<P>, trip_id: &str, document: &Value) -> Result<Billed, Refusal> {
    context.may_in_city_of(document, RouteClass::Bill).await?;
    let Some(asked) = AskedBill::read(document) else {
        return match decoded(context, document) {
            Ok(_) => Err(Refusal::internal("a request can be read with the configuration, and not without")),
            Err(refusal) => Err(refusal),
        };
    };
    // The journal before the store: what is driven in meanwhile is in both then, and not in neither.
    let mut here = journal::of_trip(context, &asked.city, trip_id).await;
    // A repeat gets the first bill even when the trip, the cards or the whole configuration have changed since, so that is
    // looked at first.
    let (earlier, segments, quote) = join3(
        context.read(Patience::Long, context.ports().bill(&asked.city, trip_id)),
        segments(context, &asked.city, trip_id),
        quote(context, &asked),
    )
    .await;
    let fingerprint = fingerprint(&asked, &quote);
    let earlier = match earlier {
        Ok(Some(earlier)) => {
            // Nothing else is written, and a request that is sent again is no repeat.
            replay::enter(context, &asked.city, trip_id).await?;
            journaled::learn(context, (&asked.city, trip_id), here.bill, &earlier).await;
            return repeat(context, &asked.city, trip_id, earlier.bill, &fingerprint);
        }
        Ok(None) => Ok(()),
        Err(error) => {
            // The store was waited for; another request may have found out more meanwhile.
            here.bill = journal::of_trip(context, &asked.city, trip_id).await.bill;
            Err(error)
        }
    };
    let trip = (asked.city.as_str(), trip_id);
    while let Some(bill) = here.bill.filter(|_| !planted(Bug::JournalIsNotAsked)) {
        if let Some(billed) = journaled::repeat(context, trip, bill, &fingerprint, earlier.is_ok()).await? {
            return Ok(billed);
        }
        here = journal::of_trip(context, &asked.city, trip_id).await;
    }
    let mut segments = journaled::with_waiting(context, trip, segments, &here.segments).await;
    let (mut moved, mut is_proven) = (0, true);
    loop {
        let seen = segments.as_ref().ok().and_then(|segments| u32::try_from(segments.len()).ok());
        let seen = seen.filter(|_| moved < MOST_MOVED && !planted(Bug::MovedIsNotSeen));
        let priced = match price(context, trip_id, document, segments, quote.clone(), is_proven).await {
            Ok(priced) => priced,
            Err(refusal) => {
                return Err(match earlier {
                    Err(error) if !planted(Bug::RefusesBeforeItKnows) => perhaps_billed(error, refusal),
                    _ => refusal,
                });
            }
        };
        match keep(context, priced, &fingerprint, seen, earlier.is_ok()).await? {
            Attempt::Answered(billed) => return Ok(billed),
            Attempt::Moved if moved < MOST_TRIES => moved += 1,
            Attempt::Unproven if is_proven => is_proven = false,
            Attempt::Moved | Attempt::Unproven => {
                return Err(Refusal::internal("a bill was refused for what it was not asked for".to_owned()));
            }
        }
        here.segments = journal::of_trip(context, &asked.city, trip_id).await.segments;
        let again = self::segments(context, &asked.city, trip_id).await;
        segments = journaled::with_waiting(context, trip, again, &here.segments).await;
    }
}

/// How often a bill is made again because segments came while it was made. Then it is kept as it is.
const MOST_MOVED: u32 = 2;

/// How often it is at most, whoever else makes one and takes it back meanwhile.
const MOST_TRIES: u32 = 8;

/// What came of a bill that was made.
enum Attempt {
    /// It is kept, or an earlier one is.
    Answered(Billed),
    /// The trip has other segments by now. Nobody was told of it.
    Moved,
    /// The store cannot prove that it has all of the trip. Nobody was told of it.
    Unproven,
}

/// A bill that was priced, and what it was priced with.
struct Priced<P: Ports> {
    record: BillRecord,
    cards: Cards<P>,
    /// When the ride began, if nothing of the trip is lacking, as far as is known.
    whole_since: Option<Timestamp>,
    /// Without one that can be used, it is not settled.
    policy: Option<Rc<PolicyOf<P>>>,
}

/// Makes a bill that is not kept yet.
async fn price<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    document: &Value,
    segments: Result<Vec<Segment>, StoreError>,
    quote: Result<Quote, NotQuoted>,
    is_proven: bool,
) -> Result<Priced<P>, Refusal> {
    let request = decoded(context, document)?;
    let cards = choose_cards(context, &request, quote).await?;
    let ride = coupons::Ride { city: &request.city, starts_at: request.started_at, currency: request.currency };
    // The cards of today stand in for those of a quote that came too late, and may have other fees: no coupon is wrong for that.
    let fees = cards.pinned.lacks().is_none().then_some([&cards.passenger.fees]);
    coupons::check(&request.extras.passenger, &context.config, ride, fees)?;
    make(context, trip_id, &request, segments, cards, is_proven)
}

/// What is answered to a request that is refused, when it is not known whether it is a repeat: a repeat would be answered with
/// the bill that was made before, however the configuration has changed since.
fn perhaps_billed(error: StoreError, refusal: Refusal) -> Refusal {
    if refusal.code == Code::Internal {
        return refusal;
    }
    let unknown = error.into_refusal("bills.head");
    let log = unknown.log.iter().map(String::as_str).chain([refusal.reason()]).collect::<Vec<_>>().join("; and ");
    let detail = format!(
        "whether the trip was billed before cannot be told now: send the same request again. If it was not, it is refused: {}",
        refusal.detail
    );
    Refusal { detail, problems: refusal.problems, log: Some(log), ..unknown }
}

/// What is asked for, checked against what there is.
fn decoded<P: Ports>(context: &Context<P>, document: &Value) -> Result<BillRequest, Refusal> {
    BillRequest::decode(document, &*context.config, |estimate_id| context.settings.signer.open(estimate_id))
}

/// Keeps a bill that was made now: first in the journal of this node, then in the shared store with its top-up, after the documents
/// that it names. Or answers the one that was made before. `reached` is whether the store has answered this request.
///
/// `seen` is of how many segments it was made, when that matters.
async fn keep<P: Ports>(
    context: &Context<P>,
    priced: Priced<P>,
    fingerprint: &str,
    seen: Option<u32>,
    reached: bool,
) -> Result<Attempt, Refusal> {
    let Priced { record, cards, whole_since, policy } = priced;
    let (city, trip_id) = (record.city.clone(), record.trip_id.clone());
    let document = written(&record)?;
    let bill = StoredBill { fingerprint: fingerprint.to_owned(), document: document.clone() };
    let new = NewRevision {
        revision: Revision { number: 1, bill },
        billed_at: context.now,
        day: time::day(context.now, &cards.passenger.time_zone),
        top_up: top_up(&record, 1)?,
        due: due(context, &record),
        seen,
        whole_since: whole_since.filter(|_| !planted(Bug::LossesAreNotSeen)),
    };
    let named = named(&cards, policy.as_deref());
    let entered = if planted(Bug::JournalAfterTheStore) {
        Ok(Journaled::Unneeded)
    } else {
        journal::enter_bill(context, &city, &trip_id, &new, &named).await
    };
    let mut entry = match entered {
        Ok(Journaled::Entered(entry)) => Some(entry),
        Ok(Journaled::Unneeded) => None,
        Ok(Journaled::Exists(_)) if planted(Bug::JournalIsNotAsked) => None,
        Ok(Journaled::Exists(bill)) => {
            let repeated = journaled::repeat(context, (&city, &trip_id), *bill, fingerprint, reached).await?;
            return Ok(repeated.map_or(Attempt::Moved, Attempt::Answered));
        }
        Err(error) => {
            journal::tell_failure(context, &error);
            None
        }
    };
    let documents = keep_documents(context, &city, &cards, policy.as_deref());
    match post_after(documents, context, &city, &trip_id, &new).await {
        Ok(Posted::Created) => {
            journal::note(context, entry, Driven::Posted);
            Ok(Attempt::Answered(Billed { new: true, document }))
        }
        Ok(refused @ (Posted::Moved | Posted::Unproven)) => {
            // Somebody may have been answered it already: then it is kept as it is.
            if let Some(entry) = entry
                && !journal::withdraw(context, entry).await
            {
                let known = journal::of_trip(context, &city, &trip_id).await.bill;
                if let Some(bill) = known.filter(|bill| bill.number == entry) {
                    let repeated = journaled::repeat(context, (&city, &trip_id), bill, fingerprint, reached).await?;
                    return Ok(repeated.map_or(Attempt::Moved, Attempt::Answered));
                }
            }
            Ok(if refused == Posted::Moved { Attempt::Moved } else { Attempt::Unproven })
        }
        Ok(Posted::Exists(_)) if planted(Bug::LoserKeepsItsBill) => {
            Ok(Attempt::Answered(Billed { new: true, document }))
        }
        Ok(Posted::Exists(head)) => {
            journal::learn(context, (&city, &trip_id), &head).await;
            repeat(context, &city, &trip_id, head.bill, fingerprint).map(Attempt::Answered)
        }
        // What is entered waits on: another request may have answered it. Driven in, it is found out what it has come to.
        Ok(Posted::Replayed) => Err(replayed()),
        Err(error @ StoreError::Fenced { .. }) => Err(error.into_refusal("bills.post")),
        Err(error) => {
            if planted(Bug::JournalAfterTheStore) {
                let entered = journal::enter_bill(context, &city, &trip_id, &new, &named).await;
                entry = entered.ok().and_then(|entered| match entered {
                    Journaled::Entered(entry) => Some(entry),
                    _ => None,
                });
            }
            journaled::kept_here(context, (&city, &trip_id), entry, document, error).await.map(Attempt::Answered)
        }
    }
}

/// What a bill is made with.
fn named<'a, P: Ports>(cards: &'a Cards<P>, policy: Option<&'a PolicyOf<P>>) -> Vec<NamedDocument<'a>> {
    let kind = DocumentKind::RateCard;
    let cards = [&*cards.passenger, &*cards.driver].map(|card| {
        let Card { version, document: text, journaled, .. } = card;
        NamedDocument { kind, version, text, journaled }
    });
    let policy = policy.map(|ParsedPolicy { version, document: text, journaled, .. }| NamedDocument {
        kind: DocumentKind::Policy,
        version,
        text,
        journaled,
    });
    cards.into_iter().chain(policy).collect()
}

/// Posts a revision once the documents that it names are kept: what is billed can be made again for as long as it is there.
async fn post_after<P: Ports>(
    documents: impl Future<Output = Result<(), StoreError>>,
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    new: &NewRevision,
) -> Result<Posted, StoreError> {
    let once = replay::once(context);
    let post = async |new: &NewRevision| {
        context.write(Kind::Posts, context.ports().post_bill(city, trip_id, new, once.as_ref())).await
    };
    if planted(Bug::DocumentsAfterTheBill) {
        let posted = post(new).await;
        drop(documents.await);
        return posted;
    }
    documents.await?;
    if planted(Bug::TopUpInASecondStep) && new.top_up.is_some() {
        let first = post(&NewRevision { top_up: None, ..new.clone() }).await;
        if first == Ok(Posted::Created) {
            let second = Revision { number: 2, ..new.revision.clone() };
            drop(post(&NewRevision { revision: second, ..new.clone() }).await);
        }
        return first;
    }
    if planted(Bug::LoserSupersedes) {
        let posted = post(new).await;
        let Ok(Posted::Exists(head)) = posted else { return posted };
        let number = head.number.saturating_add(1);
        return post(&NewRevision { revision: Revision { number, ..new.revision.clone() }, ..new.clone() }).await;
    }
    post(new).await
}

/// Keeps both rate cards of a bill, and the policy if it has one.
async fn keep_documents<P: Ports>(
    context: &Context<P>,
    city: &str,
    cards: &Cards<P>,
    policy: Option<&PolicyOf<P>>,
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
async fn keep_policy<P: Ports>(
    context: &Context<P>,
    city: &str,
    policy: Option<&PolicyOf<P>>,
) -> Result<(), StoreError> {
    let lost = context.billing.driving.lost.get();
    if let Some(policy) = policy
        && policy.kept.borrow().get(city) != Some(&lost)
    {
        documents::keep(context, city, DocumentKind::Policy, &policy.version, &policy.document).await?;
        policy.kept.borrow_mut().insert(city.to_owned(), lost);
    }
    Ok(())
}

/// What a revision of a bill owes the driver for good.
fn top_up(bill: &BillRecord, revision: u32) -> Result<Option<TopUp>, Refusal> {
    let Some(record) = TopUpRecord::of(bill, revision) else { return Ok(None) };
    let document = serde_json::to_string(&record)
        .map_err(|error| Refusal::internal(format!("a top-up cannot be written: {error}")))?;
    Ok(Some(TopUp { currency: record.currency, amount: record.amount, document }))
}

/// What has to be done again of a bill: all of it, when it lacks something.
fn due<P: Ports>(context: &Context<P>, record: &BillRecord) -> Option<Due> {
    let reason = record.reasons.first().filter(|_| record.provisional && !planted(Bug::ProvisionalIsNotDue))?;
    Some(Due { reason: *reason, at: context.now })
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
    if context.config.switches().mock_always {
        return Err(StoreError::SwitchedOff);
    }
    let segments = context.read(Patience::Long, context.ports().segments(city, trip_id)).await;
    #[cfg(feature = "planted")]
    if let Ok(segments) = &segments {
        context.billing.remembered.borrow_mut().insert(trip_id.to_owned(), segments.clone());
    }
    segments
}

/// Makes the bill of a trip from its segments, or from what else is known of it when there are none to be had.
fn make<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    request: &BillRequest,
    segments: Result<Vec<Segment>, StoreError>,
    cards: Cards<P>,
    is_proven: bool,
) -> Result<Priced<P>, Refusal> {
    let segments = segments.map_err(|error| {
        let (city, trip) = (request.city.clone(), trip_id.to_owned());
        context.tell(&Event::BillMocked { city, trip, why: error.line() });
        if planted(Bug::LostIsEmpty) { Degradation::TripMissing } else { error.degradation() }
    });
    let (passenger, driver) = (&*cards.passenger, &*cards.driver);
    let is_measured = |trip: &Trip| pricing::is_measured(passenger, driver, trip, cards.quoted.as_ref());
    let city = context.config.city_or_default(&request.city);
    let Ridden { trip, mut lacks, findings, guess } =
        trip::billed(request, segments, cards.planned, &city.rules, is_measured)?;
    if !is_proven {
        lacks.push(Degradation::StoreLost);
    }
    let whole_since = lacks.is_empty().then_some(request.started_at);
    let policy = match context.config.policy() {
        Ok(policy) => Some(policy),
        Err(refusal) => {
            let (city, trip) = (request.city.clone(), trip_id.to_owned());
            context.tell(&Event::BillNotSettled { city, trip, why: refusal.reason().to_owned() });
            None
        }
    };
    let ride = BillInputs {
        trip_id,
        city: &request.city,
        product: &request.product,
        trip: &trip,
        last_seq: request.last_seq,
        estimate_id: request.estimate_id.as_deref(),
        labels: &request.labels,
        passenger,
        driver,
        policy: policy.as_deref(),
        pinned: cards.pinned,
        quoted: cards.quoted.as_ref(),
        engines: context.config.engines(),
        lacks,
        findings,
        guess,
        billed_at: context.now,
    };
    let mut record = ride.bill()?;
    if pricing::ignores_agreed_price(passenger, &trip, cards.quoted.as_ref(), &record.passenger) {
        record.findings.push(Finding::AGREED_PRICE_UNUSED);
    }
    record.verify().map_err(|why| contradiction(context, &record.city, trip_id, why))?;
    Ok(Priced { record, cards, whole_since, policy })
}

fn written(record: &BillRecord) -> Result<String, Refusal> {
    serde_json::to_string(record).map_err(|error| Refusal::internal(format!("a bill cannot be written: {error}")))
}
