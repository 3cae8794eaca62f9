//! The bills of a city, for people who look after them: those of a day, or those that are due.

use super::history::past;
use super::reading::allowed;
use super::walk::{AT_ONCE, Walk};
use crate::answers::{BillList, DueSince, ListedBill, PastBill};
use crate::archive;
use crate::context::Context;
use crate::patience::Patience;
use crate::ports::Ports;
use crate::refusal::Refusal;
use farebox_document::words;
use farebox_fare::time;
use farebox_limits::RouteClass;
use futures::future::join_all;

/// How many bills a page has at most.
const MOST: usize = 100;

words! {
    /// Which bills of a city are listed.
    pub enum Wanted {
        /// Those that lack something.
        Degraded = "degraded",
        /// Those that may yet be put right.
        Provisional = "provisional",
        /// Those that were made again.
        Repaired = "repaired",
        /// Those that count as they are, though what they lack was not to be had in time.
        Closed = "closed",
    }
}

impl Wanted {
    fn includes(self, bill: &PastBill) -> bool {
        match self {
            Self::Degraded => bill.degraded,
            Self::Provisional => bill.provisional,
            Self::Repaired => bill.revision > 1,
            Self::Closed => bill.closed,
        }
    }
}

/// Which bills are asked for, as it came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The city.
    pub city: &'a str,
    /// The day on which they were made, as 2026-11-26. Without one, those that are to be made again, of whichever day.
    pub day: Option<&'a str>,
    /// Which of them; all when that is not said.
    pub wanted: Option<&'a str>,
    /// Where an earlier page ended.
    pub cursor: Option<&'a str>,
}

/// A page of them, each as its newest revision is. What is made meanwhile may be on it.
///
/// # Errors
///
/// `invalid-parameter`; or that the store did not say.
pub async fn list<P: Ports>(context: &Context<P>, asked: Asked<'_>) -> Result<BillList, Refusal> {
    let city = allowed(context, Some(asked.city), true, RouteClass::Read).await?;
    let wanted = wanted(asked.wanted)?;
    let day = asked.day;
    if day.is_some_and(|day| !time::is_day(day)) {
        return Err(Refusal::parameter("day", "is a day, such as 2026-11-26"));
    }
    let (mut walk, mut bills) = (Walk::new(context, asked.cursor), Vec::new());
    loop {
        // Each part has the time of a request.
        let part = Context::new(&context.billing, context.trace()).await?;
        let entries = page(&part, &city, day, &mut walk).await?;
        let heads = join_all(entries.iter().map(|(trip, _)| part.read(Patience::Long, part.ports().bill(&city, trip))));
        for ((trip_id, due), head) in entries.iter().zip(heads.await) {
            // One that is due may have been lost since.
            let Some(head) = head.map_err(|error| error.into_refusal("bills.head"))? else { continue };
            let bill = past(&archive::opened(context.ports(), &city, head)?)?;
            if wanted.is_none_or(|wanted| wanted.includes(&bill)) {
                bills.push(ListedBill { trip_id: trip_id.clone(), due: due.clone(), bill });
            }
        }
        let is_full = bills.len() + usize::try_from(AT_ONCE).unwrap_or_default() > MOST;
        if is_full || walk.is_over(context) {
            let next = walk.end(context, &city)?;
            return Ok(BillList { city, bills, next });
        }
    }
}

fn wanted(word: Option<&str>) -> Result<Option<Wanted>, Refusal> {
    let wrong = || Refusal::parameter("state", format!("there is none such; there are {}", Wanted::WORDS.join(", ")));
    word.map(|word| Wanted::from_word(word).ok_or_else(wrong)).transpose()
}

/// The next trips, and why they are due if they are asked for because of that.
async fn page<P: Ports>(
    context: &Context<P>,
    city: &str,
    day: Option<&str>,
    walk: &mut Walk,
) -> Result<Vec<(String, Option<DueSince>)>, Refusal> {
    let ports = context.ports();
    if let Some(day) = day {
        let read = context.read(Patience::Long, ports.bills_of_day(city, day, walk.at(), AT_ONCE)).await;
        return Ok(walk.page(read)?.into_iter().map(|listed| (listed.trip, None)).collect());
    }
    let read = context.read(Patience::Long, ports.due(city, walk.at(), AT_ONCE)).await;
    let due = walk.page(read)?.into_iter().map(|due| {
        let since = DueSince { since: time::format(due.at), reason: due.reason };
        (due.trip, Some(since))
    });
    Ok(due.collect())
}
