//! The store, as the component that it is. Whoever calls it bounds the call.

use super::bindings::farebox::store::{
    bills, breakers, configuration, documents, faults, ledger, limits, nonces, quotes, trips,
};
use super::world::World;
use farebox_billing::ports::{
    Accumulated, Breakers, Change, DocumentKind, Due, DueTrip, Entered, Generation, Generations, Kind, Known, Limit,
    Listed, NewRevision, Once, Page, Posted, Proposal, Revision, Row, SegmentsError, Store, StoreError, StoredBill,
    Taken, TopUp, Window,
};
use farebox_fare::Segment;
use farebox_money::Currency;

impl<C> Store for World<C> {
    async fn enter(&self, city: &str, trip: &str, once: &Once) -> Result<Entered, StoreError> {
        Ok(match nonces::enter(city.to_owned(), trip.to_owned(), once_to_wit(once)).await? {
            nonces::Entered::Fresh => Entered::Fresh,
            nonces::Entered::Replayed => Entered::Replayed,
        })
    }

    async fn add_segments(
        &self,
        city: &str,
        trip: &str,
        segments: &[Segment],
        once: Option<&Once>,
    ) -> Result<Accumulated, SegmentsError> {
        let segments = segments.iter().map(|segment| (*segment).into()).collect();
        let totals = trips::add_segments(city.to_owned(), trip.to_owned(), segments, once.map(once_to_wit)).await;
        let trips::Totals { distance, duration, segments, billed } = totals?;
        Ok(Accumulated { distance_m: distance, duration_s: duration, segments, billed })
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

    async fn post_bill(
        &self,
        city: &str,
        trip: &str,
        new: &NewRevision,
        once: Option<&Once>,
    ) -> Result<Posted, StoreError> {
        let new = new.clone().into();
        Ok(match bills::post(city.to_owned(), trip.to_owned(), new, once.map(once_to_wit)).await? {
            bills::PostOutcome::Created => Posted::Created,
            bills::PostOutcome::Exists(head) => Posted::Exists(head.into()),
            bills::PostOutcome::Moved => Posted::Moved,
            bills::PostOutcome::Unproven => Posted::Unproven,
            bills::PostOutcome::Replayed => Posted::Replayed,
        })
    }

    async fn bill(&self, city: &str, trip: &str) -> Result<Option<Revision>, StoreError> {
        Ok(bills::head(city.to_owned(), trip.to_owned()).await?.map(Into::into))
    }

    async fn revision(&self, city: &str, trip: &str, number: u32) -> Result<Option<Revision>, StoreError> {
        Ok(bills::get(city.to_owned(), trip.to_owned(), number).await?.map(Into::into))
    }

    async fn redact_bill(
        &self,
        city: &str,
        trip: &str,
        number: u32,
        expected: &str,
        document: &str,
    ) -> Result<bool, StoreError> {
        let (expected, document) = (expected.to_owned(), document.to_owned());
        Ok(bills::redact(city.to_owned(), trip.to_owned(), number, expected, document).await?)
    }

    async fn bills_of_day(
        &self,
        city: &str,
        day: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Listed>, StoreError> {
        let page = bills::list(city.to_owned(), day.to_owned(), cursor.map(str::to_owned), limit).await?;
        let entries = page.entries.into_iter().map(|bills::Listed { trip, revision }| Listed { trip, revision });
        Ok(Page { entries: entries.collect(), next: page.next })
    }

    async fn due(&self, city: &str, cursor: Option<&str>, limit: u32) -> Result<Page<DueTrip>, StoreError> {
        let page = bills::due(city.to_owned(), cursor.map(str::to_owned), limit).await?;
        let entries = page.entries.into_iter().map(|bills::DueTrip { trip, revision, reason, at }| {
            let reason = reason.map(Into::into);
            DueTrip { trip, revision, reason, at }
        });
        Ok(Page { entries: entries.collect(), next: page.next })
    }

    async fn top_up(&self, city: &str, trip: &str, revision: u32) -> Result<Option<TopUp>, StoreError> {
        let Some(entry) = ledger::get(city.to_owned(), trip.to_owned(), revision).await? else { return Ok(None) };
        let ledger::Entry { currency, top_up: amount, document, .. } = entry;
        let currency = currency_of(&currency)?;
        Ok(Some(TopUp { currency, amount, document }))
    }

    async fn take(&self, name: &str, limit: &Limit, up_to: u32) -> Result<Taken, StoreError> {
        let Limit { rate, burst, window } = *limit;
        let window = window.map(|Window { requests, seconds }| limits::Window { requests, seconds });
        let taken = limits::take(name.to_owned(), limits::Limit { rate, burst, window }, up_to).await?;
        let limits::Taken { granted, bucket, window, retry_after_ms } = taken;
        Ok(Taken { granted, bucket, window, retry_after_ms })
    }
}

impl From<trips::AddError> for SegmentsError {
    fn from(error: trips::AddError) -> Self {
        match error {
            trips::AddError::Replayed => Self::Replayed,
            trips::AddError::Conflict(sequence) => Self::Conflict(sequence),
            trips::AddError::TooManySegments(most) => Self::TooMany(most),
            trips::AddError::Fault(fault) => Self::Store(fault.into()),
        }
    }
}

impl From<NewRevision> for bills::NewRevision {
    fn from(NewRevision { revision, billed_at, day, top_up, due, seen, whole_since }: NewRevision) -> Self {
        let bills::Revision { number, bill } = revision.into();
        Self {
            number,
            bill,
            billed_at,
            day,
            top_up: top_up.map(|TopUp { currency, amount, document }| bills::TopUp {
                currency: currency.code().to_owned(),
                amount,
                document,
            }),
            due: due.map(|Due { reason, at }| bills::DueItem { reason: reason.into(), at }),
            seen,
            whole_since,
        }
    }
}

impl From<Revision> for bills::Revision {
    fn from(Revision { number, bill: StoredBill { fingerprint, document } }: Revision) -> Self {
        Self { number, bill: bills::Bill { fingerprint, document } }
    }
}

impl From<bills::Revision> for Revision {
    fn from(bills::Revision { number, bill: bills::Bill { fingerprint, document } }: bills::Revision) -> Self {
        Self { number, bill: StoredBill { fingerprint, document } }
    }
}

impl<C> Generations for World<C> {
    async fn generations(&self) -> Result<Known, StoreError> {
        let configuration::Known { now_ms, newest } = configuration::generations().await?;
        Ok(Known { now_ms, newest: newest.into_iter().map(Into::into).collect() })
    }

    async fn propose(&self, proposal: &Proposal) -> Result<Generation, StoreError> {
        let Proposal { number, lead_ms, manifest } = proposal.clone();
        Ok(configuration::propose(configuration::Proposal { number, lead_ms, manifest }).await?.into())
    }

    async fn put_file(&self, version: &str, text: &str) -> Result<(), StoreError> {
        Ok(configuration::put_file(version.to_owned(), text.to_owned()).await?)
    }

    async fn file(&self, version: &str) -> Result<Option<String>, StoreError> {
        Ok(configuration::file(version.to_owned()).await?)
    }
}

impl<C> Breakers for World<C> {
    async fn breakers(&self) -> Result<Vec<(Kind, Row)>, StoreError> {
        Ok(breakers::list().await?.into_iter().map(breaker_from_wit).collect())
    }

    async fn enter_breaker(&self, kind: Kind, change: &Change) -> Result<Row, StoreError> {
        let kind = match kind {
            Kind::Reads => breakers::Kind::Reads,
            Kind::MeterWrites => breakers::Kind::MeterWrites,
            Kind::Posts => breakers::Kind::Posts,
        };
        let Row { generation, is_open, since_ms, failed_ms, lease_ms, holder, opened, why } = change.row.clone();
        let open = is_open;
        let new = breakers::Breaker { kind, generation, open, since_ms, failed_ms, lease_ms, holder, opened, why };
        Ok(breaker_from_wit(breakers::enter(change.expected, new).await?).1)
    }
}

fn breaker_from_wit(breaker: breakers::Breaker) -> (Kind, Row) {
    let breakers::Breaker { kind, generation, open, since_ms, failed_ms, lease_ms, holder, opened, why } = breaker;
    let kind = match kind {
        breakers::Kind::Reads => Kind::Reads,
        breakers::Kind::MeterWrites => Kind::MeterWrites,
        breakers::Kind::Posts => Kind::Posts,
    };
    (kind, Row { generation, is_open: open, since_ms, failed_ms, lease_ms, holder, opened, why })
}

impl From<configuration::Generation> for Generation {
    fn from(configuration::Generation { number, at_ms, manifest }: configuration::Generation) -> Self {
        Self { number, at_ms, manifest }
    }
}

/// The currency of a top-up that is kept.
pub(super) fn currency_of(code: &str) -> Result<Currency, StoreError> {
    Currency::from_code(code).ok_or_else(|| StoreError::Other(format!("a top-up is in {code:?}, which is no currency")))
}

fn once_to_wit(Once { key, nonce, attempt, ttl_s }: &Once) -> nonces::Once {
    nonces::Once { key: key.clone(), nonce: nonce.clone(), attempt: *attempt, ttl: (*ttl_s).into() }
}

pub(super) fn kind_to_wit(kind: DocumentKind) -> documents::DocumentKind {
    match kind {
        DocumentKind::RateCard => documents::DocumentKind::RateCard,
        DocumentKind::Policy => documents::DocumentKind::Policy,
        DocumentKind::Catalogue => documents::DocumentKind::Catalogue,
        DocumentKind::City => documents::DocumentKind::City,
    }
}

impl From<faults::Fault> for StoreError {
    fn from(fault: faults::Fault) -> Self {
        match fault {
            faults::Fault::Unavailable(why) => Self::Unavailable(why),
            faults::Fault::Fenced(faults::Fenced { owner, epoch, retry_after }) => {
                Self::Fenced { owner, epoch, retry_after_s: retry_after }
            }
            faults::Fault::Refused(why) => Self::Refused(why),
            faults::Fault::Other(why) => Self::Other(why),
        }
    }
}
