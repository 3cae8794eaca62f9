//! Bills that are made again, once what they lacked can be had: from their own records, and with what they were made with.
//!
//! A newer revision says by how much it differs. The one before stays as it is, and can be read.

use super::bearing::charged;
use super::choosing::{self, Cards};
use super::journaled::{self, segments};
use super::keeping::{self, Attempt, Follows, MOST_MOVED, MOST_TRIES, Priced, keep};
use super::making::{BillInputs, written_down};
use super::reading::{allowed, no_bill};
use super::records::{contradiction, of_this_release};
use super::repeating::Billed;
use crate::archive;
use crate::billing::{CardOf, PolicyOf};
use crate::cards::{self, Missing};
use crate::completeness::missing;
use crate::config::ParsedPolicy;
use crate::config::city::Repair as RepairRules;
use crate::context::Context;
use crate::documents::{self, Found};
use crate::engines::{Engines, ParseError, Policy as _, Side};
use crate::event::Event;
use crate::journal;
use crate::patience::Patience;
use crate::planted::{Bug, planted};
use crate::ports::{DocumentKind, DueTrip, JournaledBill, Ports, Revision};
use crate::pricing;
use crate::refusal::{Code, Refusal};
use crate::replay;
use crate::requests::{AskedBill, BillRequest};
use crate::trip::{self, Ridden};
use farebox_fare::{Basis, Degradation, Segment, Timestamp, Trip, time};
use farebox_limits::RouteClass;
use farebox_money::MinorUnits;
use farebox_records::{BillRecord, Difference, NotQuoted, Pinned, Repair, RewardChange};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The bill of a trip, made again if anything that it lacked can be had now, or came since.
///
/// # Errors
///
/// `bill-not-found`, `invalid-parameter` without a city, `signature-replayed`; or that the store does not say now what the bill is made
/// from. It stays due then.
pub async fn repair<P: Ports>(context: &Context<P>, trip_id: &str, city: Option<&str>) -> Result<Billed, Refusal> {
    let city = allowed(context, city, true, RouteClass::Operate).await?;
    replay::enter(context, &city, trip_id).await?;
    again(context, (&city, trip_id), None).await
}

/// The same for one that is due. When nothing that matters came, there is a newer revision all the same, and it is due no more.
///
/// # Errors
///
/// As [`repair`].
pub(crate) async fn repair_due<P: Ports>(context: &Context<P>, city: &str, due: &DueTrip) -> Result<Billed, Refusal> {
    again(context, (city, &due.trip), Some(due)).await
}

async fn again<P: Ports>(context: &Context<P>, trip: (&str, &str), due: Option<&DueTrip>) -> Result<Billed, Refusal> {
    let (mut moved, mut is_proven) = (0, true);
    for _ in 0..MOST_TRIES {
        let Some(before) = Before::find(context, trip).await? else { continue };
        let seen = u32::try_from(before.came.len()).ok().filter(|_| moved < MOST_MOVED);
        let Some(priced) = before.again(context, trip, due, is_proven).await? else {
            return Ok(Billed { new: false, document: before.head.bill.document });
        };
        let changes = priced.record.repair.clone();
        match keep(context, priced, &before.head.bill.fingerprint, seen, true).await? {
            Attempt::Answered(billed) => {
                if let Some(repair) = changes.filter(|_| billed.new) {
                    tell(context, trip, repair);
                }
                return Ok(billed);
            }
            Attempt::Moved => moved += 1,
            Attempt::Unproven => is_proven = false,
        }
    }
    let detail = "the trip is changed by others all the time; nothing is lost: ask again";
    Err(Refusal::new(Code::StoreUnavailable, detail))
}

fn tell<P: Ports>(context: &Context<P>, (city, trip): (&str, &str), repair: Repair) {
    let Repair { revision, because, passenger, driver, .. } = repair;
    let difference =
        |Difference { currency, before, after, .. }: Difference| [before, after].map(|amount| currency.format(amount));
    context.tell(&Event::BillRepaired {
        city: city.to_owned(),
        trip: trip.to_owned(),
        revision,
        why: because.first().map_or("", |reason| reason.word()),
        passenger: difference(passenger),
        driver: difference(driver),
    });
}

/// A bill that may be made again, and what there is now to make it of.
struct Before {
    head: Revision,
    record: BillRecord,
    /// The ride that it was priced from.
    ride: Trip,
    /// What was payable by the first bill, in minor units.
    first: MinorUnits,
    /// The segments that the trip has now.
    came: Vec<Segment>,
}

