//! The instances of one component: what they are made of, and how much each does.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

use super::lane::{Instance, Lane};
use crate::budget::Budget;
use crate::state::{Grants, Guest};

/// How much one instance does before it is replaced.
#[derive(Clone, Copy, Debug)]
pub struct Reuse {
    /// Requests in its life.
    pub requests: usize,
    /// Requests at once.
    pub at_once: usize,
    /// How long it may have nothing to do.
    pub idle: Duration,
    /// How long a request may take.
    pub request: Duration,
}

/// Makes instances of one component.
#[derive(Clone)]
pub struct Instances {
    engine: Engine,
    lane: Lane,
    grants: Arc<Grants>,
    reuse: Reuse,
}

/// Where instances may be: as many as there are places, and as many as there is memory for.
#[derive(Clone)]
pub(super) struct Places {
    count: Arc<Semaphore>,
    /// None for those that are few, and that there have to be.
    memory: Option<Budget>,
}

impl Places {
    /// So many, in so much memory.
    pub(super) fn new(count: usize, memory: Budget) -> Self {
        Self { count: Arc::new(Semaphore::new(count)), memory: Some(memory) }
    }

    /// As many as are asked for.
    pub(super) fn unlimited() -> Self {
        Self { count: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)), memory: None }
    }
}

/// There are as many instances as there may be.
#[derive(Debug)]
pub(super) struct NoPlace;

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are as many instances as there may be")
    }
}

impl Error for NoPlace {}

/// An instance, ready to be asked.
pub(super) struct Made {
    pub(super) store: Store<Guest>,
    pub(super) instance: Instance,
    pub(super) reuse: Reuse,
    pub(super) component: Arc<str>,
    /// Free again when the instance is gone.
    pub(super) _place: OwnedSemaphorePermit,
}

impl Instances {
    /// Links a component, which has to export `farebox:http/exchange@0.1`, `wasi:http/handler@0.3` or
    /// `wasi:http/incoming-handler@0.2`; the first of them that it has is used, or the first of `wasi:http`.
    ///
    /// # Errors
    ///
    /// It imports what the host does not have, or does not answer HTTP requests.
    pub fn new(
        linker: &Linker<Guest>,
        component: &Component,
        grants: Arc<Grants>,
        reuse: Reuse,
        wasi_http_only: bool,
    ) -> wasmtime::Result<Self> {
        Ok(Self::of(linker, Lane::of(linker, component, wasi_http_only)?, grants, reuse))
    }

    /// Links a component that is told of messages, for which it has to export `spin:redis/inbound-redis@3.0.0`.
    ///
    /// # Errors
    ///
    /// It imports what the host does not have, or takes no messages.
    pub fn told(
        linker: &Linker<Guest>,
        component: &Component,
        grants: Arc<Grants>,
        reuse: Reuse,
    ) -> wasmtime::Result<Self> {
        Ok(Self::of(linker, Lane::of_messages(linker, component)?, grants, reuse))
    }

    fn of(linker: &Linker<Guest>, lane: Lane, grants: Arc<Grants>, reuse: Reuse) -> Self {
        let at_once = if lane.takes_many_at_once() { reuse.at_once } else { 1 };
        Self { engine: linker.engine().clone(), lane, grants, reuse: Reuse { at_once, ..reuse } }
    }

    pub(super) fn reuse(&self) -> Reuse {
        self.reuse
    }

    pub(super) fn component(&self) -> &str {
        &self.grants.component
    }

    /// Makes one, in one of these places.
    ///
    /// # Errors
    ///
    /// [`NoPlace`], [`Exhausted`](crate::budget::Exhausted) when there is no memory, and whatever else keeps it from being made.
    pub(super) async fn make(&self, places: &Places) -> wasmtime::Result<Made> {
        let place = Arc::clone(&places.count).try_acquire_owned().map_err(|_| wasmtime::Error::new(NoPlace))?;
        let mut store = Guest::store(&self.engine, &self.grants)?;
        if let Some(memory) = &places.memory {
            store.data_mut().shares(memory.share());
        }
        let instance = self.lane.instantiate(&mut store).await?;
        store.data_mut().is_made();
        let component = Arc::clone(&self.grants.component);
        Ok(Made { store, instance, reuse: self.reuse, component, _place: place })
    }
}
