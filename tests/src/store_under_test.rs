//! The store component, alone in an instance of its own, on the interfaces of the local host, called through WIT.

#![allow(clippy::panic)]

mod bindings {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/store"],
        world: "farebox:store/component",
        additional_derives: [Clone, PartialEq],
    });
}

use anyhow::{Error, Result};
use bindings::{Component as Bindings, ComponentPre as BindingsPre};
use farebox_kit::artifacts;
use farebox_runtime::engine::{anyhow_error, engine};
use farebox_runtime::grants::AllowedHosts;
use farebox_runtime::redis::Redis;
use farebox_runtime::sqlite::Database;
use farebox_runtime::state::{Grants, Guest, linker};
use farebox_runtime::variables::ComponentVariables;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{Accessor, Component};
use wasmtime::{Engine, Store};

pub use bindings::exports::farebox::store::{
    bills, configuration, documents, faults, journal, ledger, limits, nonces, quotes, trips,
};
pub use bindings::farebox::types::types::{Degradation, Segment};

/// The most memory an instance may have: 64 MiB.
const MEMORY: usize = 64 << 20;

/// The most instances there may be at once.
const INSTANCES: u32 = 128;

/// What instances are given. Those that are given the same share its connections, as the instances of one host do.
#[derive(Clone)]
pub struct Surroundings {
    /// The component's variables.
    pub variables: BTreeMap<String, String>,
    /// The default database, if it may be used.
    pub database: Option<Database>,
    redis: Redis,
}

impl Surroundings {
    /// The default: SQLite, in a file.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or is not a database.
    pub fn sqlite(file: &Path) -> Result<Self> {
        Ok(Self::new("sqlite", "redis://127.0.0.1:1", Some(Database::open(file)?)))
    }

    /// Redis at this address.
    pub fn redis(url: &str) -> Self {
        Self::new("redis", url, None)
    }

    /// The same, with this file for the node's own database.
    ///
    /// # Errors
    ///
    /// As [`sqlite`](Self::sqlite).
    pub fn with_database(self, file: &Path) -> Result<Self> {
        Ok(Self { database: Some(Database::open(file)?), ..self })
    }

    fn new(backend: &str, redis_url: &str, database: Option<Database>) -> Self {
        let variables = [
            ("store_backend", backend),
            ("site", "here"),
            ("redis_url", redis_url),
            ("buckets", "16"),
            ("trip_ttl_s", "600"),
            ("sqlite_synchronous", "full"),
        ];
        let variables = variables.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        Self { variables, database, redis: Redis::default() }
    }

    fn grants(&self) -> Result<Grants> {
        let mut allowed_hosts = AllowedHosts::default();
        allowed_hosts.add("redis://127.0.0.1:*").map_err(Error::msg)?;
        Ok(Grants {
            component: "store".into(),
            folders: Vec::new(),
            environment: Vec::new(),
            variables: Arc::new(ComponentVariables(self.variables.clone())),
            allowed_hosts: Arc::new(allowed_hosts),
            database: self.database.clone(),
            redis: self.redis.clone(),
            memory: MEMORY,
        })
    }
}

/// An instance of the store component. Its functions may be called any number at a time, from any task; it ends when it
/// is dropped.
pub struct StoreUnderTest {
    calls: mpsc::UnboundedSender<Call>,
}

type Call = Box<dyn for<'a> FnOnce(&'a Accessor<Guest>, &'a Bindings) -> BoxFuture<'a, ()> + Send>;

impl StoreUnderTest {
    /// Instantiates the component.
    ///
    /// # Errors
    ///
    /// It wants what it is not given.
    pub async fn new(surroundings: &Surroundings) -> Result<Self> {
        let (engine, component) = component()?;
        let mut store = Guest::store(engine, &Arc::new(surroundings.grants()?)).map_err(anyhow_error)?;
        let bindings = component.instantiate_async(&mut store).await.map_err(anyhow_error)?;
        let (calls, inbox) = mpsc::unbounded_channel();
        tokio::spawn(serve(store, bindings, inbox));
        Ok(Self { calls })
    }

