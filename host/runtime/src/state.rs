//! What an instance of a component has of the host: the data of its store, and the linker that shows it to the guest.

use std::sync::Arc;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime::error::Context as _;
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::budget::Share;
use crate::capabilities::outgoing::Outgoing;
use crate::capabilities::redis::{self, RedisView};
use crate::capabilities::sqlite::{self, SqliteView};
use crate::capabilities::{environment, files, variables};
use crate::engine::MemoryLimit;
pub use crate::grants::Grants;
use crate::logs::GuestOutput;

/// The data of a store: one instance's share of the host.
pub struct Guest {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outgoing: Outgoing,
    table: ResourceTable,
    memory: MemoryLimit,
    grants: Arc<Grants>,
}

impl Guest {
    /// A store for a new instance.
    ///
    /// # Errors
    ///
    /// A folder it is granted cannot be opened.
    pub fn store(engine: &Engine, grants: &Arc<Grants>) -> wasmtime::Result<Store<Self>> {
        let output = |stream| GuestOutput { component: Arc::clone(&grants.component), stream };
        let mut wasi = WasiCtx::builder();
        wasi.stdout(output("stdout")).stderr(output("stderr"));
        environment::show(&grants.environment, &mut wasi);
        files::show(&grants.folders, &mut wasi).with_context(|| format!("component {:?}", grants.component))?;
        let guest = Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outgoing: Outgoing { component: Arc::clone(&grants.component) },
            table: ResourceTable::new(),
            memory: MemoryLimit::new(grants.memory),
            grants: Arc::clone(grants),
        };
        let mut store = Store::new(engine, guest);
        store.limiter(|guest| &mut guest.memory);
        // A guest that computes gives way at each tick of the engine's clock, for ever if need be: whoever waits for
        // it decides when that is enough, and drops the store.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        Ok(store)
    }
}

impl Guest {
    /// Has what its instance takes of memory count in a share of what there is.
    pub fn shares(&mut self, share: Share) {
        self.memory.shares(share);
    }

    /// Its instance is made: from now on it is not refused what it needs, but replaced when there is none.
    pub fn is_made(&mut self) {
        self.memory.is_made();
    }

    /// Whether its instance has taken so much memory that the next one is to take its place.
    #[must_use]
    pub fn is_grown(&self) -> bool {
        self.memory.is_grown()
    }
}

/// Everything a guest may import: WASI 0.2 and 0.3, and the part of Spin's platform in `wit/`.
///
/// # Errors
///
/// None that depends on anything but this program.
pub fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::<Guest>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    redis::link(&mut linker, |guest| RedisView {
        table: &mut guest.table,
        redis: &guest.grants.redis,
        allowed_hosts: &guest.grants.allowed_hosts,
        component: &guest.grants.component,
    })?;
    sqlite::link(&mut linker, |guest| SqliteView {
        table: &mut guest.table,
        database: guest.grants.database.as_ref(),
        component: &guest.grants.component,
    })?;
    variables::link(&mut linker, |guest| &*guest.grants.variables)?;
    Ok(linker)
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outgoing }
    }
}
