//! The instances of one component: when they are made, how many requests each answers, when they end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep};
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
}

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
        Ok(Self { engine: linker.engine().clone(), component, grants, reuse })
    }
}

impl HandlerState for Instances {
    type StoreData = Guest;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Expiration, Worker>> {
        let mut store = Guest::store(&self.engine, &self.grants)?;
        let proxy = self.component.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: Guest::http,
            expiration: Expiration { reuse: self.reuse, sleep: Box::pin(sleep(self.reuse.idle)) },
            state: Worker { component: Arc::clone(&self.grants.component), reuse: self.reuse },
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
}

impl WorkerState for Worker {
    type StoreData = Guest;
    type RequestData = ();

    fn should_accept_request(&self, at_once: usize, so_far: usize) -> ShouldAccept {
        if so_far >= self.reuse.requests {
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
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        Box::pin(sleep(self.reuse.request))
    }

    fn drop(&self, store: Store<Guest>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            tracing::error!(component = &*self.component, "an instance failed: {error:?}");
        }
        drop(store);
    }
}
