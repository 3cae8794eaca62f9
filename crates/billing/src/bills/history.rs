//! What a bill was, revision by revision.

use super::reading::{allowed, no_bill};
use crate::answers::{BillHistory, PastBill};
use crate::archive;
use crate::context::Context;
use crate::patience::Patience;
use crate::ports::{Ports, Revision};
use crate::refusal::Refusal;
use farebox_limits::RouteClass;
use farebox_records::BillRecord;
use futures::future::join_all;

/// How many revisions are told of, the newest.
const MOST: u32 = 100;

/// All revisions of the bill of a trip, the first one first.
///
/// # Errors
///
/// `bill-not-found`, `invalid-parameter` without a city; or that the store did not say.
pub async fn history<P: Ports>(
    context: &Context<P>,
    trip_id: &str,
    city: Option<&str>,
) -> Result<BillHistory, Refusal> {
    let city = allowed(context, city, true, RouteClass::Read).await?;
    let head = context.read(Patience::Long, context.ports().bill(&city, trip_id)).await;
    let head = head.map_err(|error| error.into_refusal("bills.head"))?.ok_or_else(no_bill)?;
    let earlier = (head.number.saturating_sub(MOST - 1).max(1)..head.number)
        .map(|number| context.read(Patience::Long, context.ports().revision(&city, trip_id, number)));
    let mut revisions = Vec::new();
    for earlier in join_all(earlier).await {
        let earlier = earlier.map_err(|error| error.into_refusal("bills.revision"))?;
        revisions.extend(archive::opened_if_any(context.ports(), &city, earlier)?);
    }
    revisions.push(archive::opened(context.ports(), &city, head)?);
    let revisions = revisions.iter().map(past).collect::<Result<_, _>>()?;
    Ok(BillHistory { trip_id: trip_id.to_owned(), city, revisions })
}

/// A revision, in short.
pub(super) fn past(revision: &Revision) -> Result<PastBill, Refusal> {
    let Revision { number, bill } = revision;
    let record = BillRecord::read(&bill.document)
        .map_err(|error| Refusal::internal(format!("revision {number} of a bill cannot be read: {error:?}")))?;
    let (charged, made_at) = (record.charged(), record.made_at().to_owned());
    let BillRecord { basis, degraded, reasons, provisional, passenger, driver, settlement, repair, .. } = record;
    let currency = passenger.currency;
    Ok(PastBill {
        revision: *number,
        made_at,
        because: repair.as_ref().map(|repair| repair.because.clone()).unwrap_or_default(),
        closed: repair.is_some_and(|repair| repair.closed),
        basis,
        degraded,
        reasons,
        provisional,
        currency,
        payable: currency.format(passenger.payable),
        charged: currency.format(charged),
        driver_total: currency.format(driver.payable),
        top_up: settlement.map(|settlement| currency.format(settlement.top_up)),
    })
}
