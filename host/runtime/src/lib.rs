//! Runs the Farebox application locally: the same `spin.toml` and the same component bytes that are deployed on Spin.
//!
//! Start reading at [`up`], which is the whole life of a local run in order: [`load`] the [`manifest`], resolve
//! the [`values`] of its variables, [`compose`] each component with its dependencies, compile it with the [`engine`] and [`serve`] it.
//!
//! What a component may do is decided in two places, and nowhere else: [`grants`] says what the manifest grants a
//! component as a whole, and [`deny`] cuts a dependency off from what it does not inherit. The host interfaces in
//! [`redis`], [`sqlite`] and [`variables`] look at nothing but those grants.

mod application;
pub mod build_commands;
mod capabilities;
pub mod capability_set;
pub mod compose;
pub mod data_dir;
pub mod deny;
pub mod dependency_name;
pub mod engine;
pub mod grants;
pub mod load;
pub mod logs;
pub mod manifest;
pub mod misfits;
pub mod routes;
pub mod serve;
pub mod state;
pub mod template;
pub mod unanswered;
pub mod up;
pub mod values;

pub use capabilities::{redis, sqlite, variables};