    async fn call<R: Send + 'static>(
        &self,
        call: impl for<'a> FnOnce(&'a Accessor<Guest>, &'a Bindings) -> BoxFuture<'a, wasmtime::Result<R>> + Send + 'static,
    ) -> R {
        let (answer, answered) = oneshot::channel();
        let call: Call = Box::new(move |accessor, bindings| {
            let result = call(accessor, bindings);
            Box::pin(async move {
                // Nobody may be waiting any more.
                let _ = answer.send(result.await);
            })
        });
        assert!(self.calls.send(call).is_ok(), "the instance has ended");
        match answered.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => panic!("the call trapped: {error:?}"),
            Err(_) => panic!("the instance ended during the call"),
        }
    }
}

/// Runs the calls of one instance, all at once, until its [`StoreUnderTest`] has gone.
async fn serve(mut store: Store<Guest>, bindings: Bindings, mut inbox: mpsc::UnboundedReceiver<Call>) {
    let ended = store
        .run_concurrent(async |accessor| {
            let mut running = FuturesUnordered::new();
            loop {
                tokio::select! {
                    call = inbox.recv() => match call {
                        Some(call) => running.push(call(accessor, &bindings)),
                        None => break,
                    },
                    Some(()) = running.next() => {}
                }
            }
        })
        .await;
    if let Err(error) = ended {
        eprintln!("the instance trapped: {error:?}");
    }
}

macro_rules! functions {
    ($(
        $interface:ident: $accessor:ident {
            $($name:ident = $call:ident($($argument:ident: $type:ty),*) -> $result:ty;)*
        }
    )*) => {
        #[allow(missing_docs)]
        impl StoreUnderTest {
            $($(
                pub async fn $name(&self, $($argument: impl Into<$type>),*) -> $result {
                    $(let $argument = $argument.into();)*
                    self.call(move |accessor, bindings| {
                        Box::pin(bindings.$accessor().$call(accessor, $($argument),*))
                    }).await
                }
            )*)*
        }
    };
}

