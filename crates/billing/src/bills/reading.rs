//! Bills that were made: as they are, and as pages.

use super::earnings;
use super::journaled;
use super::records::{contradiction, of_this_release};
use crate::answers::{BillPage, PageRepair};
use crate::archive;
use crate::context::Context;
use crate::engines::SideRepair;
use crate::journal;
use crate::pages::{Details, View, Wanted};
use crate::patience::Patience;
use crate::planted::{Bug, planted};
use crate::ports::{Ports, Revision, StoreError};
use crate::refusal::{Code, Refusal};
use farebox_fare::{Bill, names};
use farebox_limits::RouteClass;
use farebox_records::{BillRecord, Kept, ReadError, ShownBill};
use farebox_resilience::shedding::Priority;
use futures::future::join;
use std::borrow::Cow;

/// The bill as it was made: its newest revision.
///
/// # Errors
///
/// `bill-not-found`, `invalid-parameter` without a city; or that the store did not say.
pub async fn fetch<P: Ports>(context: &Context<P>, trip_id: &str, city: Option<&str>) -> Result<String, Refusal> {
    let found = find(context, trip_id, city, true, RouteClass::Read).await?;
    as_it_was_made(context, trip_id, found)
}

/// The revision of a number, as it was made.
///
/// # Errors
///
/// As [`fetch`]; and `invalid-parameter` for what is no number.
pub async fn fetch_revision<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
    number: &str,
) -> Result<String, Refusal> {
    let city = allowed(context, city, true, RouteClass::Read).await?;
    let revision = of_number(context, (&city, trip_id), number).await?;
    as_it_was_made(context, trip_id, Found { city, revision, kept: Kept::Shared })
}

fn as_it_was_made<P: Ports>(context: &Context<P>, trip_id: &str, found: Found) -> Result<String, Refusal> {
    let Found { city, revision: Revision { bill: stored, .. }, kept } = found;
    match BillRecord::read(&stored.document) {
        // One of another release is answered as it was made.
        Ok(_) | Err(ReadError::Unreadable(_)) => Ok(journaled::answered(stored.document, kept)),
        Err(ReadError::Contradiction(why)) => Err(contradiction(context, &city, trip_id, why)),
    }
}

/// The bill as a page: the driver's in the scene `driver`, how it comes about in the scene `statement`, otherwise the passenger's.
///
/// # Errors
///
/// As [`fetch`]; and `invalid-parameter` for a scene or a locale that there is not.
pub async fn detail<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
    wanted: Wanted<'_>,
) -> Result<BillPage, Refusal> {
    context.unless_shed(Priority::Detail)?;
    let view = View::choose(context, wanted)?;
    let side = Side::of(view.scene.as_deref());
    let of_the_driver = side != Side::Passenger;
    let Found { city, revision: Revision { bill: stored, .. }, kept } =
        find(context, trip_id, city, of_the_driver, RouteClass::Read).await?;
    let shown = match of_this_release(context, &city, trip_id, &stored.document)? {
        Some(record) => ShownBill::from(record),
        // One of another release is shown as far as it is understood.
        None => ShownBill::read(&stored.document)
            .map_err(|why| Refusal::internal(format!("a stored bill cannot be shown: {why}")))?,
    };
    let is_pending = shown.provisional || kept == Kept::Node;
    let told = |bill: Option<Bill>| bill.map(Cow::Owned).ok_or_else(does_not_fit);
    let bill = match side {
        Side::Passenger => Cow::Borrowed(&shown.passenger),
        Side::Driver => told(earnings::pay(&shown, is_pending))?,
        Side::Statement => told(earnings::statement(&shown, is_pending))?,
    };
    let bill = bill.as_ref();
    let Details { sections, reason } = view.details(context, bill);
    let (repair, words_lack) = match shown.repair {
        Some(repair) => {
            let difference = if of_the_driver {
                earnings::pay_difference(&repair.driver, repair.reward).ok_or_else(does_not_fit)?
            } else {
                repair.passenger.clone()
            };
            let side = SideRepair { bill, because: &repair.because, closed: repair.closed, difference: &difference };
            let (words, lack) = view.repair(context, side);
            (Some(PageRepair::new(&repair, words)), lack)
        }
        None => (None, None),
    };
    let reason = reason.or(words_lack);
    Ok(BillPage {
        trip_id: trip_id.to_owned(),
        product: shown.product,
        scene: view.scene,
        locale: view.locale,
        basis: shown.basis,
        currency: bill.currency,
        total: bill.currency.format(bill.total),
        payable: bill.currency.format(bill.payable),
        repair,
        sections,
        degraded: shown.degraded || reason.is_some(),
        provisional: shown.provisional,
        reason: reason.or_else(|| shown.reasons.first().copied()),
    })
}

