//! What a ride was settled by, beside its bills.

use super::record::Record;
use crate::card::archive::Archive;
use farebox_commission::Circumstances;
use farebox_pricing::Side;

/// Of what kind the ride of a record was, to whatever settles it.
///
/// # Errors
///
/// The passenger's rate card is not known, or a fact of the ride cannot be read.
pub fn circumstances(archive: &Archive, record: &Record<'_>) -> Result<Circumstances, String> {
    let card = record.card(Side::Passenger, archive)?;
    let trip = record.ride(Side::Passenger, card.info().currency)?.trip;
    let begins = card.local_time(trip.started_at);
    let order = record.order.clone().unwrap_or_default();
    Ok(Circumstances::of(&record.city, &record.product, order, trip.order.outcome, begins))
}
