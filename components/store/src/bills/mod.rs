//! Bills: what a backend does with them, and how each does it.

pub mod codec;
mod contract;
pub mod cursor;
#[cfg(target_family = "wasm")]
mod redis;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::Bills;

use crate::backend::{Script, write_once_script, write_script};
use std::sync::LazyLock;

/// Keeps a revision of a bill.
pub static POST: LazyLock<Script> = write_once_script!("bills/post.lua");

/// Puts another document in the place of a revision's.
pub static REDACT: LazyLock<Script> = write_script!("bills/redact.lua");

/// The statements, in SQL.
pub mod statement {
    use crate::backend::{write_once_statement, write_statement};

    /// Keeps a revision of a bill.
    pub const POST: &str = write_once_statement!("bills/post.sql");
    /// Puts another document in the place of a revision's.
    pub const REDACT: &str = write_statement!("bills/redact.sql");
    /// The newest revision.
    pub const HEAD: &str = include_str!("head.sql");
    /// The revision of a number.
    pub const REVISION: &str = include_str!("revision.sql");
    /// The trips that were billed on a day.
    pub const LIST: &str = include_str!("list.sql");
    /// The trips of which something is due.
    pub const DUE: &str = include_str!("due.sql");
}
