//! WIT <-> the contracts.

#![allow(unsafe_code, missing_docs)]

use crate::backend::{Fault, Fence, Keys, Redis, Sqlite, Synchronous};
use crate::bills::Bills as _;
use crate::breakers::Breakers as _;
use crate::configuration::Configuration as _;
use crate::documents::Documents as _;
use crate::journal::Journal as _;
use crate::ledger::{Entry, Ledger as _};
use crate::nonces::Nonces as _;
use crate::positions::look;
use crate::positions::sqlite::Beside;
use crate::quotes::Quotes as _;
use crate::rate_limits::RateLimits as _;
use crate::trips::{AddError, Batch, BatchError, Trips as _};
use crate::{MAX_SEGMENTS, Settings, SharedBy, page, ttl_s};
use exports::farebox::store::{
    bills, breakers, configuration, documents, faults, journal, ledger, limits, nonces, quotes, trips,
};
use farebox_heap as _;
use farebox_limits::{Limit, Taken, Window};
use farebox_money::Currency;
use farebox_records::stored::{
    Accumulated, DocumentKind, Driven, Due, DueTrip, Entered, Generation, JournalStanding, Journaled, JournaledBill,
    JournaledTrip, Known, Listed, Loss, LostDocument, Named, NewRevision, Once, Page, Posted, Proposal, Revision,
    StoredBill, TopUp, Waiting, WaitingWhat,
};
use farebox_resilience::breaker::{Change, Kind, Row};
use std::cell::OnceCell;
use std::rc::Rc;

spin_sdk::wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/store"],
    inline: "
        package farebox:store-component;
        world component {
            export farebox:store/faults@0.1.0;
            export farebox:store/nonces@0.1.0;
            export farebox:store/trips@0.1.0;
            export farebox:store/quotes@0.1.0;
            export farebox:store/documents@0.1.0;
            export farebox:store/bills@0.1.0;
            export farebox:store/ledger@0.1.0;
            export farebox:store/limits@0.1.0;
            export farebox:store/configuration@0.1.0;
            export farebox:store/journal@0.1.0;
            export farebox:store/breakers@0.1.0;
        }
    ",
    with: { "farebox:types/types@0.1.0": farebox_wit },
    runtime_path: "::spin_sdk::wit_bindgen::rt",
});

struct Component;
export!(Component);

/// What is shared, and what is this node's.
struct Store {
    /// Where it is shared; when this is absent, the node has it all.
    redis: Option<Redis>,
    node: Sqlite,
    /// The same database, where a write need not be on the disk: what the journal has is on its way to the shared store.
    quick: Rc<Sqlite>,
}

thread_local! {
    /// Chosen once per instance. Leaked, so that requests can hold on to it across an `await`; it lives as long as the
    /// instance anyway.
    static STORE: OnceCell<&'static Store> = const { OnceCell::new() };
}

async fn store() -> Result<&'static Store, Fault> {
    if let Some(store) = STORE.with(|store| store.get().copied()) {
        return Ok(store);
    }
    let mut variables = Vec::new();
    for name in Settings::VARIABLES {
        variables.push((name, spin_sdk::variables::get(name).await));
    }
    let variable = |name: &str| match variables.iter().find(|(known, _)| *known == name) {
        Some((_, Ok(text))) => Ok(text.clone()),
        Some((_, Err(error))) => Err(error.to_string()),
        None => Err("it is not among Settings::VARIABLES".to_owned()),
    };
    let Settings { site, shared, synchronous, trip_ttl_s } = Settings::parse(variable).map_err(Fault::Other)?;
    let sqlite = |synchronous| Sqlite::new(site.clone(), synchronous, trip_ttl_s);
    let (node, quick) = (sqlite(synchronous), Rc::new(sqlite(Synchronous::Normal)));
    let redis = match shared {
        SharedBy::Redis { url, buckets } => {
            Some(Redis::new(url, site.clone(), Keys::new(buckets), trip_ttl_s, Rc::clone(&quick)))
        }
        SharedBy::Node => None,
    };
    let new = Store { redis, node, quick };
    Ok(STORE.with(|store| *store.get_or_init(|| Box::leak(Box::new(new)))))
}

