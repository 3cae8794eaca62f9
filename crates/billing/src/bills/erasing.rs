//! Taking out of the bill of a trip who rode, when they ask for it.

use super::reading::find;
use crate::answers::Erased;
use crate::context::Context;
use crate::event::Event;
use crate::patience::Patience;
use crate::ports::{Ports, Revision, StoreError};
use crate::refusal::Refusal;
use crate::replay;
use farebox_limits::RouteClass;
use farebox_records::without_passenger;

/// How often a revision is read again that somebody else has changed meanwhile. Nobody does but who erases the same.
const TRIES: u32 = 3;

/// Takes the passenger's identifier out of every revision of a trip's bill. All else stays to the byte: no sum is another, and the bill can
/// be made again from its facts. Asked again, it finds nothing to take out.
///
/// # Errors
///
/// `bill-not-found`, `invalid-parameter` without a city; or that the store did not do it. What was done by then stays done: ask again.
pub async fn erase_passenger<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
) -> Result<Erased, Refusal> {
    let (city, head) = find(context, trip_id, city, false, RouteClass::Operate).await?;
    replay::enter(context, &city, trip_id).await?;
    let mut revisions = 0;
    for number in 1..=head.number {
        revisions += u32::from(erase(context, &city, trip_id, number).await?);
    }
    if revisions > 0 {
        context.tell(&Event::PassengerErased { city: city.clone(), trip: trip_id.to_owned(), revisions });
    }
    Ok(Erased { trip_id: trip_id.to_owned(), city, revisions })
}

/// Whether there was something to take out of a revision.
async fn erase<P: Ports>(context: &Context<P>, city: &str, trip_id: &str, number: u32) -> Result<bool, Refusal> {
    for _ in 0..TRIES {
        let revision = context.read(Patience::Long, context.ports().revision(city, trip_id, number)).await;
        let Some(Revision { bill, .. }) = revision.map_err(|error| error.into_refusal("bills.get"))? else {
            return Ok(false);
        };
        let unreadable = |error| Refusal::internal(format!("a stored bill cannot be read: {error}"));
        let Some(without) = without_passenger(&bill.document).map_err(unreadable)? else { return Ok(false) };
        let redacted = context.ports().redact_bill(city, trip_id, number, &bill.document, &without);
        let refused = |error: StoreError| error.into_refusal("bills.redact");
        if context.write(redacted).await.map_err(refused)? {
            return Ok(true);
        }
    }
    Err(Refusal::internal(format!("revision {number} of a bill was another one {TRIES} times")))
}
