//! The HTTP API: the only place that knows HTTP.
//!
//! What can be said without a host lives in the modules below and is tested natively. The module `component`, which
//! exists in WebAssembly only, puts it together: it owns the order of things, the deadline on every store call, and
//! what happens when one passes.
//!
//! | a request is | by |
//! |---|---|
//! | recognised | [`routes`] |
//! | read | [`json`], [`decode`], [`requests`], within [`limits`] |
//! | answered | [`responses`] |
//! | refused | [`problem`], under a [`trace`] |

// The OpenAPI document is one long `json!`.
#![cfg_attr(test, recursion_limit = "512")]

pub mod decode;
pub mod fault;
pub mod geodesy;
pub mod json;
pub mod limits;
pub mod locale;
pub mod names;
pub mod openapi;
pub mod problem;
pub mod requests;
pub mod responses;
pub mod ride;
pub mod routes;
pub mod settings;
pub mod token;
pub mod trace;

#[cfg(target_family = "wasm")]
mod component;
