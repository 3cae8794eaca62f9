//! Runs the Farebox application locally: the same `spin.toml` and the same component bytes that are deployed on Spin.
//!
//! Start reading at [`up`], which is the whole life of a local run in order: read and check the [`manifest`], resolve
//! its [`variables`], [`compose`] each component with its dependencies, compile it with the [`engine`] and [`serve`] it.
//!
//! What a component may do is decided in two places, and nowhere else: [`grants`] says what the manifest grants a
//! component as a whole, and [`deny`] cuts a dependency off from what it does not inherit. The host interfaces in
//! [`redis`], [`sqlite`] and [`variables`] look at nothing but those grants.
//!
//! The rest of the command line needs no server: [`quote`] prices a trip, [`explain`] says why a bill is what it is,
//! [`card`] checks rate cards, and [`replay`] prices bills again.

pub mod bill_text;
pub mod build_commands;
pub mod card;
pub mod cli;
pub mod compose;
pub mod data_dir;
pub mod deny;
pub mod dependency_name;
pub mod engine;
pub mod explain;
pub mod grants;
pub mod input;
pub mod logs;
pub mod manifest;
pub mod problem;
pub mod problems;
pub mod quote;
pub mod redis;
pub mod replay;
pub mod routes;
pub mod serve;
pub mod sqlite;
pub mod state;
pub mod table;
pub mod template;
pub mod up;
pub mod variables;

mod bindings;
