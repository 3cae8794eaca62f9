//! The journal of this node: what it has accepted is entered there before the shared store is asked to keep it, and driven in when
//! that did not answer.
//!
//! A time-out, a crash in between, and a store that has lost something are one case: what is entered is posted again, which does no
//! harm. Who comes first in the shared store wins; a bill that loses is listed. Nothing here depends on a clock or on a lease: they
//! only save work.

use crate::archive;
use crate::billing::Billing;
use crate::context::Context;
use crate::event::Event;
use crate::once;
use crate::planted::{Bug, planted};
use crate::ports::{
    Accumulated, CallError, DocumentKind, Driven, Due, Journaled, JournaledBill, JournaledTrip, Loss, LostDocument,
    Named, NewRevision, Ports, Posted, Revision, SegmentsError, StoreError, Waiting, WaitingWhat,
};
use farebox_fare::{Degradation, Segment, time};
use farebox_records::is_without_passenger;
use futures::future::join_all;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

/// How long a call is waited for that nobody waits for.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often an instance looks whether something waits that it does not know of: another one of this node may have entered it, or one
/// that is no more.
const LOOKS: Duration = Duration::from_secs(1);

/// What operators are told of a store that has lost something.
const LOST: &str = "bills of rides that began before say store-lost and are due; this node sends its bills of the last day again; find out \
                    why Redis was emptied, or failed over to a server that was behind";

/// What a city loses within this time, in milliseconds, is told as one loss; and for so long it is news.
const ONE_LOSS_MS: u64 = 60_000;

/// A document that a bill names, and for which cities the journal has it, as far as this instance knows.
pub(crate) struct NamedDocument<'a> {
    pub(crate) kind: DocumentKind,
    pub(crate) version: &'a str,
    pub(crate) text: &'a str,
    pub(crate) journaled: &'a RefCell<BTreeSet<String>>,
}

/// Enters a bill before it is posted, after what it was made with.
pub(crate) async fn enter_bill<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip: &str,
    new: &NewRevision,
    documents: &[NamedDocument<'_>],
) -> Result<Journaled, StoreError> {
    let named = |document: &NamedDocument<'_>| Named { kind: document.kind, version: document.version.to_owned() };
    for document @ NamedDocument { text, journaled, .. } in documents {
        if !journaled.borrow().contains(city) {
            context.here(context.ports().enter_document(city, &named(document), text)).await?;
            journaled.borrow_mut().insert(city.to_owned());
        }
    }
    let documents: Vec<Named> = documents.iter().map(named).collect();
    context.here(context.ports().enter_bill(city, trip, new, &documents)).await
}

/// What this node has of a trip. Nothing when it does not say, which is told.
pub(crate) async fn of_trip<P: Ports>(context: &Context<P>, city: &str, trip: &str) -> JournaledTrip {
    let found = context.here(context.ports().journaled(city, trip)).await;
    found.inspect_err(|error| tell_failure(context, error)).unwrap_or_default()
}

/// Enters segments that the shared store did not take. Whether there is a journal that they are in now.
pub(crate) async fn enter_segments<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip: &str,
    segments: &[Segment],
) -> Result<bool, SegmentsError> {
    let entered = context.here(context.ports().enter_segments(city, trip, segments)).await;
    context.billing.driving.perhaps.set(true);
    if let Err(SegmentsError::Store(error)) = &entered {
        tell_failure(context, error);
    }
    entered
}

/// Makes sure that what only the journal has survives a power cut, before it is answered; `false` when it does not wait any more.
pub(crate) async fn secure<P: Ports>(context: &Context<P>, entry: u64) -> Result<bool, StoreError> {
    context.billing.driving.perhaps.set(true);
    let secured = context.here(context.ports().secure(entry)).await;
    secured.inspect_err(|error| tell_failure(context, error))
}

/// Notes after the answer what became of an entry. If that fails, it is driven in again, and noted then.
pub(crate) fn note<P: Ports>(context: &Context<P>, entry: Option<u64>, driven: Driven) {
    let Some(entry) = entry else { return };
    let billing = Rc::clone(&context.billing);
    context.ports().spawn(Box::pin(async move {
        _ = within(&billing, billing.ports().drive(entry, &driven)).await;
    }));
}

