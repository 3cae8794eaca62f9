//! What is in the ledger of a city: the top-ups of the bills of a day.

use super::listing::{not_served, refused};
use super::reading::allowed;
use crate::answers::TopUpList;
use crate::context::Context;
use crate::patience::Patience;
use crate::ports::{Listed, Page, Ports};
use crate::refusal::Refusal;
use crate::requests::Tariffs as _;
use farebox_fare::time;
use farebox_limits::RouteClass;
use farebox_records::TopUpRecord;
use futures::future::{join_all, try_join_all};
use std::time::Duration;

/// How many bills are looked at for a page at most, and for how long.
const LOOKED_AT: usize = 1_000;
const LASTS: Duration = Duration::from_secs(2);

/// How many are looked at at once: the store is there for callers first.
const AT_ONCE: u32 = 8;

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
    let began = context.ports().elapsed();
    let (mut top_ups, mut looked_at) = (Vec::new(), 0);
    let cursor = cursor.filter(|cursor| !cursor.is_empty());
    let mut at = cursor.map(str::to_owned);
    loop {
        // Each part has the time of a request.
        let part = Context::new(&context.billing, context.trace()).await?;
        let (ports, is_first) = (part.ports(), looked_at == 0);
        let read = part.read(Patience::Long, ports.bills_of_day(&city, day, at.as_deref(), AT_ONCE)).await;
        let Page { entries, next } = read.map_err(|error| refused(error, is_first && at.is_some()))?;
        looked_at += entries.len();
        for found in join_all(entries.iter().map(|listed| of_trip(&part, &city, listed))).await {
            top_ups.extend(found?);
        }
        at = next;
        if at.is_none() || looked_at >= LOOKED_AT || ports.elapsed().saturating_sub(began) >= LASTS {
            // That nothing is owed is only said of a city that there is, or was.
            if looked_at == 0 && cursor.is_none() && !context.config.serves(&city) {
                return Err(not_served(context, &city));
            }
            return Ok(TopUpList { city, day: day.to_owned(), top_ups, next: at });
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
