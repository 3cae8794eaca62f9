//! What an instance of a component has of the host: the data of its store, and the linker that shows it to the guest.

use std::path::PathBuf;
use std::sync::Arc;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime::error::Context as _;
use wasmtime::{Engine, Store};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error as HttpError, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::engine::MemoryLimit;
use crate::grants::AllowedHosts;
use crate::logs::GuestOutput;
use crate::redis::{self, Redis, RedisView};
use crate::sqlite::{self, Database, SqliteView};
use crate::variables::{self, ComponentVariables};

/// What one component is granted. Its instances share it.
pub struct Grants {
    /// The component's identifier.
    pub component: Arc<str>,
    /// Folders it can read, and where it sees them.
    pub folders: Vec<(PathBuf, String)>,
    /// Its environment variables.
    pub environment: Vec<(String, String)>,
    /// Its configuration variables.
    pub variables: Arc<ComponentVariables>,
    /// The addresses it can reach.
    pub allowed_hosts: Arc<AllowedHosts>,
    /// The default database, when it is granted.
    pub database: Option<Database>,
    /// The connections to Redis of all components.
    pub redis: Redis,
    /// The most memory an instance may have, in bytes.
    pub memory: usize,
}

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
        wasi.stdout(output("stdout")).stderr(output("stderr")).envs(&grants.environment);
        for (folder, destination) in &grants.folders {
            wasi.preopened_dir(folder, destination, FsPerms::ReadOnly)
                .with_context(|| format!("component {:?} cannot be shown the folder {folder:?}", grants.component))?;
        }
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

/// Outgoing HTTP: denied to everybody. No part of Farebox calls out, and no grant makes this host do it.
struct Outgoing {
    component: Arc<str>,
}

type Sending = dyn Future<Output = Result<(http::Response<WasiBody>, Box<Receiving>), HttpError>> + Send;
type Receiving = dyn Future<Output = Result<(), HttpError>> + Send;

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<Receiving>,
    ) -> Box<Sending> {
        tracing::warn!(
            component = &*self.component,
            host = request.uri().host(),
            "an outgoing HTTP request was denied: the local host makes none"
        );
        Box::new(std::future::ready(Err(HttpError::HttpRequestDenied)))
    }
}