/// Takes back a bill so that another can be entered in its place, unless somebody may have been answered it. Whether it did.
pub(crate) async fn withdraw<P: Ports>(context: &Context<P>, entry: u64) -> bool {
    let withdrawn = context.here(context.ports().withdraw(entry)).await;
    withdrawn.inspect_err(|error| tell_failure(context, error)).unwrap_or(false)
}

/// Takes out who rode where the shared store has the bill that this node knows without it; whether that is so.
pub(crate) async fn follow_erasure<P: Ports>(
    context: &Context<P>,
    (city, trip): (&str, &str),
    known: &Revision,
    head: &Revision,
) -> bool {
    let is_erased = is_erased(known, head);
    if is_erased && let Err(error) = context.here(context.ports().forget_passenger(city, trip)).await {
        tell_failure(context, &error);
    }
    is_erased
}

/// Learns before the answer what the shared store has of a trip. What this node has made of it gives way, and is listed.
pub(crate) async fn learn<P: Ports>(context: &Context<P>, (city, trip): (&str, &str), head: &Revision) {
    match context.here(context.ports().learn(city, trip, head)).await {
        Ok(None) => {}
        Ok(Some(entry)) => {
            context.tell(&Event::BillSuperseded { city: city.to_owned(), trip: trip.to_owned(), entry });
        }
        Err(error) => tell_failure(context, &error),
    }
}

/// Tells that the journal did not do what it was asked for.
pub(crate) fn tell_failure<P: Ports>(context: &Context<P>, error: &StoreError) {
    context.tell(&Event::JournalFailed { why: error.line() });
}

/// Drives a bill into the shared store, after the documents that it names, and notes what became of it. Returns the bill that it gave
/// way to, if it did.
///
/// # Errors
///
/// The shared store did not say, or has lost the bill after it as well: it waits on.
pub(crate) async fn drive_bill<P: Ports>(
    billing: &Billing<P>,
    trip: (&str, &str),
    bill: &JournaledBill,
) -> Result<Option<Revision>, StoreError> {
    match drive(billing, trip, bill).await? {
        DrivenIn::There => Ok(None),
        DrivenIn::GaveWay(head) => Ok(Some(head)),
        DrivenIn::Waits => {
            let number = bill.new.revision.number;
            Err(StoreError::Unavailable(format!("the store has lost the bill after revision {number} as well")))
        }
    }
}

/// What became of a bill.
enum DrivenIn {
    /// The shared store has it.
    There,
    /// This one counts.
    GaveWay(Revision),
    /// Where the one after it is lost, too, it is not known yet whether that was made from it.
    Waits,
}

async fn drive<P: Ports>(
    billing: &Billing<P>,
    (city, name): (&str, &str),
    bill: &JournaledBill,
) -> Result<DrivenIn, StoreError> {
    let (ports, JournaledBill { number: entry, new, documents, .. }) = (billing.ports(), bill);
    let entry = *entry;
    hear_of_losses(billing).await?;
    for kept in join_all(documents.iter().map(|named| keep(billing, city, named))).await {
        kept?;
    }
    let mut new = new.clone();
    let posted = loop {
        let posted = within(billing, ports.post_bill(city, name, &new, None)).await?;
        let reason = match posted {
            Posted::Moved if new.seen.is_some() => {
                new.seen = None;
                Degradation::LateSegments
            }
            Posted::Unproven if new.whole_since.is_some() => {
                new.whole_since = None;
                Degradation::StoreLost
            }
            posted => break posted,
        };
        // It may have been answered, so it is posted as it is; what came since, or was lost, is looked at again.
        new.due = new.due.or(Some(Due { reason, at: ports.now() }));
    };
    let counts = match posted {
        Posted::Created => None,
        Posted::Exists(head) => {
            let head = opened(ports, city, head)?;
            // It may have been made again since: then the one of its number says whether it is there.
            let number = new.revision.number;
            let there = if head.number > number {
                let there = within(billing, ports.revision(city, name, number)).await?;
                there.map(|there| opened(ports, city, there)).transpose()?
            } else {
                Some(head.clone())
            };
            match there {
                Some(there) if there.bill == new.revision.bill => None,
                Some(there) if is_erased(&new.revision, &there) => {
                    _ = within(billing, ports.forget_passenger(city, name)).await;
                    None
                }
                None if head.number > number => {
                    let after = within(billing, ports.revision(city, name, number.saturating_add(1))).await?;
                    if after.is_none() {
                        return Ok(DrivenIn::Waits);
                    }
                    Some(head)
                }
                _ => Some(head),
            }
        }
        Posted::Moved | Posted::Unproven | Posted::Replayed => {
            return Err(StoreError::Other("a bill was refused for what it was not asked for".to_owned()));
        }
    };
    let driven = match &counts {
        Some(head) if !planted(Bug::LosersAreNotListed) => {
            ports.tell("", &Event::BillSuperseded { city: city.to_owned(), trip: name.to_owned(), entry });
            Driven::Superseded(head.clone())
        }
        _ => Driven::Posted,
    };
    // What is not noted waits on, and is found to be there already.
    _ = within(billing, ports.drive(entry, &driven)).await;
    Ok(counts.map_or(DrivenIn::There, DrivenIn::GaveWay))
}

