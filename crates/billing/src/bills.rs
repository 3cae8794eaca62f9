//! Bills: one per trip, made once, whatever the store is up to.

mod bearing;
mod choosing;
mod covering;
mod earnings;
mod erasing;
mod history;
mod journaled;
mod keeping;
mod ledger;
mod listing;
mod making;
mod reading;
mod records;
mod repairing;
mod repeating;
mod walk;

pub use erasing::erase_passenger;
pub use history::history;
pub use ledger::top_ups;
pub use listing::{Asked, Wanted as WantedBills, list};
pub use making::BillInputs;
pub use reading::{detail, fetch, fetch_revision};
pub use repairing::repair;
pub(crate) use repairing::repair_due;
pub use repeating::Billed;

use crate::archive;
use crate::context::Context;
use crate::coupons;
use crate::event::Event;
use crate::journal;
use crate::patience::Patience;
use crate::planted::{Bug, planted};
use crate::ports::{Ports, StoreError};
use crate::pricing;
use crate::refusal::{Code, Refusal};
use crate::replay;
use crate::requests::{AskedBill, BillRequest};
use crate::trip::{self, Ridden};
use choosing::{Cards, choose_cards, quote};
use farebox_fare::{Degradation, Segment, Trip};
use farebox_limits::RouteClass;
use farebox_records::{NotQuoted, Quote};
use futures::future::join3;
use journaled::segments;
use keeping::{Attempt, MOST_MOVED, MOST_TRIES, Priced, keep};
use making::written_down;
use repeating::repeat;
use serde_json::Value;

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
    // One that was made again, and that the store has not got yet, counts before the one that it has.
    let is_newer_here = |head| here.bill.as_ref().is_some_and(|bill| bill.is_newer_than(head));
    let earlier = match earlier {
        Ok(Some(earlier)) if !is_newer_here(&earlier) => {
            let earlier = archive::opened(context.ports(), &asked.city, earlier)?;
            // Nothing else is written, and a request that is sent again is no repeat.
            replay::enter(context, &asked.city, trip_id).await?;
            journaled::learn(context, (&asked.city, trip_id), here.bill, &earlier).await;
            return repeat(context, &asked.city, trip_id, earlier.bill, &fingerprint);
        }
        Ok(_) => Ok(()),
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

/// Equal for requests that ask for the same bill.
fn fingerprint(asked: &AskedBill, quote: &Result<Quote, NotQuoted>) -> String {
    let mut fingerprint = asked.fingerprint.clone();
    if planted(Bug::FingerprintSeesTheQuote) && quote.is_ok() {
        fingerprint.push('q');
    }
    fingerprint
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
        metering: request.metering,
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
    let record = written_down(context, &ride)?;
    Ok(Priced { record, cards, whole_since, policy, follows: None })
}
