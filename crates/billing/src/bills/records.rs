//! The records of stored bills, which another release may have written.

use crate::context::Context;
use crate::event::Event;
use crate::ports::Ports;
use crate::refusal::Refusal;
use farebox_records::{BillRecord, ReadError};

/// The record of a stored bill. `None` when another release wrote what this one does not understand, which is told.
pub(super) fn of_this_release<P: Ports>(
    context: &Context<P>,
    city: &str,
    trip_id: &str,
    document: &str,
) -> Result<Option<BillRecord>, Refusal> {
    match BillRecord::read(document) {
        Ok(record) => Ok(Some(record)),
        Err(ReadError::Unreadable(why)) => {
            context.tell(&Event::StoredBillUnreadable { city: city.to_owned(), trip: trip_id.to_owned(), why });
            Ok(None)
        }
        Err(ReadError::Contradiction(why)) => Err(contradiction(context, city, trip_id, why)),
    }
}

/// A bill that does not add up is never answered.
pub(super) fn contradiction<P: Ports>(context: &Context<P>, city: &str, trip_id: &str, why: String) -> Refusal {
    let (city, trip) = (city.to_owned(), trip_id.to_owned());
    context.tell(&Event::BillContradictsItself { city, trip, why: why.clone() });
    Refusal::internal(format!("the bill of a trip contradicts itself: {why}"))
}
