//! What is in the ledger of a city: the top-ups of the bills of a day.

use super::reading::allowed;
use super::walk::{AT_ONCE, Walk};
use crate::answers::TopUpList;
use crate::context::Context;
use crate::patience::Patience;
use crate::ports::{Listed, Ports};
use crate::refusal::Refusal;
use farebox_fare::time;
use farebox_limits::RouteClass;
use farebox_records::TopUpRecord;
use futures::future::{join_all, try_join_all};

/// A page of what the ledger owes for the bills of a day, those of later revisions with them. What is entered meanwhile may be on it.
///
/// # Errors
///
/// `invalid-parameter`; or that the store did not say, or has an entry that this release cannot read.
pub async fn top_ups<P: Ports>(
    context: &Context<P>,
    city: &str,
    day: Option<&str>,
    cursor: Option<&str>,
) -> Result<TopUpList, Refusal> {
    let city = allowed(context, Some(city), true, RouteClass::Read).await?;
    let Some(day) = day.filter(|day| time::is_day(day)) else {
        return Err(Refusal::parameter("day", "is a day, such as 2026-11-26: that of the first bill of a ride"));
    };
    let (mut walk, mut top_ups) = (Walk::new(context, cursor), Vec::new());
    loop {
        // Each part has the time of a request.
        let part = Context::new(&context.billing, context.trace()).await?;
        let read = part.ports().bills_of_day(&city, day, walk.at(), AT_ONCE);
        let entries = walk.page(part.read(Patience::Long, read).await)?;
        for found in join_all(entries.iter().map(|listed| of_trip(&part, &city, listed))).await {
            top_ups.extend(found?);
        }
        if walk.is_over(context) {
            let next = walk.end(context, &city)?;
            return Ok(TopUpList { city, day: day.to_owned(), top_ups, next });
        }
    }
}

/// The entries of all revisions of a bill.
async fn of_trip<P: Ports>(
    context: &Context<P>,
    city: &str,
    Listed { trip, revision }: &Listed,
) -> Result<Vec<TopUpRecord>, Refusal> {
    let entry = async |number| {
        let read = context.read(Patience::Long, context.ports().top_up(city, trip, number)).await;
        let Some(top_up) = read.map_err(|error| error.into_refusal("ledger.get"))? else { return Ok(None) };
        let unreadable = |error| {
            Refusal::internal(format!("the entry of revision {number} in the ledger cannot be read: {error:?}"))
        };
        TopUpRecord::read(&top_up.document).map(Some).map_err(unreadable)
    };
    let entries = try_join_all((1..=*revision).map(entry)).await?;
    Ok(entries.into_iter().flatten().collect())
}
