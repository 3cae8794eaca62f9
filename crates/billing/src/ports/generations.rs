//! The configurations that a node serves from, each from a moment on.

use super::StoreError;

/// Configurations, kept on this node, as `wit/store` promises them. A call may take for ever; whoever makes it bounds it.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Generations {
    /// The newest two generations, ascending.
    async fn generations(&self) -> Result<Vec<Generation>, StoreError>;

    /// Keeps a generation unless there is one of its number: the one that is kept. Its files are put before.
    async fn propose(&self, generation: &Generation) -> Result<Generation, StoreError>;

    /// Keeps the text of a file under its version.
    async fn put_file(&self, version: &str, text: &str) -> Result<(), StoreError>;

    /// The text of a file, if it is kept.
    async fn file(&self, version: &str) -> Result<Option<String>, StoreError>;
}

/// A configuration, in force from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The higher, the newer.
    pub number: u64,
    /// From when on, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it consists of: a JSON object of path -> version, the SHA-256 of the file's text.
    pub manifest: String,
}