/// Asks the backend that is shared.
macro_rules! ask {
    ($call:ident($($argument:expr),*)) => {{
        let store = store().await?;
        match &store.redis {
            Some(redis) => redis.$call($($argument),*).await,
            None => store.node.$call($($argument),*).await,
        }
    }};
}

impl nonces::Guest for Component {
    async fn enter(city: String, trip: String, once: nonces::Once) -> Result<nonces::Entered, faults::Fault> {
        let once = once_from_wit(once)?;
        Ok(match ask!(enter(&city, &trip, &once))? {
            Entered::Fresh => nonces::Entered::Fresh,
            Entered::Replayed => nonces::Entered::Replayed,
        })
    }
}

fn once_from_wit(nonces::Once { key, nonce, attempt, ttl }: nonces::Once) -> Result<Once, Fault> {
    Ok(Once { key, nonce, attempt, ttl_s: ttl_s(ttl)? })
}

impl trips::Guest for Component {
    async fn add_segments(
        city: String,
        trip: String,
        segments: Vec<trips::Segment>,
        once: Option<nonces::Once>,
    ) -> Result<trips::Totals, trips::AddError> {
        let once = once.map(once_from_wit).transpose()?;
        let batch = Batch::new(segments.into_iter().map(Into::into).collect())?;
        let Accumulated { distance_m, duration_s, segments, billed } =
            ask!(add_segments(&city, &trip, &batch, once.as_ref()))?;
        Ok(trips::Totals { distance: distance_m, duration: duration_s, segments, billed })
    }

    async fn get(city: String, trip: String) -> Result<Option<Vec<trips::Segment>>, faults::Fault> {
        let segments = ask!(segments(&city, &trip))?;
        Ok((!segments.is_empty()).then(|| segments.into_iter().map(Into::into).collect()))
    }
}

impl quotes::Guest for Component {
    async fn put(city: String, quote: String, document: String, ttl: u64) -> Result<(), faults::Fault> {
        let ttl_s = ttl_s(ttl)?;
        Ok(ask!(put_quote(&city, &quote, &document, ttl_s))?)
    }

    async fn get(city: String, quote: String) -> Result<Option<String>, faults::Fault> {
        Ok(ask!(quote(&city, &quote))?)
    }
}

impl documents::Guest for Component {
    async fn put_once(
        city: String,
        kind: documents::DocumentKind,
        version: String,
        document: String,
    ) -> Result<(), faults::Fault> {
        Ok(ask!(put_document(&city, kind.into(), &version, &document))?)
    }

    async fn get(
        city: String,
        kind: documents::DocumentKind,
        version: String,
    ) -> Result<Option<String>, faults::Fault> {
        Ok(ask!(document(&city, kind.into(), &version))?)
    }
}

impl From<documents::DocumentKind> for DocumentKind {
    fn from(kind: documents::DocumentKind) -> Self {
        match kind {
            documents::DocumentKind::RateCard => Self::RateCard,
            documents::DocumentKind::Policy => Self::Policy,
            documents::DocumentKind::Catalogue => Self::Catalogue,
            documents::DocumentKind::City => Self::City,
        }
    }
}

impl bills::Guest for Component {
    async fn post(
        city: String,
        trip: String,
        new: bills::NewRevision,
        once: Option<nonces::Once>,
    ) -> Result<bills::PostOutcome, faults::Fault> {
        let (new, once) = (new_revision(new)?, once.map(once_from_wit).transpose()?);
        Ok(match ask!(post(&city, &trip, &new, once.as_ref()))? {
            Posted::Created => bills::PostOutcome::Created,
            Posted::Exists(head) => bills::PostOutcome::Exists(head.into()),
            Posted::Moved => bills::PostOutcome::Moved,
            Posted::Unproven => bills::PostOutcome::Unproven,
            Posted::Replayed => bills::PostOutcome::Replayed,
        })
    }

