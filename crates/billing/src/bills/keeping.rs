//! Keeping a bill that was made: first in the journal of this node, then in the store that nodes share, with its top-up and after the documents
//! that it names.

use super::choosing::Cards;
use super::journaled;
use super::repeating::{Billed, repeat};
use crate::archive;
use crate::billing::PolicyOf;
use crate::caller::replayed;
use crate::cards;
use crate::config::{Card, ParsedPolicy};
use crate::context::Context;
use crate::documents;
use crate::journal::{self, NamedDocument};
use crate::planted::{Bug, planted};
use crate::ports::{
    DocumentKind, Driven, Due, Journaled, Kind, NewRevision, Ports, Posted, Revision, StoreError, StoredBill, TopUp,
};
use crate::refusal::Refusal;
use crate::replay;
use farebox_fare::{Timestamp, time};
use farebox_money::MinorUnits;
use farebox_records::{BillRecord, TopUpRecord, lineage};
use futures::future::join3;
use std::rc::Rc;

/// How often a bill is made again because segments came while it was made. Then it is kept as it is.
pub(super) const MOST_MOVED: u32 = 2;

/// How often it is at most, whoever else makes one and takes it back meanwhile.
pub(super) const MOST_TRIES: u32 = 8;

/// What came of a bill that was made.
pub(super) enum Attempt {
    /// It is kept, or an earlier one is.
    Answered(Billed),
    /// The trip has other segments by now. Nobody was told of it.
    Moved,
    /// The store cannot prove that it has all of the trip. Nobody was told of it.
    Unproven,
}

/// A bill that was priced, and what it was priced with.
pub(super) struct Priced<P: Ports> {
    pub(super) record: BillRecord,
    pub(super) cards: Cards<P>,
    /// When the ride began, if nothing of the trip is lacking, as far as is known.
    pub(super) whole_since: Option<Timestamp>,
    /// Without one that can be used, it is not settled.
    pub(super) policy: Option<Rc<PolicyOf<P>>>,
    /// The bill that it takes the place of, if it is not the first.
    pub(super) follows: Option<Follows>,
}

/// The bill that a newer one takes the place of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follows {
    /// Its number.
    pub(super) number: u32,
    /// What it owed the driver for good, in minor units.
    pub(super) owed: MinorUnits,
    /// When the first one was made: all of them are listed under its day.
    pub(super) billed_at: Timestamp,
}

/// Keeps a bill that was made now: first in the journal of this node, then in the shared store with its top-up, after the documents
/// that it names. Or answers the one that was made before. `reached` is whether the store has answered this request.
///
/// `fingerprint` is of the request, or of the bill that it takes the place of. `seen` is of how many segments it was made, when that matters.
pub(super) async fn keep<P: Ports>(
    context: &Context<P>,
    priced: Priced<P>,
    fingerprint: &str,
    seen: Option<u32>,
    reached: bool,
) -> Result<Attempt, Refusal> {
    let Priced { record, cards, whole_since, policy, follows } = priced;
    let first = Follows { number: 0, owed: 0, billed_at: context.now };
    let follows = follows.unwrap_or(first);
    let number = follows.number.saturating_add(1);
    let (city, trip_id) = (record.city.clone(), record.trip_id.clone());
    let document = written(&record)?;
    let lineage = if number == 1 { lineage::first } else { lineage::next };
    let bill = StoredBill { fingerprint: lineage(fingerprint, &document), document: document.clone() };
    let revision = Revision { number, bill };
    let new = NewRevision {
        seen,
        whole_since: whole_since.filter(|_| !planted(Bug::LossesAreNotSeen)),
        ..posting(context, &record, &cards, revision, context.now, follows)?
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
            let head = archive::opened(context.ports(), &city, head)?;
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

/// Puts a bill back into the shared store, which has lost it, with its top-up and after the documents that it names. It was made at
/// `made_at`.
///
/// # Errors
///
/// The store did not say.
pub(super) async fn put_back<P: Ports>(
    context: &Context<P>,
    priced: Priced<P>,
    revision: Revision,
    made_at: Timestamp,
) -> Result<(), Refusal> {
    let Priced { record, cards, policy, follows, .. } = priced;
    let first = Follows { number: 0, owed: 0, billed_at: made_at };
    let new = posting(context, &record, &cards, revision, made_at, follows.unwrap_or(first))?;
    let documents = keep_documents(context, &record.city, &cards, policy.as_deref());
    let posted = post_after(documents, context, &record.city, &record.trip_id, &new).await;
    posted.map(drop).map_err(|error| error.into_refusal("bills.post"))
}

/// A revision as it is posted, whatever segments its trip has: with its day, what it owes, and what is due of it.
fn posting<P: Ports>(
    context: &Context<P>,
    record: &BillRecord,
    cards: &Cards<P>,
    revision: Revision,
    made_at: Timestamp,
    Follows { owed, billed_at, .. }: Follows,
) -> Result<NewRevision, Refusal> {
    Ok(NewRevision {
        billed_at: made_at,
        day: time::day(billed_at, &cards.passenger.time_zone),
        top_up: top_up(record, revision.number, owed)?,
        due: due(context, record),
        seen: None,
        whole_since: None,
        revision,
    })
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

/// What a revision of a bill owes the driver for good, beyond what those before it do.
fn top_up(bill: &BillRecord, revision: u32, owed: MinorUnits) -> Result<Option<TopUp>, Refusal> {
    let owed = if planted(Bug::TopUpIsOwedAgain) { 0 } else { owed };
    let Some(record) = TopUpRecord::of(bill, revision, owed) else { return Ok(None) };
    let document = serde_json::to_string(&record)
        .map_err(|error| Refusal::internal(format!("a top-up cannot be written: {error}")))?;
    Ok(Some(TopUp { currency: record.currency, amount: record.amount, document }))
}

/// What has to be done again of a bill: all of it, when it lacks something.
fn due<P: Ports>(context: &Context<P>, record: &BillRecord) -> Option<Due> {
    let reason = record.reasons.first().filter(|_| record.provisional && !planted(Bug::ProvisionalIsNotDue))?;
    Some(Due { reason: *reason, at: context.now })
}

fn written(record: &BillRecord) -> Result<String, Refusal> {
    serde_json::to_string(record).map_err(|error| Refusal::internal(format!("a bill cannot be written: {error}")))
}
