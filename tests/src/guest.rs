//! The pure components, called through WIT in a bare wasmtime: WASI and nothing else.

use farebox_kit::artifacts;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The shared vocabulary, in the form in which it crosses into a guest.
pub mod vocabulary {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: "../wit/types",
        inline: "
            package farebox:vocabulary;
            world vocabulary { import farebox:types/types@0.1.0; }
        ",
    });
    pub use self::farebox::types::types::*;
}

/// Bindings of farebox:pricing.
pub mod pricing {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/pricing"],
        world: "farebox:pricing/component",
        with: { "farebox:types/types": crate::guest::vocabulary::farebox::types::types },
    });
}

/// Bindings of farebox:commission.
pub mod commission {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/commission"],
        world: "farebox:commission/component",
        with: { "farebox:types/types": crate::guest::vocabulary::farebox::types::types },
    });
}

/// Bindings of farebox:render.
pub mod render {
    #![allow(missing_docs)]
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/render"],
        world: "farebox:render/component",
        with: { "farebox:types/types": crate::guest::vocabulary::farebox::types::types },
    });
}

/// What a guest may touch: an empty WASI.
pub struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
}

impl Default for Wasi {
    fn default() -> Self {
        Self { ctx: WasiCtx::builder().build(), table: ResourceTable::new() }
    }
}

impl WasiView for Wasi {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.ctx, table: &mut self.table }
    }
}

/// A compiled component, ready to be instantiated any number of times.
pub struct Guest {
    /// Runs it.
    pub engine: Engine,
    /// Its code.
    pub component: Component,
    /// What it may import: WASI.
    pub linker: Linker<Wasi>,
}

impl Guest {
    /// Compiles a component by name: "pricing".
    ///
    /// # Panics
    ///
    /// When it was not built, or is not a component.
    pub fn load(name: &str) -> Self {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        let engine = Engine::new(&config).expect("the configuration is valid");
        let path = artifacts::component(name);
        let component = Component::from_file(&engine, &path).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("the linker is empty");
        Self { engine, component, linker }
    }

    /// A store for one instance.
    pub fn store(&self) -> Store<Wasi> {
        Store::new(&self.engine, Wasi::default())
    }
}