    async fn head(city: String, trip: String) -> Result<Option<bills::Revision>, faults::Fault> {
        Ok(ask!(head(&city, &trip))?.map(Into::into))
    }

    async fn get(city: String, trip: String, number: u32) -> Result<Option<bills::Revision>, faults::Fault> {
        Ok(ask!(revision(&city, &trip, number))?.map(Into::into))
    }

    async fn redact(
        city: String,
        trip: String,
        number: u32,
        expected: String,
        document: String,
    ) -> Result<bool, faults::Fault> {
        Ok(ask!(redact(&city, &trip, number, &expected, &document))?)
    }

    async fn list(city: String, day: String, cursor: Option<String>, limit: u32) -> Result<bills::Page, faults::Fault> {
        crate::day(&day)?;
        let limit = page(limit)?;
        let Page { entries, next } = ask!(list(&city, &day, cursor.as_deref(), limit))?;
        let entries = entries.into_iter().map(|Listed { trip, revision }| bills::Listed { trip, revision });
        Ok(bills::Page { entries: entries.collect(), next })
    }

    async fn due(city: String, cursor: Option<String>, limit: u32) -> Result<bills::DuePage, faults::Fault> {
        let limit = page(limit)?;
        let Page { entries, next } = ask!(due(&city, cursor.as_deref(), limit))?;
        let entries = entries.into_iter().map(|DueTrip { trip, revision, reason, at }| bills::DueTrip {
            trip,
            revision,
            reason: reason.map(Into::into),
            at,
        });
        Ok(bills::DuePage { entries: entries.collect(), next })
    }
}

impl ledger::Guest for Component {
    async fn get(city: String, trip: String, revision: u32) -> Result<Option<ledger::Entry>, faults::Fault> {
        let entry = ask!(entry(&city, &trip, revision))?;
        Ok(entry.map(|Entry { top_up: TopUp { currency, amount, document }, billed_at }| ledger::Entry {
            currency: currency.code().to_owned(),
            top_up: amount,
            document,
            billed_at,
        }))
    }
}

impl limits::Guest for Component {
    async fn take(name: String, limit: limits::Limit, up_to: u32) -> Result<limits::Taken, faults::Fault> {
        let limits::Limit { rate, burst, window } = limit;
        let window = window.map(|limits::Window { requests, seconds }| Window { requests, seconds });
        let limit = Limit { rate, burst, window };
        let Taken { granted, bucket, window, retry_after_ms } = ask!(take(&name, &limit, up_to))?;
        Ok(limits::Taken { granted, bucket, window, retry_after_ms })
    }
}

impl configuration::Guest for Component {
    async fn generations() -> Result<configuration::Known, faults::Fault> {
        let Known { now_ms, newest } = store().await?.node.generations().await?;
        Ok(configuration::Known { now_ms, newest: newest.into_iter().map(Into::into).collect() })
    }

    async fn propose(proposal: configuration::Proposal) -> Result<configuration::Generation, faults::Fault> {
        let configuration::Proposal { number, lead_ms, manifest } = proposal;
        Ok(store().await?.node.propose(&Proposal { number, lead_ms, manifest }).await?.into())
    }

    async fn put_file(version: String, text: String) -> Result<(), faults::Fault> {
        Ok(store().await?.node.put_file(&version, &text).await?)
    }

    async fn file(version: String) -> Result<Option<String>, faults::Fault> {
        Ok(store().await?.node.file(&version).await?)
    }
}

impl From<Generation> for configuration::Generation {
    fn from(Generation { number, at_ms, manifest }: Generation) -> Self {
        Self { number, at_ms, manifest }
    }
}

