//! The `store` component: `farebox:store` over Redis or SQLite.
//!
//! Start with [`Backend`], what a backend has to do. Everything that can be decided without a backend lives in modules
//! that compile natively and are tested there:
//!
//!  - [`Batch`]: which segments may be added at all;
//!  - [`Keys`]: where things are in Redis;
//!  - [`codec`]: how they look there;
//!  - [`Fault`]: what an error text of Redis or SQLite means;
//!  - [`script`], [`statement`]: the atomic steps, in Lua and in SQL;
//!  - [`Settings`]: the component's variables;
//!  - [`Shared`]: one connection for all requests of an instance.
//!
//! The two backends and `component.rs`, which maps WIT to [`Backend`], exist on WebAssembly only. Keys, fields, schema
//! and errors are described for operators in `docs/store.md`.

mod backend;
mod batch;
pub mod codec;
mod fault;
mod keys;
mod limits;
pub mod script;
mod settings;
mod shared;
pub mod statement;

pub use backend::{AddError, Backend, StoredBill, TopUp, Totals};
pub use batch::{Batch, BatchError};
pub use fault::{Access, Fault, Fence, is_unknown_script};
pub use keys::Keys;
pub use limits::{MAX_QUANTITY, MAX_SEGMENTS, MAX_SEQUENCE, MAX_TTL_S, ttl_s};
pub use settings::{Settings, Synchronous};
pub use shared::{Lease, Shared};

#[cfg(target_family = "wasm")]
mod component;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;