impl Before {
    /// What there is. `None` when this node has a newer one, which the store has got just now: look again.
    async fn find<P: Ports>(context: &Context<P>, trip: (&str, &str)) -> Result<Option<Self>, Refusal> {
        let (city, trip_id) = trip;
        let here = journal::of_trip(context, city, trip_id).await;
        let head = context.read(Patience::Long, context.ports().bill(city, trip_id)).await;
        let head = head.map_err(|error| error.into_refusal("bills.head"))?;
        let head = archive::opened_if_any(context.ports(), city, head)?;
        let is_newer_here = |bill: &&JournaledBill| head.as_ref().is_none_or(|head| bill.is_newer_than(head));
        if let Some(bill) = here.bill.as_ref().filter(is_newer_here) {
            if bill.is_copy() {
                put_back(context, trip, head.as_ref(), &bill.new.revision).await?;
            } else {
                let driven = journal::drive_bill(&context.billing, trip, bill).await;
                driven.map_err(|error| error.into_refusal("journal.drive"))?;
            }
            return Ok(None);
        }
        let head = head.ok_or_else(no_bill)?;
        // What this node has made of the trip itself gives way first.
        journaled::learn(context, trip, here.bill, &head).await;
        let record = readable(context, trip, &head)?;
        let first = if head.number == 1 {
            record.passenger.payable
        } else {
            let first = context.read(Patience::Long, context.ports().revision(city, trip_id, 1)).await;
            let first = first.map_err(|error| error.into_refusal("bills.revision"))?;
            let first = archive::opened_if_any(context.ports(), city, first)?;
            // Where it is lost, what was charged last stands in for what was charged first.
            let of_first = first.and_then(|first| BillRecord::read(&first.bill.document).ok());
            of_first.map_or_else(|| record.charged(), |first| first.passenger.payable)
        };
        let came = journaled::with_waiting(context, trip, segments(context, city, trip_id).await, &here.segments).await;
        let came = came.map_err(|error| error.into_refusal("trips.segments"))?;
        let ride = record.facts.trip.trip(record.passenger.currency).map_err(broken)?;
        Ok(Some(Self { head, record, ride, first, came }))
    }

    /// The bill as it would be made now. `None` when nothing came of it, and it is not due.
    async fn again<P: Ports>(
        &self,
        context: &Context<P>,
        trip: (&str, &str),
        due: Option<&DueTrip>,
        is_proven: bool,
    ) -> Result<Option<Priced<P>>, Refusal> {
        let Self { record, ride, .. } = self;
        let (city, trip_id) = trip;
        let request = BillRequest::recorded(record, ride.clone()).map_err(|why| broken(why.to_owned()))?;
        let billed_at =
            time::parse(&record.billed_at).ok_or_else(|| broken("when it was made is no time".to_owned()))?;
        let cards = self.cards(context, &request).await?;
        let policy = policy(context, city, record.versions.policy.as_deref()).await?;
        let rules = &context.config.city_or_default(city).rules;
        let segments = self.segments();
        // Numbers that are all there prove that nothing is lost.
        let is_all_there = record.last_seq.is_some_and(|last| missing(numbers(&segments), last).is_empty());
        let is_measured =
            |trip: &Trip| pricing::is_measured(&cards.passenger, &cards.driver, trip, cards.quoted.as_ref());
        let mut ridden = trip::billed(&request, Ok(segments), None, rules, is_measured)?;
        if ridden.trip.basis == Basis::Mocked {
            // There is still nothing: it stays as it was guessed.
            ridden = self.as_guessed(ridden);
        }
        let Ridden { trip: ridden, mut lacks, findings, guess } = ridden;
        let was_lost = record.reasons.contains(&Degradation::StoreLost) || !is_proven;
        if was_lost && !is_all_there {
            lacks.push(Degradation::StoreLost);
        }
        let whole_since = (lacks.is_empty() && !is_all_there).then_some(request.started_at);
        let inputs = BillInputs {
            trip_id,
            city,
            product: &request.product,
            trip: &ridden,
            metering: request.metering,
            last_seq: request.last_seq,
            estimate_id: request.estimate_id.as_deref(),
            labels: &request.labels,
            passenger: &*cards.passenger,
            driver: &*cards.driver,
            policy: policy.as_deref(),
            pinned: cards.pinned,
            quoted: cards.quoted.as_ref(),
            engines: context.config.engines(),
            lacks,
            findings,
            guess,
            billed_at,
        };
        let mut again = written_down(context, &inputs)?;
        let window_s = Timestamp::from(rules.repair.window_h) * 3_600;
        let closes = context.now >= billed_at.saturating_add(window_s);
        let Some(closed) = outcome(record, &again, due.is_some(), closes).filter(|_| !planted(Bug::GuessesAreForGood))
        else {
            return Ok(None);
        };
        if closed {
            again.provisional = false;
        }
        let repair = self.repair(&rules.repair, context.now, &again, closed, due);
        again.repair = Some(repair.ok_or_else(|| broken("an amount is too large".to_owned()))?);
        again.verify().map_err(|why| contradiction(context, city, trip_id, why))?;
        let follows = Some(Follows { number: self.head.number, owed: owed(record), billed_at });
        Ok(Some(Priced { record: again, cards, whole_since, policy, follows }))
    }

