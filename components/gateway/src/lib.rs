//! The HTTP face of billing: which request is for which promise, and how its answer or refusal looks.
//!
//! What can be said without a host lives in the modules below and is tested natively. The module `component`, which
//! exists in WebAssembly only, brings what billing needs of the world: the store, the engines, time, chance, files.

pub mod answering;
pub mod openapi;
pub mod peer;
pub mod refusals;
pub mod routes;

#[cfg(target_family = "wasm")]
mod component;
