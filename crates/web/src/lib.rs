//! HTTP without an application: what every component that answers requests has in common.
//!
//! | a request is | by |
//! |---|---|
//! | taken from the host, whole | [`wasi`], on WebAssembly only |
//! | read | [`request`], [`body`], [`query`] |
//! | answered | [`answer`], a [`response`] under a [`trace`] |
//! | refused | [`problem`], under the same |

pub mod answer;
pub mod body;
pub mod problem;
pub mod query;
pub mod request;
pub mod response;
pub mod trace;
#[cfg(target_family = "wasm")]
pub mod wasi;