    /// The rate cards that it was made with; or those of its quote, if that was not to be had then and is now.
    async fn cards<P: Ports>(&self, context: &Context<P>, request: &BillRequest) -> Result<Cards<P>, Refusal> {
        let Self { record, .. } = self;
        let mut pinned = record.pinned;
        if pinned.lacks().is_some() {
            let asked = AskedBill {
                city: request.city.clone(),
                product: request.product.clone(),
                estimate_id: request.estimate_id.clone(),
                fingerprint: self.head.bill.fingerprint.clone(),
            };
            match choosing::quote(context, &asked).await {
                Ok(quote) => {
                    let cards = choosing::choose_cards(context, request, Ok(quote)).await?;
                    if cards.pinned.lacks().is_none() {
                        return Ok(cards);
                    }
                    return Err(not_now());
                }
                Err(NotQuoted::StoreUnavailable | NotQuoted::StoreTimeout | NotQuoted::StoreRefused) => {
                    return Err(not_now());
                }
                Err(reason) => pinned = Pinned::current(reason),
            }
        }
        let [passenger, driver] = made_with(context, record).await?;
        let quoted = record.facts.quoted.as_ref().map(|quoted| quoted.trip(request.currency)).transpose();
        let quoted =
            quoted.map_err(|why| Refusal::internal(format!("the quoted ride of a bill cannot be read: {why}")))?;
        Ok(Cards { passenger, driver, pinned, quoted, planned: None })
    }