/// A revision with the bill itself.
///
/// # Errors
///
/// It is in the archive, and that cannot be read now: whatever waits for it waits on.
fn opened<P: Ports>(ports: &P, city: &str, revision: Revision) -> Result<Revision, StoreError> {
    archive::opened(ports, city, revision).map_err(|refusal| StoreError::Unavailable(refusal.reason().to_owned()))
}

/// Whether the shared store has this bill without who rode, which another node was asked to take out.
fn is_erased(known: &Revision, head: &Revision) -> bool {
    let (known_bill, bill) = (&known.bill, &head.bill);
    known.number == head.number
        && known_bill.fingerprint == bill.fingerprint
        && is_without_passenger(&bill.document, &known_bill.document)
}

/// Keeps a document of the journal in the shared store, once per instance and city.
async fn keep<P: Ports>(billing: &Billing<P>, city: &str, named: &Named) -> Result<(), StoreError> {
    let (key, driving) = ((city.to_owned(), named.clone()), &billing.driving);
    if driving.has(&key) {
        return Ok(());
    }
    let lost = driving.lost.get();
    let ports = billing.ports();
    let gone = || StoreError::Other(format!("the journal has lost the {} {}", named.kind.word(), named.version));
    let document = within(billing, ports.journaled_document(city, named)).await?.ok_or_else(gone)?;
    within(billing, ports.put_document(city, named.kind, &named.version, &document)).await?;
    driving.keeps(key, lost);
    Ok(())
}

/// Puts documents back that the shared store may have lost, and says how many. A bill that was kept after one of them was lost, and before
/// that was found out, names it, and need not wait itself.
async fn put_documents_back<P: Ports>(billing: &Billing<P>, most: u32) -> Result<usize, StoreError> {
    let ports = billing.ports();
    if planted(Bug::LossesAreNotHeard) {
        return Ok(0);
    }
    let lost = within(billing, ports.lost_documents(most)).await?;
    for document in &lost {
        let LostDocument { city, named: Named { kind, version }, document: text, .. } = document;
        within(billing, ports.put_document(city, *kind, version, text)).await?;
        within(billing, ports.document_is_back(document)).await?;
    }
    Ok(lost.len())
}

/// Drives segments into the shared store, and notes what became of them.
async fn drive_segments<P: Ports>(
    billing: &Billing<P>,
    city: &str,
    trip: &str,
    entry: u64,
    segments: &[Segment],
) -> Result<(), StoreError> {
    let refused = match within(billing, billing.ports().add_segments(city, trip, segments, None)).await {
        Ok(Accumulated { .. }) => None,
        Err(SegmentsError::Store(error)) => return Err(error),
        Err(SegmentsError::Conflict(number)) => {
            Some(format!("segment {number} is in the store, and says something else"))
        }
        Err(SegmentsError::TooMany(most)) => Some(format!("the trip would have more than {most} segments")),
        Err(SegmentsError::Replayed) => Some("it was refused as a replay".to_owned()),
    };
    let driven = refused.map_or(Driven::Posted, |why| {
        let (city, trip) = (city.to_owned(), trip.to_owned());
        billing.ports().tell("", &Event::EntryRefused { city, trip, entry, why: why.clone() });
        Driven::Refused(why)
    });
    _ = within(billing, billing.ports().drive(entry, &driven)).await;
    Ok(())
}