impl Store {
    /// Where the journal is, unless everything is kept on this node.
    fn journal(&self, safe: bool) -> Option<&Sqlite> {
        self.redis.as_ref().map(|_| if safe { &self.node } else { &*self.quick })
    }

    /// The bucket of a trip in what is shared.
    fn bucket(&self, trip: &str) -> u32 {
        self.redis.as_ref().map_or(0, |redis| redis.keys.bucket(trip))
    }
}

impl journal::Guest for Component {
    async fn enter_bill(
        city: String,
        trip: String,
        new: bills::NewRevision,
        documents: Vec<journal::Named>,
    ) -> Result<journal::BillOutcome, faults::Fault> {
        let store = store().await?;
        let Some(journal) = store.journal(false) else { return Ok(journal::BillOutcome::Unneeded) };
        let documents: Vec<Named> = documents.into_iter().map(named_from_wit).collect();
        let new = new_revision(new)?;
        Ok(match journal.enter_bill(&city, store.bucket(&trip), &trip, &new, &documents).await? {
            Journaled::Unneeded => journal::BillOutcome::Unneeded,
            Journaled::Entered(number) => journal::BillOutcome::Entered(number),
            Journaled::Exists(bill) => journal::BillOutcome::Exists((*bill).into()),
        })
    }

    async fn learn(city: String, trip: String, revision: bills::Revision) -> Result<Option<u64>, faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(None) };
        Ok(journal.learn(&city, &trip, &revision.into()).await?)
    }

    async fn enter_segments(
        city: String,
        trip: String,
        segments: Vec<trips::Segment>,
    ) -> Result<bool, trips::AddError> {
        let store = store().await?;
        let Some(journal) = store.journal(true) else { return Ok(false) };
        let batch = Batch::new(segments.into_iter().map(Into::into).collect())?;
        journal.enter_segments(&city, store.bucket(&trip), &trip, batch.segments()).await?;
        Ok(true)
    }

    async fn enter_document(city: String, named: journal::Named, document: String) -> Result<(), faults::Fault> {
        let store = store().await?;
        let Some(journal) = store.journal(false) else { return Ok(()) };
        let bucket = store.bucket(&named.version);
        Ok(journal.enter_document(&city, bucket, &named_from_wit(named), &document).await?)
    }

    async fn document(city: String, named: journal::Named) -> Result<Option<String>, faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(None) };
        Ok(journal.journaled_document(&city, &named_from_wit(named)).await?)
    }

    async fn lost_documents(most: u32) -> Result<Vec<journal::LostDocument>, faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(Vec::new()) };
        let lost = |LostDocument { city, named: Named { kind, version }, document, loss }| {
            let named = journal::Named { kind: kind.into(), version };
            journal::LostDocument { city, named, document, loss }
        };
        Ok(journal.lost_documents(most).await?.into_iter().map(lost).collect())
    }

    async fn document_is_back(city: String, named: journal::Named, loss: u64) -> Result<(), faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(()) };
        Ok(journal.document_is_back(&city, &named_from_wit(named), loss).await?)
    }

    async fn look(most: u32) -> Result<u32, faults::Fault> {
        let store = store().await?;
        let (Some(shared), Some(node)) = (&store.redis, store.journal(false)) else { return Ok(0) };
        Ok(look(&Beside { shared, node }, most).await?)
    }

    async fn of_trip(city: String, trip: String) -> Result<journal::TripEntries, faults::Fault> {
        let found = match store().await?.journal(false) {
            Some(journal) => journal.journaled(&city, &trip).await?,
            None => JournaledTrip::default(),
        };
        let JournaledTrip { bill, segments } = found;
        let segments = segments.into_iter().map(Into::into).collect();
        Ok(journal::TripEntries { bill: bill.map(Into::into), segments })
    }

    async fn secure(number: u64) -> Result<bool, faults::Fault> {
        let Some(journal) = store().await?.journal(true) else { return Ok(false) };
        Ok(journal.secure(number).await?)
    }

    async fn withdraw(number: u64) -> Result<bool, faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(false) };
        Ok(journal.withdraw(number).await?)
    }

    async fn lease(most: u32) -> Result<Vec<journal::Waiting>, faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(Vec::new()) };
        Ok(journal.lease(most).await?.into_iter().map(Into::into).collect())
    }

    async fn settle(number: u64, outcome: journal::Outcome) -> Result<(), faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(()) };
        let driven = match outcome {
            journal::Outcome::Posted => Driven::Posted,
            journal::Outcome::Superseded(head) => Driven::Superseded(head.into()),
            journal::Outcome::Refused(why) => Driven::Refused(why),
        };
        journal.drive(number, &driven).await?;
        // What was posted is known of from now on, whichever instance writes next.
        if let Some(redis) = &store().await?.redis {
            redis.note_positions().await;
        }
        Ok(())
    }

    async fn losses(after: u64) -> Result<Vec<journal::Loss>, faults::Fault> {
        let Some(journal) = store().await?.journal(false) else { return Ok(Vec::new()) };
        let losses = journal.losses(after).await?.into_iter();
        Ok(losses.map(|Loss { number, city, bucket, at_ms }| journal::Loss { number, city, bucket, at_ms }).collect())
    }

    async fn forget_passenger(city: String, trip: String) -> Result<u32, faults::Fault> {
        let Some(journal) = store().await?.journal(true) else { return Ok(0) };
        Ok(journal.forget_passenger(&city, &trip).await?)
    }

    async fn stands() -> Result<journal::Standing, faults::Fault> {
        let JournalStanding { waiting, oldest_ms, superseded, refused, bytes } = match store().await?.journal(false) {
            Some(journal) => journal.journal().await?,
            None => JournalStanding::default(),
        };
        Ok(journal::Standing { waiting, oldest_ms, superseded, refused, bytes })
    }
}

