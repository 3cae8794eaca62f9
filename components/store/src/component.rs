//! WIT <-> the contracts.

#![allow(unsafe_code, missing_docs)]

use crate::backend::{Fault, Fence, Keys, Redis, Sqlite};
use crate::bills::{Bills as _, StoredBill};
use crate::documents::{DocumentKind, Documents as _};
use crate::ledger::{Ledger as _, TopUp};
use crate::quotes::Quotes as _;
use crate::trips::{AddError, Batch, BatchError, Trips as _};
use crate::{MAX_SEGMENTS, Settings, ttl_s};
use exports::farebox::store::{bills, documents, faults, ledger, quotes, trips};
use std::cell::OnceCell;

spin_sdk::wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/store"],
    inline: "
        package farebox:store-component;
        world component {
            export farebox:store/faults@0.1.0;
            export farebox:store/trips@0.1.0;
            export farebox:store/quotes@0.1.0;
            export farebox:store/documents@0.1.0;
            export farebox:store/bills@0.1.0;
            export farebox:store/ledger@0.1.0;
        }
    ",
    with: { "farebox:types/types@0.1.0": farebox_wit },
    runtime_path: "::spin_sdk::wit_bindgen::rt",
});

struct Component;
export!(Component);

enum Store {
    Redis(Redis),
    Sqlite(Sqlite),
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
    let new = || match Settings::parse(variable)? {
        Settings::Redis { site, url, buckets, trip_ttl_s } => {
            Ok(Store::Redis(Redis::new(url, site, Keys::new(buckets), trip_ttl_s)))
        }
        Settings::Sqlite { site, synchronous, trip_ttl_s } => {
            Ok(Store::Sqlite(Sqlite::new(site, synchronous, trip_ttl_s)))
        }
    };
    let new: Store = new().map_err(Fault::Other)?;
    Ok(STORE.with(|store| *store.get_or_init(|| Box::leak(Box::new(new)))))
}

/// Asks whichever backend there is.
macro_rules! ask {
    ($call:ident($($argument:expr),*)) => {
        match store().await? {
            Store::Redis(redis) => redis.$call($($argument),*).await,
            Store::Sqlite(sqlite) => sqlite.$call($($argument),*).await,
        }
    };
}

impl trips::Guest for Component {
    async fn add_segments(
        city: String,
        trip: String,
        segments: Vec<trips::Segment>,
    ) -> Result<trips::Totals, trips::AddError> {
        let batch = Batch::new(segments.into_iter().map(Into::into).collect())?;
        let totals = ask!(add_segments(&city, &trip, &batch))?;
        Ok(trips::Totals { distance: totals.distance_m, duration: totals.duration_s, segments: totals.segments })
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
    async fn put_once(city: String, trip: String, bill: bills::Stored) -> Result<bills::PutOutcome, faults::Fault> {
        let earlier = ask!(put_bill(&city, &trip, &bill.into()))?;
        Ok(earlier.map_or(bills::PutOutcome::Created, |bill| bills::PutOutcome::Exists(bill.into())))
    }

    async fn get(city: String, trip: String) -> Result<Option<bills::Stored>, faults::Fault> {
        Ok(ask!(bill(&city, &trip))?.map(Into::into))
    }
}

impl ledger::Guest for Component {
    async fn put_once(
        city: String,
        trip: String,
        entry: ledger::Entry,
    ) -> Result<ledger::PutOutcome, ledger::PutError> {
        let top_up = TopUp::from(entry);
        match ask!(put_top_up(&city, &trip, &top_up))? {
            None => Ok(ledger::PutOutcome::Created),
            Some(earlier) if earlier.owes_the_same_as(&top_up) => Ok(ledger::PutOutcome::Exists),
            Some(earlier) => Err(ledger::PutError::Conflict(earlier.into())),
        }
    }

    async fn get(city: String, trip: String) -> Result<Option<ledger::Entry>, faults::Fault> {
        Ok(ask!(top_up(&city, &trip))?.map(Into::into))
    }
}

macro_rules! same_fields {
    ($($wit:path { $($field:ident),* } <-> $domain:ident { $($domain_field:ident),* };)*) => {
        $(
            impl From<$wit> for $domain {
                fn from(wit: $wit) -> Self {
                    Self { $($domain_field: wit.$field),* }
                }
            }
            impl From<$domain> for $wit {
                fn from(domain: $domain) -> Self {
                    Self { $($field: domain.$domain_field),* }
                }
            }
        )*
    };
}
same_fields! {
    bills::Stored { fingerprint, document } <-> StoredBill { fingerprint, document };
    ledger::Entry { currency, top_up, scenario, billed_at } <-> TopUp { currency, amount, scenario, billed_at };
}

impl From<Fault> for faults::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(text) => Self::Unavailable(text),
            Fault::Fenced(Fence { owner, epoch, retry_after_s }) => {
                Self::Fenced(faults::Fenced { owner, epoch, retry_after: retry_after_s })
            }
            Fault::Other(text) => Self::Other(text),
        }
    }
}

impl From<Fault> for trips::AddError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<Fault> for ledger::PutError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<AddError> for trips::AddError {
    fn from(error: AddError) -> Self {
        match error {
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
