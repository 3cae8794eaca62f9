//! Configurations of this node: what a backend does with them, and how SQLite does it. They are in the embedded database
//! whatever else is in Redis.

mod contract;
#[cfg(target_family = "wasm")]
mod sqlite;

pub use contract::{Configuration, check, too_old};

/// The statements, in SQL.
pub mod statement {
    /// What the clock says, and the newest two generations.
    pub const GENERATIONS: &str = include_str!("generations.sql");
    /// Keeps a generation unless there is one of its number, or a later one.
    pub const PROPOSE: &str = include_str!("propose.sql");
    /// A generation.
    pub const GENERATION: &str = include_str!("generation.sql");
    /// Keeps the text of a file.
    pub const PUT_FILE: &str = include_str!("put_file.sql");
    /// The text of a file.
    pub const FILE: &str = include_str!("file.sql");
}