/// What a scene is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// What the passenger is charged.
    Passenger,
    /// What the driver is paid.
    Driver,
    /// How what the driver is paid comes about.
    Statement,
}

impl Side {
    fn of(scene: Option<&str>) -> Self {
        match scene {
            Some("driver") => Self::Driver,
            Some("statement") => Self::Statement,
            _ => Self::Passenger,
        }
    }
}

fn does_not_fit() -> Refusal {
    Refusal::internal("what a driver is paid does not add up, or does not fit".to_owned())
}

/// A bill that was found.
struct Found {
    city: String,
    revision: Revision,
    kept: Kept,
}

/// Finds the bill of a trip, in the journal of this node when the store has none, or does not say. Neither the configuration nor
/// another city is looked at: a bill can be read after its city has left, and is never taken for that of a trip of the same name
/// elsewhere.
async fn find<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
    driver_side: bool,
    class: RouteClass,
) -> Result<Found, Refusal> {
    let city = allowed(context, city, driver_side, class).await?;
    let (head, here) = join(
        context.read(Patience::Long, context.ports().bill(&city, trip_id)),
        journal::of_trip(context, &city, trip_id),
    )
    .await;
    let is_newer_here = |head| here.bill.as_ref().is_some_and(|bill| bill.is_newer_than(head));
    let error = match head {
        Ok(Some(revision)) if !is_newer_here(&revision) => {
            let revision = archive::opened(context.ports(), &city, revision)?;
            return Ok(Found { city, revision, kept: Kept::Shared });
        }
        Err(StoreError::TimedOut) if planted(Bug::LateIsNoBill) => return Err(no_bill()),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let mut here = here.bill;
    if error.is_some() {
        // The store was waited for; another request may have found out more meanwhile.
        here = journal::of_trip(context, &city, trip_id).await.bill;
    }
    if let Some(bill) = here {
        let (revision, kept) = journaled::read(bill, error.is_none());
        return Ok(Found { city, revision, kept });
    }
    Err(error.map_or_else(no_bill, |error| error.into_refusal("bills.head")))
}

/// The city that a trip is of, for those who may ask.
pub(super) async fn allowed<P: Ports>(
    context: &Context<P>,
    city: Option<&str>,
    driver_side: bool,
    class: RouteClass,
) -> Result<String, Refusal> {
    let city = named(city)?;
    context.may(city, driver_side, class).await?;
    Ok(city.to_owned())
}

/// The city that a parameter names.
fn named(city: Option<&str>) -> Result<&str, Refusal> {
    let city = city.ok_or_else(|| {
        Refusal::parameter("city", "is missing; say which city the trip began in: ?city=110000, for example")
    })?;
    if !names::is_token(city) {
        return Err(Refusal::parameter("city", format!("a city has {}", names::TOKEN_RULE)));
    }
    Ok(city)
}

pub(super) fn no_bill() -> Refusal {
    let detail = "no bill was made for this trip in this city yet; POST /v1/trips/{trip_id}/bill makes it";
    Refusal::new(Code::BillNotFound, detail)
}

/// The revision of a number, as it was made.
///
/// # Errors
///
/// `bill-not-found`; or that the store did not say.
async fn of_number<P: Ports>(
    context: &Context<P>,
    (city, trip_id): (&str, &str),
    number: &str,
) -> Result<Revision, Refusal> {
    let wrong = || Refusal::parameter("revision", "is a whole number from 1; GET .../bill/history lists them");
    let number: u32 = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    let found = context.read(Patience::Long, context.ports().revision(city, trip_id, number)).await;
    let found = found.map_err(|error| error.into_refusal("bills.revision"))?.ok_or_else(|| {
        let detail = format!("the bill of this trip has no revision {number}; GET .../bill/history lists them");
        Refusal::new(Code::BillNotFound, detail)
    })?;
    archive::opened(context.ports(), city, found)
}