fn named_from_wit(journal::Named { kind, version }: journal::Named) -> Named {
    Named { kind: kind.into(), version }
}

fn named_to_wit(documents: Vec<Named>) -> Vec<journal::Named> {
    documents.into_iter().map(|Named { kind, version }| journal::Named { kind: kind.into(), version }).collect()
}

impl From<JournaledBill> for journal::JournaledBill {
    fn from(JournaledBill { number, waits, new, documents }: JournaledBill) -> Self {
        Self { number, waits, new: new.into(), documents: named_to_wit(documents) }
    }
}

impl From<Waiting> for journal::Waiting {
    fn from(Waiting { number, city, trip, what }: Waiting) -> Self {
        let content = match what {
            WaitingWhat::Bill(new, documents) => journal::Content::Bill((new.into(), named_to_wit(documents))),
            WaitingWhat::Segments(segments) => {
                journal::Content::Segments(segments.into_iter().map(Into::into).collect())
            }
        };
        Self { number, city, trip, content }
    }
}

impl From<DocumentKind> for documents::DocumentKind {
    fn from(kind: DocumentKind) -> Self {
        match kind {
            DocumentKind::RateCard => Self::RateCard,
            DocumentKind::Policy => Self::Policy,
            DocumentKind::Catalogue => Self::Catalogue,
            DocumentKind::City => Self::City,
        }
    }
}

impl From<NewRevision> for bills::NewRevision {
    fn from(NewRevision { revision, billed_at, day, top_up, due, seen, whole_since }: NewRevision) -> Self {
        let bills::Revision { number, bill } = revision.into();
        let top_up = top_up.map(|TopUp { currency, amount, document }| bills::TopUp {
            currency: currency.code().to_owned(),
            amount,
            document,
        });
        let due = due.map(|Due { reason, at }| bills::DueItem { reason: reason.into(), at });
        Self { number, bill, billed_at, day, top_up, due, seen, whole_since }
    }
}

