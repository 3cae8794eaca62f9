//! Runs a Spin application locally: the same `spin.toml` and the same component bytes that are deployed on Spin.
//!
//! Start reading at [`up`], which is the whole life of a local run in order: `load` the `manifest`, find the `values`
//! of its variables, make an `application` of it - `compose` each component with its dependencies, compile it with the
//! `compiler`, gather its [`grants`] - and `serve` that.
//!
//! What a guest can have of the host is in `capabilities`, one file each. What a component has of it is decided in two
//! places, and nowhere else: [`grants`] says what the manifest grants the component, and `deny` cuts a dependency off
//! from what it does not inherit. The capabilities look at nothing but those grants.
//!
//! No crate of the application is among the dependencies: what the host must know of one is in its manifest.

mod application;
mod budget;
mod build_commands;
mod capabilities;
mod capability_set;
pub mod compile;
mod compiler;
mod compose;
pub mod data_dir;
mod deny;
mod dependency_name;
pub mod engine;
pub mod grants;
mod load;
mod logs;
mod manifest;
mod misfits;
pub mod output;
mod routes;
mod serve;
pub mod starting;
pub mod state;
mod template;
mod tls;
mod unanswered;
pub mod up;
mod values;

pub use capabilities::{redis, sqlite, variables};