functions! {
    nonces: farebox_store_nonces {
        enter = call_enter(city: String, trip: String, once: nonces::Once) -> Result<nonces::Entered, faults::Fault>;
    }
    trips: farebox_store_trips {
        add_segments_once = call_add_segments(
            city: String, trip: String, segments: Vec<Segment>, once: Option<nonces::Once>
        )
            -> Result<trips::Totals, trips::AddError>;
        segments = call_get(city: String, trip: String) -> Result<Option<Vec<Segment>>, faults::Fault>;
    }
    quotes: farebox_store_quotes {
        put_quote = call_put(city: String, quote: String, document: String, ttl: u64) -> Result<(), faults::Fault>;
        quote = call_get(city: String, quote: String) -> Result<Option<String>, faults::Fault>;
    }
    documents: farebox_store_documents {
        put_document = call_put_once(city: String, kind: documents::DocumentKind, version: String, document: String)
            -> Result<(), faults::Fault>;
        document = call_get(city: String, kind: documents::DocumentKind, version: String)
            -> Result<Option<String>, faults::Fault>;
    }
    bills: farebox_store_bills {
        post_once = call_post(
            city: String, trip: String, new: bills::NewRevision, once: Option<nonces::Once>
        )
            -> Result<bills::PostOutcome, faults::Fault>;
        redact = call_redact(city: String, trip: String, number: u32, expected: String, document: String)
            -> Result<bool, faults::Fault>;
        head = call_head(city: String, trip: String) -> Result<Option<bills::Revision>, faults::Fault>;
        revision = call_get(city: String, trip: String, number: u32)
            -> Result<Option<bills::Revision>, faults::Fault>;
        list = call_list(city: String, day: String, cursor: Option<String>, limit: u32)
            -> Result<bills::Page, faults::Fault>;
        due = call_due(city: String, cursor: Option<String>, limit: u32) -> Result<bills::DuePage, faults::Fault>;
    }
    ledger: farebox_store_ledger {
        entry = call_get(city: String, trip: String, revision: u32)
            -> Result<Option<ledger::Entry>, faults::Fault>;
    }
    limits: farebox_store_limits {
        take = call_take(name: String, limit: limits::Limit, up_to: u32) -> Result<limits::Taken, faults::Fault>;
    }
    configuration: farebox_store_configuration {
        generations = call_generations() -> Result<configuration::Known, faults::Fault>;
        propose = call_propose(proposal: configuration::Proposal)
            -> Result<configuration::Generation, faults::Fault>;
        put_file = call_put_file(version: String, text: String) -> Result<(), faults::Fault>;
        file = call_file(version: String) -> Result<Option<String>, faults::Fault>;
    }
    journal: farebox_store_journal {
        enter_bill = call_enter_bill(
            city: String, trip: String, new: bills::NewRevision, documents: Vec<journal::Named>
        )
            -> Result<journal::BillOutcome, faults::Fault>;
        learn = call_learn(city: String, trip: String, revision: bills::Revision) -> Result<Option<u64>, faults::Fault>;
        enter_segments = call_enter_segments(city: String, trip: String, segments: Vec<Segment>)
            -> Result<bool, trips::AddError>;
        enter_document = call_enter_document(city: String, named: journal::Named, document: String)
            -> Result<(), faults::Fault>;
        journaled_document = call_document(city: String, named: journal::Named) -> Result<Option<String>, faults::Fault>;
        lost_documents = call_lost_documents(most: u32) -> Result<Vec<journal::LostDocument>, faults::Fault>;
        document_is_back = call_document_is_back(city: String, named: journal::Named, loss: u64)
            -> Result<(), faults::Fault>;
        look = call_look(most: u32) -> Result<u32, faults::Fault>;
        of_trip = call_of_trip(city: String, trip: String) -> Result<journal::TripEntries, faults::Fault>;
        secure = call_secure(number: u64) -> Result<bool, faults::Fault>;
        withdraw = call_withdraw(number: u64) -> Result<bool, faults::Fault>;
        lease = call_lease(most: u32) -> Result<Vec<journal::Waiting>, faults::Fault>;
        settle = call_settle(number: u64, outcome: journal::Outcome) -> Result<(), faults::Fault>;
        losses = call_losses(after: u64) -> Result<Vec<journal::Loss>, faults::Fault>;
        forget_passenger = call_forget_passenger(city: String, trip: String) -> Result<u32, faults::Fault>;
        stands = call_stands() -> Result<journal::Standing, faults::Fault>;
    }
}

/// What is not part of a request that may be carried out once.
#[allow(missing_docs)]
impl StoreUnderTest {
    pub async fn add_segments(
        &self,
        city: impl Into<String>,
        trip: impl Into<String>,
        segments: impl Into<Vec<Segment>>,
    ) -> Result<trips::Totals, trips::AddError> {
        self.add_segments_once(city, trip, segments, None::<nonces::Once>).await
    }

    pub async fn post(
        &self,
        city: impl Into<String>,
        trip: impl Into<String>,
        new: impl Into<bills::NewRevision>,
    ) -> Result<bills::PostOutcome, faults::Fault> {
        self.post_once(city, trip, new, None::<nonces::Once>).await
    }
}

/// The engine and the compiled component, made once for all tests.
fn component() -> Result<&'static (Engine, BindingsPre<Guest>)> {
    static COMPONENT: OnceLock<(Engine, BindingsPre<Guest>)> = OnceLock::new();
    if let Some(component) = COMPONENT.get() {
        return Ok(component);
    }
    let engine = engine(MEMORY, INSTANCES)?;
    let component = Component::from_file(&engine, artifacts::component("store")).map_err(anyhow_error)?;
    let linked = linker(&engine).and_then(|linker| linker.instantiate_pre(&component)).map_err(anyhow_error)?;
    let linked = BindingsPre::new(linked).map_err(anyhow_error)?;
    Ok(COMPONENT.get_or_init(|| (engine, linked)))
}