impl breakers::Guest for Component {
    async fn list() -> Result<Vec<breakers::Breaker>, faults::Fault> {
        let rows = store().await?.node.breakers().await?;
        Ok(rows.into_iter().map(|(kind, row)| breaker_to_wit(kind, row)).collect())
    }

    async fn enter(expected: u64, breaker: breakers::Breaker) -> Result<breakers::Breaker, faults::Fault> {
        let breakers::Breaker { kind, generation, open, since_ms, failed_ms, lease_ms, holder, opened, why } = breaker;
        let kind = match kind {
            breakers::Kind::Reads => Kind::Reads,
            breakers::Kind::MeterWrites => Kind::MeterWrites,
            breakers::Kind::Posts => Kind::Posts,
        };
        let row = Row { generation, is_open: open, since_ms, failed_ms, lease_ms, holder, opened, why };
        Ok(breaker_to_wit(kind, store().await?.node.enter_breaker(kind, &Change { expected, row }).await?))
    }
}

fn breaker_to_wit(kind: Kind, row: Row) -> breakers::Breaker {
    let kind = match kind {
        Kind::Reads => breakers::Kind::Reads,
        Kind::MeterWrites => breakers::Kind::MeterWrites,
        Kind::Posts => breakers::Kind::Posts,
    };
    let Row { generation, is_open, since_ms, failed_ms, lease_ms, holder, opened, why } = row;
    breakers::Breaker { kind, generation, open: is_open, since_ms, failed_ms, lease_ms, holder, opened, why }
}

/// Checks what no step could put right any more.
fn new_revision(new: bills::NewRevision) -> Result<NewRevision, Fault> {
    let bills::NewRevision { number, bill, billed_at, day, top_up, due, seen, whole_since } = new;
    crate::day(&day)?;
    let top_up = top_up.map(|bills::TopUp { currency, amount, document }| {
        let unknown = || Fault::Other(format!("a top-up in {currency:?}, which is no currency"));
        let currency = Currency::from_code(&currency).ok_or_else(unknown)?;
        Ok::<_, Fault>(TopUp { currency, amount, document })
    });
    let new = NewRevision {
        revision: bills::Revision { number, bill }.into(),
        billed_at,
        day,
        top_up: top_up.transpose()?,
        due: due.map(|bills::DueItem { reason, at }| Due { reason: reason.into(), at }),
        seen,
        whole_since,
    };
    new.check().map_err(|why| Fault::Other(why.to_owned()))?;
    Ok(new)
}

impl From<bills::Revision> for Revision {
    fn from(bills::Revision { number, bill: bills::Bill { fingerprint, document } }: bills::Revision) -> Self {
        Self { number, bill: StoredBill { fingerprint, document } }
    }
}

impl From<Revision> for bills::Revision {
    fn from(Revision { number, bill: StoredBill { fingerprint, document } }: Revision) -> Self {
        Self { number, bill: bills::Bill { fingerprint, document } }
    }
}

impl From<Fault> for faults::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(text) => Self::Unavailable(text),
            Fault::Fenced(Fence { owner, epoch, retry_after_s }) => {
                Self::Fenced(faults::Fenced { owner, epoch, retry_after: retry_after_s })
            }
            Fault::Refused(text) => Self::Refused(text),
            Fault::Other(text) => Self::Other(text),
        }
    }
}

impl From<Fault> for trips::AddError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<AddError> for trips::AddError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Replayed => Self::Replayed,
            AddError::Conflict(sequence) => Self::Conflict(sequence),
            AddError::TooManySegments => Self::TooManySegments(MAX_SEGMENTS),
            AddError::Fault(fault) => fault.into(),
        }
    }
}

impl From<BatchError> for trips::AddError {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::OutOfRange(text) => Fault::Other(text).into(),
            BatchError::Conflict(sequence) => Self::Conflict(sequence),
            BatchError::TooManySegments => Self::TooManySegments(MAX_SEGMENTS),
        }
    }
}
