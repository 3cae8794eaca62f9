//! Generated from `wit/`: the host's side of Spin's interfaces.
#![allow(missing_docs, clippy::missing_errors_doc)]

wasmtime::component::bindgen!({
    path: "wit",
    world: "host",
    imports: { default: async | trappable },
    with: {
        "spin:redis/redis.connection": crate::redis::Connection,
        "spin:sqlite/sqlite.connection": crate::sqlite::Connection,
    },
});
