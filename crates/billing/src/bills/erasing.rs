//! Taking out of the bill of a trip who rode, when they ask for it.

use super::reading;
use crate::answers::Erased;
use crate::archive;
use crate::context::Context;
use crate::event::Event;
use crate::journal;
use crate::patience::Patience;
use crate::ports::{Kind, Ports, Revision, StoreError, StoredBill};
use crate::refusal::{Code, Refusal};
use crate::replay;
use farebox_limits::RouteClass;
use farebox_records::archive::Archived;
use farebox_records::without_passenger;
use std::collections::BTreeSet;

/// How often a revision is looked at that somebody else has changed meanwhile. Nobody does but who erases the same.
const TRIES: u32 = 3;

/// What whoever wants nothing to be left is told in place of how a bill is made.
const NO_BILL: &str = "this trip has no bill in this city, so there is nothing to take out of it";

/// Takes the passenger's identifier out of every revision of a trip's bill, and of what the journal of this node has of it. All else stays
/// to the byte: no sum is another, and the bill can be made again from its facts. Asked again, it finds nothing to take out.
///
/// # Errors
///
/// `bill-not-found`, `invalid-parameter` without a city; or why it was not done in one revision or more. It is done in all others by then:
/// ask again.
pub async fn erase_passenger<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
) -> Result<Erased, Refusal> {
    let city = reading::allowed(context, city, false, RouteClass::Operate).await?;
    // Else it would be driven in later, with who rode.
    if let Some(bill) = journal::of_trip(context, &city, trip_id).await.bill.filter(|bill| bill.waits) {
        let driven = journal::drive_bill(&context.billing, (&city, trip_id), &bill).await;
        driven.map_err(|error| error.into_refusal("journal.drive"))?;
    }
    let head = context.read(Patience::Long, context.ports().bill(&city, trip_id)).await;
    let head = head.map_err(|error| error.into_refusal("bills.head"))?;
    replay::enter(context, &city, trip_id).await?;
    let newest = head.as_ref().map_or(0, |head| head.number);
    let mut head = head.map(|head| head.bill);
    let (mut revisions, mut archived, mut left) = (0, BTreeSet::new(), Vec::new());
    for number in 1..=newest {
        let known = if number == newest { head.take() } else { None };
        match erase(context, &city, trip_id, number, known).await {
            Ok(Some(TakenOut { archived: day })) => {
                revisions += 1;
                archived.extend(day);
            }
            Ok(None) => {}
            Err(refusal) => left.push((number, refusal)),
        }
    }
    let here = context.here(context.ports().forget_passenger(&city, trip_id)).await;
    let here = here.map_err(|error| error.into_refusal("journal.forget"))?;
    if newest == 0 {
        if here == 0 {
            return Err(Refusal::new(Code::BillNotFound, NO_BILL));
        }
        // The store had it, and has lost it.
        revisions = here;
    }
    if revisions > 0 {
        context.tell(&Event::PassengerErased { city: city.clone(), trip: trip_id.to_owned(), revisions });
    }
    if left.is_empty() {
        Ok(Erased { trip_id: trip_id.to_owned(), city, revisions, archived: archived.into_iter().collect() })
    } else {
        Err(not_all(left, newest))
    }
}

/// That something was taken out of a revision.
struct TakenOut {
    /// The day of the file that it still stands in.
    archived: Option<String>,
}

/// Takes out of a revision who rode. `None` when it does not say. `known` is what it was a moment ago.
async fn erase<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    number: u32,
    mut known: Option<StoredBill>,
) -> Result<Option<TakenOut>, Refusal> {
    for _ in 0..TRIES {
        let bill = match known.take() {
            Some(bill) => bill,
            None => {
                let revision = context.read(Patience::Long, context.ports().revision(city, trip_id, number)).await;
                let revision = revision.map_err(|error| error.into_refusal("bills.get"))?;
                let Some(Revision { bill, .. }) = revision else { return Ok(None) };
                bill
            }
        };
        let unreadable = |error| Refusal::internal(format!("a stored bill cannot be read: {error}"));
        // One that is archived goes back into the store without who rode. In the file of its day they still are.
        let whole = archive::opened(context.ports(), city, Revision { number, bill: bill.clone() })?.bill;
        let Some(without) = without_passenger(&whole.document).map_err(unreadable)? else { return Ok(None) };
        let redacted = context.ports().redact_bill(city, trip_id, number, &bill.document, &without);
        let refused = |error: StoreError| error.into_refusal("bills.redact");
        if context.write(Kind::Posts, redacted).await.map_err(refused)? {
            let archived = Archived::read(&bill.document).and_then(Result::ok).map(|archived| archived.day);
            return Ok(Some(TakenOut { archived }));
        }
    }
    Err(Refusal::internal(format!("it was another one {TRIES} times")))
}

/// Says which revisions may still name the passenger. The code is that of the first that is worth asking for again.
fn not_all(mut left: Vec<(u32, Refusal)>, newest: u32) -> Refusal {
    let list = |of: fn(&(u32, Refusal)) -> String| left.iter().map(of).collect::<Vec<_>>();
    let numbers = list(|(number, _)| number.to_string()).join(", ");
    let log = list(|(number, refusal)| format!("revision {number}: {}", refusal.reason())).join("; ");
    let detail = format!(
        "who rode may still stand in these revisions of the bill: {numbers}. It has {newest}, and the others do not say it any more. \
         Ask again, signed anew; the log says more under this trace_id"
    );
    let again = left.iter().position(|(_, refusal)| refusal.code != Code::Internal).unwrap_or_default();
    let (_, refusal) = left.swap_remove(again);
    Refusal { detail, log: Some(log), ..refusal }
}
