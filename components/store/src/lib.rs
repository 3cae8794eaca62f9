//! The `store` component: `farebox:store` over Redis or SQLite.
//!
//! Each noun has a folder: what a backend does with it (`contract.rs`), how it looks in Redis (`codec.rs`), the scripts, the
//! SQL, and who runs them. Start with [`trips`]. [`backend`] has what they share: connections, [`Keys`], [`Fault`].
//! [`Settings`] are the component's variables. What is kept and given back is in [`farebox_records::stored`].
//!
//! Everything that can be decided without a backend compiles natively and is tested there. What runs scripts and
//! statements, and `component.rs`, which maps WIT to the contracts, exist on WebAssembly only. Keys, fields, schema and
//! errors are described for operators in `docs/store.md`.

pub mod backend;
pub mod bills;
pub mod breakers;
pub mod configuration;
pub mod documents;
pub mod journal;
pub mod ledger;
mod limits;
pub mod nonces;
pub mod positions;
pub mod quotes;
pub mod rate_limits;
mod settings;
pub mod trips;

pub use backend::{Fault, Keys};
pub use limits::{MAX_QUANTITY, MAX_SEGMENTS, MAX_SEQUENCE, MAX_TTL_S, day, page, ttl_s};
pub use settings::{Settings, SharedBy};

#[cfg(target_family = "wasm")]
mod component;
