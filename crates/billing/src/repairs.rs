//! The job that puts bills right: what is due, a slice at a time.

use crate::answers::Swept;
use crate::bills::{self, Billed};
use crate::context::Context;
use crate::event::Event;
use crate::patience::Patience;
use crate::ports::{DueTrip, Page, Ports, StoreError};
use crate::refusal::Refusal;
use crate::requests::Tariffs as _;
use farebox_fare::names;
use farebox_limits::RouteClass;
use farebox_records::BillRecord;
use futures::future::join_all;
use std::time::Duration;

/// How many bills are looked at in a slice, and for how long: then it is answered how far that went.
const SLICE: usize = 200;
const SLICE_LASTS: Duration = Duration::from_secs(2);

/// How many are looked at at once: the store is there for callers first.
const AT_ONCE: u32 = 8;

/// Repairs what is due in a city, or in all of them, from where an earlier slice ended. Two at once do no harm.
///
/// # Errors
///
/// `invalid-parameter` for a city or a cursor that can be none; or that the store does not say what is due. Of bills that cannot be repaired
/// now it is answered how many there are: they stay due.
pub async fn sweep<P: Ports>(context: &Context<P>, city: Option<&str>, cursor: Option<&str>) -> Result<Swept, Refusal> {
    let cities = cities(context, city).await?;
    // A city that is not served any more is passed over.
    let (from, at) = cursor.map_or(("", ""), |cursor| cursor.split_once('/').unwrap_or((cursor, "")));
    let began = context.ports().elapsed();
    let mut swept = Swept::default();
    for city in cities.into_iter().skip_while(|city| *city < from) {
        let mut at = Some(at).filter(|at| city == from && !at.is_empty()).map(str::to_owned);
        if context.may(city, true, RouteClass::Operate).await.is_err() {
            continue;
        }
        loop {
            if swept.looked_at >= SLICE || context.ports().elapsed().saturating_sub(began) >= SLICE_LASTS {
                swept.next = Some(format!("{city}/{}", at.unwrap_or_default()));
                return Ok(swept);
            }
            // Each has the time of a request.
            let page = Context::new(&context.billing, context.trace()).await?;
            let read = page.read(Patience::Long, page.ports().due(city, at.as_deref(), AT_ONCE)).await;
            let Page { entries, next } = read.map_err(|error| match error {
                // The store calls a cursor wrong that it cannot have answered.
                StoreError::Other(_) if swept.looked_at == 0 && at.is_some() => no_cursor(),
                error => error.into_refusal("bills.due"),
            })?;
            let repaired = join_all(entries.iter().map(|due| one(context, city, due))).await;
            repaired.into_iter().for_each(|outcome| swept.count(outcome));
            at = next;
            if at.is_none() {
                break;
            }
        }
    }
    Ok(swept)
}

/// The cities that a job is asked for: one, or all.
///
/// # Errors
///
/// `invalid-parameter` for a city that can be none; or that the caller may not.
pub(crate) async fn cities<'a, P: Ports>(
    context: &'a Context<P>,
    city: Option<&'a str>,
) -> Result<Vec<&'a str>, Refusal> {
    let Some(city) = city else { return Ok(context.config.cities()) };
    if !names::is_token(city) {
        return Err(Refusal::parameter("city", format!("a city has {}", names::TOKEN_RULE)));
    }
    context.may(city, true, RouteClass::Operate).await?;
    Ok(vec![city])
}

/// What a cursor is refused with that no slice has answered.
pub(crate) fn no_cursor() -> Refusal {
    Refusal::parameter("cursor", "is not one that an earlier slice has answered as `next`")
}

/// What became of a bill that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// There is a newer revision.
    Repaired,
    /// It counts as it is.
    Closed,
    /// What it lacks is not to be had yet.
    Stays,
    /// The store did not say, or it cannot be made again: see the log.
    Failed,
}

impl Swept {
    fn count(&mut self, outcome: Outcome) {
        self.looked_at += 1;
        *match outcome {
            Outcome::Repaired => &mut self.repaired,
            Outcome::Closed => &mut self.closed,
            Outcome::Stays => &mut self.stay_due,
            Outcome::Failed => &mut self.failed,
        } += 1;
    }
}

async fn one<P: Ports>(context: &Context<P>, city: &str, due: &DueTrip) -> Outcome {
    // What came due in this very second is settled by a revision of a later one.
    if due.at >= context.now {
        return Outcome::Stays;
    }
    let billed = match Context::new(&context.billing, context.trace()).await {
        Ok(context) => bills::repair_due(&context, city, due).await,
        Err(refusal) => Err(refusal),
    };
    match billed {
        Ok(Billed { new: false, .. }) => Outcome::Stays,
        Ok(Billed { document, .. }) => {
            let repair = BillRecord::read(&document).ok().and_then(|record| record.repair);
            if repair.is_some_and(|repair| repair.closed) { Outcome::Closed } else { Outcome::Repaired }
        }
        Err(refusal) => {
            let (city, trip, why) = (city.to_owned(), due.trip.clone(), refusal.reason().to_owned());
            context.tell(&Event::BillNotRepaired { city, trip, why });
            Outcome::Failed
        }
    }
}
