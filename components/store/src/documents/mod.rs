//! Documents that quotes and bills were made with: what a backend does with them, and how each does it.

mod contract;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Documents;

use crate::backend::{Script, write_script};
use std::sync::LazyLock;

/// Keeps a document unless there is one.
pub static PUT_ONCE: LazyLock<Script> = write_script!("documents/put_once.lua");

/// The statements, in SQL.
pub mod statement {
    use crate::backend::write_statement;

    /// Keeps a document unless there is one.
    pub const PUT_ONCE: &str = write_statement!("documents/put_once.sql");
    /// A document.
    pub const GET: &str = include_str!("get.sql");
}
