//! The store, as the component that it is. Whoever calls it bounds the call.

use super::bindings::farebox::store::{bills, cards, ledger, quotes, trips};
use super::world::World;
use farebox_billing::ports::{
    Accumulated, Generation, Generations, SegmentsError, Store, StoreError, StoredBill, TopUp,
};
use farebox_fare::Segment;

impl Store for World {
    async fn add_segments(&self, city: &str, trip: &str, segments: &[Segment]) -> Result<Accumulated, SegmentsError> {
        let segments = segments.iter().map(|segment| (*segment).into()).collect();
        let totals = trips::add_segments(city.to_owned(), trip.to_owned(), segments).await;
        let totals = totals.map_err(|error| match error {
            trips::Error::Conflict(sequence) => SegmentsError::Conflict(sequence),
            trips::Error::TooManySegments(most) => SegmentsError::TooMany(most),
            trips::Error::Unavailable(why) => SegmentsError::Store(StoreError::Unavailable(why)),
            trips::Error::WriteBanned(why) => SegmentsError::Store(StoreError::WriteBanned(why)),
            trips::Error::Other(why) => SegmentsError::Store(StoreError::Other(why)),
        })?;
        Ok(Accumulated { distance_m: totals.distance, duration_s: totals.duration, segments: totals.segments })
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, StoreError> {
        let segments = trips::get(city.to_owned(), trip.to_owned()).await.map_err(|error| match error {
            trips::Error::Unavailable(why) => StoreError::Unavailable(why),
            trips::Error::WriteBanned(why) => StoreError::WriteBanned(why),
            trips::Error::Other(why) => StoreError::Other(why),
            trips::Error::Conflict(_) | trips::Error::TooManySegments(_) => {
                StoreError::Other("an error that only adding segments can have".to_owned())
            }
        })?;
        Ok(segments.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), StoreError> {
        Ok(quotes::put(city.to_owned(), quote.to_owned(), document.to_owned(), ttl_s.into()).await?)
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, StoreError> {
        Ok(quotes::get(city.to_owned(), quote.to_owned()).await?)
    }

    async fn put_card(&self, city: &str, version: &str, document: &str) -> Result<(), StoreError> {
        Ok(cards::put_once(city.to_owned(), version.to_owned(), document.to_owned()).await?)
    }

    async fn card(&self, city: &str, version: &str) -> Result<Option<String>, StoreError> {
        Ok(cards::get(city.to_owned(), version.to_owned()).await?)
    }

    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, StoreError> {
        let stored = bills::Stored { fingerprint: bill.fingerprint.clone(), document: bill.document.clone() };
        match bills::put_once(city.to_owned(), trip.to_owned(), stored).await? {
            bills::PutOutcome::Created => Ok(None),
            bills::PutOutcome::Exists(stored) => Ok(Some(from_wit(stored))),
        }
    }

    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, StoreError> {
        Ok(bills::get(city.to_owned(), trip.to_owned()).await?.map(from_wit))
    }

    async fn enter_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<(), StoreError> {
        let entry = ledger::Entry {
            currency: top_up.currency.code().to_owned(),
            top_up: top_up.amount,
            scenario: top_up.scenario.clone(),
            billed_at: top_up.billed_at,
        };
        let entered = ledger::put_once(city.to_owned(), trip.to_owned(), entry).await;
        entered.map(drop).map_err(|error| match error {
            ledger::Error::Unavailable(why) => StoreError::Unavailable(why),
            ledger::Error::WriteBanned(why) => StoreError::WriteBanned(why),
            ledger::Error::Other(why) => StoreError::Other(why),
            ledger::Error::Conflict(entry) => {
                StoreError::Other(format!("the ledger holds another top-up: {} {}", entry.top_up, entry.currency))
            }
        })
    }
}

/// The store does not keep generations yet: each instance goes by the files alone.
impl Generations for World {
    async fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        Err(no_generations())
    }

    async fn propose(&self, _: &Generation) -> Result<Generation, StoreError> {
        Err(no_generations())
    }

    async fn put_file(&self, _: &str, _: &str) -> Result<(), StoreError> {
        Err(no_generations())
    }

    async fn file(&self, _: &str) -> Result<Option<String>, StoreError> {
        Err(no_generations())
    }
}

fn no_generations() -> StoreError {
    StoreError::Unavailable("the store keeps no generations".to_owned())
}

fn from_wit(stored: bills::Stored) -> StoredBill {
    StoredBill { fingerprint: stored.fingerprint, document: stored.document }
}

macro_rules! errors {
    ($($interface:ident),*) => {
        $(impl From<$interface::Error> for StoreError {
            fn from(error: $interface::Error) -> Self {
                match error {
                    $interface::Error::Unavailable(why) => Self::Unavailable(why),
                    $interface::Error::WriteBanned(why) => Self::WriteBanned(why),
                    $interface::Error::Other(why) => Self::Other(why),
                }
            }
        })*
    };
}
errors!(quotes, cards, bills);
