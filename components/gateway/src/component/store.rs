//! The store, as the component that it is. Whoever calls it bounds the call.

use super::bindings::farebox::store::{bills, documents, faults, ledger, quotes, trips};
use super::world::World;
use farebox_billing::ports::{Accumulated, DocumentKind, SegmentsError, Store, StoreError, StoredBill, TopUp};
use farebox_fare::Segment;

impl Store for World {
    async fn add_segments(&self, city: &str, trip: &str, segments: &[Segment]) -> Result<Accumulated, SegmentsError> {
        let segments = segments.iter().map(|segment| (*segment).into()).collect();
        let totals = trips::add_segments(city.to_owned(), trip.to_owned(), segments).await;
        let totals = totals.map_err(|error| match error {
            trips::AddError::Conflict(sequence) => SegmentsError::Conflict(sequence),
            trips::AddError::TooManySegments(most) => SegmentsError::TooMany(most),
            trips::AddError::Fault(fault) => SegmentsError::Store(fault.into()),
        })?;
        Ok(Accumulated { distance_m: totals.distance, duration_s: totals.duration, segments: totals.segments })
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, StoreError> {
        let segments = trips::get(city.to_owned(), trip.to_owned()).await?;
        Ok(segments.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), StoreError> {
        Ok(quotes::put(city.to_owned(), quote.to_owned(), document.to_owned(), ttl_s.into()).await?)
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, StoreError> {
        Ok(quotes::get(city.to_owned(), quote.to_owned()).await?)
    }

    async fn put_document(
        &self,
        city: &str,
        kind: DocumentKind,
        version: &str,
        document: &str,
    ) -> Result<(), StoreError> {
        let (version, document) = (version.to_owned(), document.to_owned());
        Ok(documents::put_once(city.to_owned(), kind_to_wit(kind), version, document).await?)
    }

    async fn document(&self, city: &str, kind: DocumentKind, version: &str) -> Result<Option<String>, StoreError> {
        Ok(documents::get(city.to_owned(), kind_to_wit(kind), version.to_owned()).await?)
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
            ledger::PutError::Fault(fault) => fault.into(),
            ledger::PutError::Conflict(entry) => {
                StoreError::Other(format!("the ledger holds another top-up: {} {}", entry.top_up, entry.currency))
            }
        })
    }
}

fn kind_to_wit(kind: DocumentKind) -> documents::DocumentKind {
    match kind {
        DocumentKind::RateCard => documents::DocumentKind::RateCard,
        DocumentKind::Policy => documents::DocumentKind::Policy,
        DocumentKind::Catalogue => documents::DocumentKind::Catalogue,
        DocumentKind::City => documents::DocumentKind::City,
    }
}

fn from_wit(stored: bills::Stored) -> StoredBill {
    StoredBill { fingerprint: stored.fingerprint, document: stored.document }
}

impl From<faults::Fault> for StoreError {
    fn from(fault: faults::Fault) -> Self {
        match fault {
            faults::Fault::Unavailable(why) => Self::Unavailable(why),
            faults::Fault::Fenced(faults::Fenced { owner, epoch, retry_after }) => {
                Self::Fenced { owner, epoch, retry_after_s: retry_after }
            }
            faults::Fault::Other(why) => Self::Other(why),
        }
    }
}
