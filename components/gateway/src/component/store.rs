//! The store, with a deadline on every call.

use super::bindings::farebox::store::{bills, cards, ledger, quotes, trips};
use crate::fault::{SegmentsError, StoreError};
use farebox_fare::Segment;
use futures::future::{Either, select};
use std::pin::pin;
use std::time::Duration;

pub use bills::Stored;
pub use ledger::Entry;
pub use trips::Totals;

/// Adds segments to a trip: all of them or none.
pub async fn add_segments(
    city: &str,
    trip: &str,
    segments: &[Segment],
    deadline: Duration,
) -> Result<Totals, SegmentsError> {
    let segments = segments.iter().map(|segment| (*segment).into()).collect();
    let call = trips::add_segments(city.to_owned(), trip.to_owned(), segments);
    within(deadline, call).await.map_err(SegmentsError::Store)?.map_err(|error| match error {
        trips::Error::Conflict(sequence) => SegmentsError::Conflict(sequence),
        trips::Error::TooManySegments(most) => SegmentsError::TooMany(most),
        other => SegmentsError::Store(other.into()),
    })
}

/// The segments of a trip; none when it is not known.
pub async fn segments(city: &str, trip: &str, deadline: Duration) -> Result<Vec<Segment>, StoreError> {
    let segments = within(deadline, trips::get(city.to_owned(), trip.to_owned())).await??;
    Ok(segments.unwrap_or_default().into_iter().map(Into::into).collect())
}

/// Keeps a quote for `ttl_s` seconds.
pub async fn put_quote(
    city: &str,
    quote: String,
    document: String,
    ttl_s: u32,
    deadline: Duration,
) -> Result<(), StoreError> {
    Ok(within(deadline, quotes::put(city.to_owned(), quote, document, ttl_s.into())).await??)
}

/// A quote, if it is still there.
pub async fn quote(city: &str, quote: String, deadline: Duration) -> Result<Option<String>, StoreError> {
    Ok(within(deadline, quotes::get(city.to_owned(), quote)).await??)
}

/// Keeps a rate card under its version.
pub async fn put_card(city: &str, version: &str, document: String, deadline: Duration) -> Result<(), StoreError> {
    Ok(within(deadline, cards::put_once(city.to_owned(), version.to_owned(), document)).await??)
}

/// The rate card of a version, if one was ever kept.
pub async fn card(city: &str, version: &str, deadline: Duration) -> Result<Option<String>, StoreError> {
    Ok(within(deadline, cards::get(city.to_owned(), version.to_owned())).await??)
}

/// Keeps a bill unless the trip has one: `None` when it is kept now, otherwise the one that was there.
pub async fn put_bill(city: &str, trip: &str, bill: Stored, deadline: Duration) -> Result<Option<Stored>, StoreError> {
    match within(deadline, bills::put_once(city.to_owned(), trip.to_owned(), bill)).await?? {
        bills::PutOutcome::Created => Ok(None),
        bills::PutOutcome::Exists(stored) => Ok(Some(stored)),
    }
}

/// The bill of a trip, if it has one.
pub async fn bill(city: &str, trip: &str, deadline: Duration) -> Result<Option<Stored>, StoreError> {
    Ok(within(deadline, bills::get(city.to_owned(), trip.to_owned())).await??)
}

/// Enters a top-up. Entering the same one again is fine.
pub async fn enter_top_up(city: &str, trip: &str, entry: Entry, deadline: Duration) -> Result<(), StoreError> {
    within(deadline, ledger::put_once(city.to_owned(), trip.to_owned(), entry)).await??;
    Ok(())
}

/// Waits for a call at most this long. The call is then abandoned; it may still take effect later.
async fn within<T>(deadline: Duration, call: impl Future<Output = T>) -> Result<T, StoreError> {
    match select(pin!(call), pin!(spin_sdk::time::sleep(deadline))).await {
        Either::Left((answer, _)) => Ok(answer),
        Either::Right(_) => Err(StoreError::TimedOut),
    }
}

impl From<trips::Error> for StoreError {
    fn from(error: trips::Error) -> Self {
        match error {
            trips::Error::Unavailable(why) => Self::Unavailable(why),
            trips::Error::WriteBanned(why) => Self::WriteBanned(why),
            trips::Error::Other(why) => Self::Other(why),
            trips::Error::Conflict(_) | trips::Error::TooManySegments(_) => {
                Self::Other("an error that only adding segments can have".to_owned())
            }
        }
    }
}

impl From<quotes::Error> for StoreError {
    fn from(error: quotes::Error) -> Self {
        match error {
            quotes::Error::Unavailable(why) => Self::Unavailable(why),
            quotes::Error::WriteBanned(why) => Self::WriteBanned(why),
            quotes::Error::Other(why) => Self::Other(why),
        }
    }
}

impl From<cards::Error> for StoreError {
    fn from(error: cards::Error) -> Self {
        match error {
            cards::Error::Unavailable(why) => Self::Unavailable(why),
            cards::Error::WriteBanned(why) => Self::WriteBanned(why),
            cards::Error::Other(why) => Self::Other(why),
        }
    }
}

impl From<bills::Error> for StoreError {
    fn from(error: bills::Error) -> Self {
        match error {
            bills::Error::Unavailable(why) => Self::Unavailable(why),
            bills::Error::WriteBanned(why) => Self::WriteBanned(why),
            bills::Error::Other(why) => Self::Other(why),
        }
    }
}

impl From<ledger::Error> for StoreError {
    fn from(error: ledger::Error) -> Self {
        match error {
            ledger::Error::Unavailable(why) => Self::Unavailable(why),
            ledger::Error::WriteBanned(why) => Self::WriteBanned(why),
            ledger::Error::Conflict(entry) => {
                Self::Other(format!("the ledger holds another top-up: {} {}", entry.top_up, entry.currency))
            }
            ledger::Error::Other(why) => Self::Other(why),
        }
    }
}