    /// All segments that are known of: those that the bill was made of, and those that the trip has now. Where they contradict one another,
    /// what the trip has counts.
    fn segments(&self) -> Vec<Segment> {
        let all = self.ride.segments.iter().chain(&self.came).map(|segment| (segment.sequence, *segment));
        all.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// What the ride was guessed to be, if it was.
    fn as_guessed(&self, ridden: Ridden) -> Ridden {
        let Self { record, ride, .. } = self;
        if record.basis != Basis::Mocked || record.guess.is_none() {
            return ridden;
        }
        Ridden { trip: ride.clone(), guess: record.guess.clone(), ..ridden }
    }

    /// What the new bill says of the one before. `None` when an amount does not fit.
    fn repair(
        &self,
        rules: &RepairRules,
        now: Timestamp,
        again: &BillRecord,
        closed: bool,
        due: Option<&DueTrip>,
    ) -> Option<Repair> {
        let Self { head, record, first, .. } = self;
        let charged = charged(rules, again.passenger.currency, *first, again.passenger.payable);
        let mut because = record.reasons.clone();
        if !record.provisional {
            because = vec![due.and_then(|due| due.reason).unwrap_or(Degradation::LateSegments)];
        }
        // What was shown to the driver, whether it was owed for good or not.
        let reward = |bill: &BillRecord| bill.settlement.as_ref().map_or(0, |settlement| settlement.top_up);
        let reward = RewardChange { currency: again.driver.currency, before: reward(record), after: reward(again) };
        Some(Repair {
            revision: head.number.checked_add(1)?,
            repaired_at: time::format(now),
            because,
            closed,
            passenger: Difference::between((&record.passenger, record.charged()), (&again.passenger, charged))?,
            driver: Difference::between((&record.driver, record.paid()), (&again.driver, again.driver.payable))?,
            reward: Some(reward).filter(|reward| (reward.before, reward.after) != (0, 0)),
        })
    }
}

fn broken(why: String) -> Refusal {
    Refusal::internal(format!("the bill of a trip cannot be made again: {why}"))
}

/// Whether a bill takes the place of the one before, and whether it is the last word though it lacks something. `None` when it does not: then
/// nothing is written, and what is due stays so.
fn outcome(before: &BillRecord, again: &BillRecord, is_due: bool, closes: bool) -> Option<bool> {
    let differs = before.facts != again.facts
        || before.passenger != again.passenger
        || before.driver != again.driver
        || before.settlement != again.settlement
        || before.pinned.lacks() != again.pinned.lacks();
    if !again.provisional {
        return (before.provisional || differs || is_due).then_some(false);
    }
    if closes && (before.provisional || is_due) {
        return Some(true);
    }
    // What was final is not made uncertain again: it is waited for what is lacking, or for the end of the time.
    (before.provisional && differs).then_some(false)
}

fn numbers(segments: &[Segment]) -> impl Iterator<Item = u64> {
    segments.iter().map(|segment| segment.sequence)
}

/// The record of a bill, if this release understands all of it.
fn readable<P: Ports>(context: &Context<P>, trip: (&str, &str), revision: &Revision) -> Result<BillRecord, Refusal> {
    let unreadable = || {
        let detail = "another release made this bill, and this one does not understand all of it: it is made again by that release";
        Refusal::new(Code::TripNotBillable, detail)
    };
    of_this_release(context, trip.0, trip.1, &revision.bill.document)?.ok_or_else(unreadable)
}

/// Both rate cards that a bill was made with.
async fn made_with<P: Ports>(context: &Context<P>, record: &BillRecord) -> Result<[Rc<CardOf<P>>; 2], Refusal> {
    let find = async |side, version: &str| {
        let card = cards::of_version(context, &record.city, &record.product, side, version, Patience::Long).await;
        card.map_err(|missing| match missing {
            Missing::Store(error) => error.into_refusal("documents.get"),
            Missing::Unknown(why) => Refusal::config(format!("rate card {version}, which a bill was made with: {why}")),
        })
    };
    let passenger = find(Side::Passenger, &record.versions.rate_card).await?;
    Ok([passenger, find(Side::Driver, &record.versions.driver_rate_card).await?])
}

/// Puts back the bill that this node was told of by the store, which has lost it: whoever made it may be gone.
async fn put_back<P: Ports>(
    context: &Context<P>,
    trip: (&str, &str),
    head: Option<&Revision>,
    lost: &Revision,
) -> Result<(), Refusal> {
    let number = head.map_or(0, |head| head.number);
    if lost.number != number.saturating_add(1) {
        // What each revision owes is what the one before did not: nobody here knows what that is.
        let detail = format!(
            "the store has lost the bills of this trip from {} to {}: ask again when the nodes that made them have sent them",
            number.saturating_add(1),
            lost.number
        );
        return Err(Refusal::new(Code::StoreUnavailable, detail));
    }
    let before = head.map(|head| readable(context, trip, head)).transpose()?;
    let record = readable(context, trip, lost)?;
    let [passenger, driver] = made_with(context, &record).await?;
    let policy = policy(context, trip.0, record.versions.policy.as_deref()).await?;
    let cards = Cards { passenger, driver, pinned: record.pinned, quoted: None, planned: None };
    let billed_at = time::parse(&record.billed_at).ok_or_else(|| broken("when it was made is no time".to_owned()))?;
    let made_at =
        time::parse(record.made_at()).ok_or_else(|| broken("when it was made again is no time".to_owned()))?;
    let follows = Follows { number, owed: before.as_ref().map_or(0, owed), billed_at };
    let priced = Priced { record, cards, whole_since: None, policy, follows: Some(follows) };
    keeping::put_back(context, priced, lost.clone(), made_at).await
}

/// What a bill owes the driver for good, in minor units.
fn owed(record: &BillRecord) -> MinorUnits {
    record.owed().map_or(0, |settlement| settlement.top_up)
}

/// The policy that a bill was settled under; or that of today, where there was none that could be used.
async fn policy<P: Ports>(
    context: &Context<P>,
    city: &str,
    version: Option<&str>,
) -> Result<Option<Rc<PolicyOf<P>>>, Refusal> {
    let today = context.config.policy().ok();
    let Some(version) = version else { return Ok(today) };
    if let Some(policy) = today.filter(|policy| policy.version == version) {
        return Ok(Some(policy));
    }
    let lost = |why: String| Refusal::config(format!("policy {version}, which a bill was settled under: {why}"));
    let found = documents::find(context, city, DocumentKind::Policy, version, Patience::Long).await;
    let found = found.map_err(|error| error.into_refusal("documents.get"))?;
    let Found { document, .. } = found.ok_or_else(|| lost("neither the store nor this node has it".to_owned()))?;
    let policy = <P::Engines as Engines>::Policy::parse(&document).map_err(|error| match error {
        ParseError::Invalid(problems) => lost(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        ParseError::Other(why) => Refusal::internal(format!("commission: {why}")),
    })?;
    Ok(Some(Rc::new(ParsedPolicy::new(policy, &document))))
}

fn not_now() -> Refusal {
    let detail = "the quote of the ride, or a rate card of it, cannot be fetched now; the bill stays due: ask again";
    Refusal::new(Code::StoreUnavailable, detail)
}