/// After an answer that the shared store had a part in: drives in one thing that waits, if anything does. So most of what the
/// store is asked is asked for callers.
pub fn after_answer<P: Ports>(context: &Context<P>) {
    let driving = &context.billing.driving;
    let now = context.ports().elapsed();
    let to_be_looked = driving.looked.get().is_none_or(|looked| now.saturating_sub(looked) >= LOOKS);
    if !context.store_answers() || driving.under_way.get() || !(driving.perhaps.get() || to_be_looked) {
        return;
    }
    driving.under_way.set(true);
    driving.looked.set(Some(now));
    let billing = Rc::clone(&context.billing);
    context.ports().spawn(Box::pin(async move {
        let found = drive_in(&billing, 1).await;
        billing.driving.perhaps.set(found.is_ok_and(|found| found > 0));
        billing.driving.under_way.set(false);
    }));
}

/// Looks at up to so many buckets of the shared store that this node has not heard of for a while, and says how many it was: where nobody writes any
/// more, nobody else finds out that something was lost.
///
/// # Errors
///
/// The journal or the shared store did not say. What was not looked at is looked at later.
pub async fn look<P: Ports>(billing: &Billing<P>, most: u32) -> Result<u32, StoreError> {
    if planted(Bug::QuietBucketsAreNotLookedAt) {
        return Ok(0);
    }
    within(billing, billing.ports().look(most)).await
}

/// Drives in up to so many things that wait, the oldest first, after as many documents that may be lost, and says how many that were. A bill
/// that waits for another one holds up nothing.
///
/// # Errors
///
/// The journal or the shared store did not say. The rest waits on.
pub async fn drive_in<P: Ports>(billing: &Billing<P>, most: u32) -> Result<usize, StoreError> {
    hear_of_losses(billing).await?;
    let mut driven_in = put_documents_back(billing, most).await?;
    let entries = within(billing, billing.ports().lease(most)).await?;
    for Waiting { number, city, trip, what } in entries {
        let is_driven = match what {
            WaitingWhat::Bill(new, documents) => {
                let bill = JournaledBill { number, waits: true, new, documents };
                !matches!(drive(billing, (&city, &trip), &bill).await?, DrivenIn::Waits)
            }
            WaitingWhat::Segments(segments) => {
                drive_segments(billing, &city, &trip, number, &segments).await?;
                true
            }
        };
        driven_in += usize::from(is_driven);
    }
    Ok(driven_in)
}

/// Looks what the shared store was found to have lost: what was kept there before is put there again, and operators are told, once on
/// a node for all that a city loses at once.
async fn hear_of_losses<P: Ports>(billing: &Billing<P>) -> Result<(), StoreError> {
    let driving = &billing.driving;
    if planted(Bug::LossesAreNotHeard) {
        return Ok(());
    }
    for Loss { number, city, at_ms, .. } in within(billing, billing.ports().losses(driving.lost.get())).await? {
        driving.lost.set(number);
        let before_ms = driving.lost_ms.borrow_mut().insert(city.clone(), at_ms);
        let is_another = before_ms.is_none_or(|before_ms| at_ms.saturating_sub(before_ms) >= ONE_LOSS_MS);
        // An instance that begins later hears of all that was ever lost, and that is no news.
        let is_news = billing.ports().now_ms().saturating_sub(at_ms) < ONE_LOSS_MS;
        if is_another && is_news {
            let at = time::format(i64::try_from(at_ms / 1_000).unwrap_or(i64::MAX));
            once::tell_once_a_day(billing.ports(), &Event::StoreLost { city, at, advice: LOST }).await;
        }
    }
    Ok(())
}

async fn within<P: Ports, T, E: CallError>(
    billing: &Billing<P>,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    billing.ports().within(PATIENCE, call).await?
}
