//! Bills that this node has in its journal, and the shared store may not have.

use super::repeating::{Billed, repeat as repeat_of_the_store};
use crate::context::Context;
use crate::event::Event;
use crate::journal;
use crate::patience::Patience;
use crate::planted::{Bug, planted};
use crate::ports::{JournaledBill, Kind, Ports, Revision, StoreError};
use crate::refusal::Refusal;
use crate::replay;
use farebox_fare::Segment;
use farebox_records::{BillRecord, Kept};

/// The city and the name of a trip.
type TripOf<'a> = (&'a str, &'a str);

/// Answers with the bill that this node has made before, if it was made from an equal request. The store has none, where it
/// `answers`: then it is driven in first, and the bill of another node that came before it counts. `None` when it was taken back
/// meanwhile: look again.
///
/// # Errors
///
/// `bill-conflict`; `signature-replayed`; or that the journal does not say.
pub(super) async fn repeat<P: Ports>(
    context: &Context<P>,
    trip: TripOf<'_>,
    bill: JournaledBill,
    fingerprint: &str,
    answers: bool,
) -> Result<Option<Billed>, Refusal> {
    let (city, trip_id) = trip;
    if answers {
        replay::enter(context, city, trip_id).await?;
    }
    // What the store had, and has lost, is sent again by whoever made it, or when it is repaired.
    let is_driven = answers && !bill.is_copy();
    let driven = if is_driven { journal::drive_bill(&context.billing, trip, &bill).await.ok() } else { None };
    let JournaledBill { number, waits, new, .. } = bill;
    if let Some(counts) = &driven {
        // This entry may have been taken back meanwhile, and another one be in its place: that gives way before anybody is told.
        journal::learn(context, trip, counts.as_ref().unwrap_or(&new.revision)).await;
    }
    let kept = match driven {
        Some(Some(head)) => return repeat_of_the_store(context, city, trip_id, head.bill, fingerprint).map(Some),
        Some(None) => Kept::Shared,
        None if !waits => kept(waits, answers),
        None if planted(Bug::AnsweredIsTakenBack) => Kept::Node,
        None => match journal::secure(context, number).await {
            Ok(true) => Kept::Node,
            Ok(false) => return Ok(None),
            Err(error) => return Err(error.into_refusal("journal.secure")),
        },
    };
    let Billed { new, document } = repeat_of_the_store(context, city, trip_id, new.revision.bill, fingerprint)?;
    Ok(Some(Billed { new, document: answered(document, kept) }))
}

/// Sees to it that this node knows of the bill that the store has of a trip, before it is answered: it has to answer the same when
/// the store does not say any more. What this node has made of the trip itself gives way, and whoever was answered that finds out.
pub(super) async fn learn<P: Ports>(
    context: &Context<P>,
    trip: TripOf<'_>,
    known: Option<JournaledBill>,
    head: &Revision,
) {
    if planted(Bug::RepeatsAreNotLearned) {
        return;
    }
    if let Some(bill) = known.as_ref().filter(|bill| bill.waits && bill.new.revision.number < head.number) {
        // The trip's bill was made again: whether this one was the first is found out by driving it in. Where that is not told now, it is
        // later.
        _ = journal::drive_bill(&context.billing, trip, bill).await;
    } else if let Some(JournaledBill { waits, new, .. }) = known {
        let is_same = new.revision == *head || journal::follow_erasure(context, trip, &new.revision, head).await;
        if is_same && !waits {
            return;
        }
    }
    journal::learn(context, trip, head).await;
}

/// Answers a bill that the shared store did not take, if it is in the journal.
///
/// # Errors
///
/// It is kept nowhere: what the store said.
pub(super) async fn kept_here<P: Ports>(
    context: &Context<P>,
    trip: TripOf<'_>,
    entry: Option<u64>,
    document: String,
    error: StoreError,
) -> Result<Billed, Refusal> {
    let (city, trip) = (trip.0.to_owned(), trip.1.to_owned());
    let why = error.line();
    if planted(Bug::UnstoredIsNotSaid) {
        return Ok(Billed { new: true, document });
    }
    // One that does not wait any more was driven in meanwhile.
    let is_kept = match entry {
        Some(entry) => journal::secure(context, entry).await.is_ok(),
        None => false,
    };
    if is_kept {
        context.tell(&Event::BillKeptHere { city, trip, why });
        return Ok(Billed { new: true, document: answered(document, Kept::Node) });
    }
    context.tell(&Event::BillNotKept { city, trip, why });
    Err(error.into_refusal("bills.post"))
}

/// The segments of a trip, as far as the store says.
pub(super) async fn segments<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip_id: &str,
) -> Result<Vec<Segment>, StoreError> {
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

/// The segments of a trip, with those that wait in the journal. They are driven in first, so that they do not come late to the bill.
pub(super) async fn with_waiting<P: Ports>(
    context: &Context<P>,
    trip: TripOf<'_>,
    segments: Result<Vec<Segment>, StoreError>,
    waiting: &[Segment],
) -> Result<Vec<Segment>, StoreError> {
    let (city, trip) = trip;
    let Ok(mut all) = segments else { return segments };
    if waiting.is_empty() || planted(Bug::WaitingIsNotBilled) {
        return Ok(all);
    }
    // Whatever comes of it: they are on the bill, and driven in again later.
    _ = context.write(Kind::MeterWrites, context.ports().add_segments(city, trip, waiting, None)).await;
    for segment in waiting {
        // Where the two contradict one another, what the store has counts, and the other is listed when it is driven in.
        if let Err(at) = all.binary_search_by_key(&segment.sequence, |segment| segment.sequence) {
            all.insert(at, *segment);
        }
    }
    Ok(all)
}

/// What is answered of a bill when it is read, and the store has none, or does not say.
pub(super) fn read(bill: JournaledBill, answers: bool) -> (Revision, Kept) {
    let JournaledBill { waits, new, .. } = bill;
    (new.revision, kept(waits, answers))
}

/// Where a bill of the journal is kept, when the shared store has not told of it: here alone if it waits, or if the store `answers` and
/// has none.
fn kept(waits: bool, answers: bool) -> Kept {
    if waits || answers { Kept::Node } else { Kept::Shared }
}

/// A bill as it is answered.
pub(super) fn answered(document: String, kept: Kept) -> String {
    match kept {
        Kept::Node if !planted(Bug::HereIsSaidToBeShared) => BillRecord::kept_in(&document, Kept::Node),
        _ => document,
    }
}
