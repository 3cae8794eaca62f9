//! The instances of one component: when they are made, how many requests each answers, when they end.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep, sleep_until};
use wasmtime::component::{Component, GuestTaskId, Linker};
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::{WasiHttpView as _, p2, p3};

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
pub struct Instances {
    engine: Engine,
    component: ProxyPre<Guest>,
    grants: Arc<Grants>,
    reuse: Reuse,
    stopping: Arc<AtomicBool>,
    /// How often instances were renewed.
    renewals: Arc<AtomicU64>,
    admissions: Arc<Semaphore>,
    /// One for each instance that there may be.
    places: Arc<Semaphore>,
}

/// Leave to start an instance, should none be free. A request brings it, and the instance that takes the request keeps
/// it while it is new.
///
/// A new instance reads its configuration first, which takes a hundred times as long as a request. Without a limit a
/// burst would start an instance for each of its requests, and they would all be late together.
pub struct Admission(#[expect(dead_code, reason = "held, never read")] OwnedSemaphorePermit);

/// There are as many instances as there may be.
#[derive(Debug)]
pub struct NoPlace;

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are as many instances as there may be")
    }
}

impl Error for NoPlace {}

/// An instance is new until it has answered its first request, but no longer than this.
const NEW: Duration = Duration::from_millis(100);

impl Instances {
    /// Links a component, which has to export `wasi:http/handler@0.3` or `wasi:http/incoming-handler@0.2`.
    ///
    /// # Errors
    ///
    /// It imports what the host does not have, or does not answer HTTP requests.
    pub fn new(
        linker: &Linker<Guest>,
        component: &Component,
        grants: Arc<Grants>,
        reuse: Reuse,
    ) -> wasmtime::Result<Self> {
        let linked = linker.instantiate_pre(component)?;
        let component = match p3::bindings::ServicePre::new(linked.clone()) {
            Ok(component) => ProxyPre::P3(component),
            Err(_) => ProxyPre::P2(p2::bindings::ProxyPre::new(linked)?),
        };
        // A 0.2 instance cannot be called again while it runs.
        let reuse = match component {
            ProxyPre::P3(_) => reuse,
            ProxyPre::P2(_) => Reuse { at_once: 1, ..reuse },
        };
        Ok(Self {
            engine: linker.engine().clone(),
            component,
            grants,
            reuse,
            stopping: Arc::default(),
            renewals: Arc::default(),
            admissions: admissions(),
            places: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        })
    }

    /// Lets there be no more instances than there are places, of these and of others that share them.
    #[must_use]
    pub fn within(self, places: &Arc<Semaphore>) -> Self {
        Self { places: Arc::clone(places), ..self }
    }

    /// Instances of the same component that share nothing with these but when they are renewed and when they stop: none of
    /// them waits for what becomes of these.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            component: match &self.component {
                ProxyPre::P3(component) => ProxyPre::P3(component.clone()),
                ProxyPre::P2(component) => ProxyPre::P2(component.clone()),
            },
            grants: Arc::clone(&self.grants),
            reuse: self.reuse,
            stopping: Arc::clone(&self.stopping),
            renewals: Arc::clone(&self.renewals),
            admissions: admissions(),
            places: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    /// Waits, first come first served, until there are not too many new instances.
    ///
    /// # Panics
    ///
    /// Never: the semaphore is not closed.
    pub async fn admit(&self) -> Admission {
        Admission(Arc::clone(&self.admissions).acquire_owned().await.expect("nobody closes it"))
    }

    /// Counts up when the instances that there are shall take no more requests.
    pub fn renewals(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.renewals)
    }

    /// Says that there will be no more requests, so that an instance that ends from now on is no failure.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

fn admissions() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(2 * std::thread::available_parallelism().map_or(1, usize::from)))
}

impl HandlerState for Instances {
    type StoreData = Guest;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Expiration, Worker>> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| wasmtime::Error::new(NoPlace))?;
        let mut store = Guest::store(&self.engine, &self.grants)?;
        let proxy = self.component.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: Guest::http,
            expiration: Expiration { reuse: self.reuse, sleep: Box::pin(sleep(self.reuse.idle)) },
            state: Worker {
                component: Arc::clone(&self.grants.component),
                reuse: self.reuse,
                stopping: Arc::clone(&self.stopping),
                made: self.renewals.load(Ordering::Relaxed),
                renewals: Arc::clone(&self.renewals),
                is_new: AtomicBool::new(true),
                _place: place,
            },
        })
    }
}

/// Ends an instance that has nothing to do, and one that is stuck. It is asked from outside the instance, so that a
/// guest in an endless loop cannot put it off.
pub struct Expiration {
    reuse: Reuse,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        let patience = match status {
            WorkerStatus::Idle => self.reuse.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.reuse.request,
        };
        let deadline = (start + patience).into();
        if self.sleep.deadline() != deadline {
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(cx)
    }
}

/// Decides which requests an instance takes.
pub struct Worker {
    component: Arc<str>,
    reuse: Reuse,
    stopping: Arc<AtomicBool>,
    /// How often instances had been renewed when it was made.
    made: u64,
    renewals: Arc<AtomicU64>,
    is_new: AtomicBool,
    /// Free again when the instance is gone.
    _place: OwnedSemaphorePermit,
}

impl WorkerState for Worker {
    type StoreData = Guest;
    type RequestData = Admission;

    fn should_accept_request(&self, at_once: usize, so_far: usize) -> ShouldAccept {
        if so_far >= self.reuse.requests || self.made != self.renewals.load(Ordering::Relaxed) {
            ShouldAccept::Never
        } else if at_once >= self.reuse.at_once {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, Guest>,
        admission: Admission,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        let deadline = tokio::time::Instant::now() + self.reuse.request;
        if !self.is_new.swap(false, Ordering::Relaxed) {
            return Box::pin(sleep_until(deadline));
        }
        // Dropped when the request has been answered.
        Box::pin(async move {
            sleep(NEW).await;
            drop(admission);
            sleep_until(deadline).await;
        })
    }

    fn drop(&self, store: Store<Guest>, result: wasmtime::Result<()>) {
        if let Err(error) = result
            && !self.stopping.load(Ordering::Relaxed)
        {
            tracing::error!(component = &*self.component, "an instance failed: {error:?}");
        }
        drop(store);
    }
}
