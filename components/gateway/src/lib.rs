//! The HTTP face of billing: which request is for which promise, and how its answer or refusal looks.
//!
//! What can be said without a host lives in the modules below and is tested natively. The module `component`, which
//! exists in WebAssembly only, brings what billing needs of the world: the store, the engines, time, chance, files.
//!
//! The gateway renders nothing: pages are answered by the component `pages`, whose instances are others, so that no page can
//! touch a bill.

pub mod admission;
pub mod answering;
pub mod batch;
pub mod collecting;
pub mod cors;
pub mod keeping;
pub mod openapi;
pub mod peer;
pub mod rate_limit;
pub mod refusals;
pub mod routes;

#[cfg(target_family = "wasm")]
pub mod component;

#[cfg(all(target_family = "wasm", feature = "gateway"))]
component!(farebox_billing::engines::Unrendered);
