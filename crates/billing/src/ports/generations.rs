//! What the instances of a node agree on: which configuration is in force from when on.

use super::StoreError;

/// A configuration, and from when it is in force, as the node's database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Counts up by one from 1.
    pub number: u64,
    /// From when on, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it consists of, as JSON: an object of paths, each with the version of its text.
    pub manifest: String,
}

/// What there was when the store looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// When that was, in milliseconds since 1970, by the clock that leads are counted by. The answer may be late.
    pub now_ms: u64,
    /// The newest two generations, ascending.
    pub newest: Vec<Generation>,
}

/// A configuration that is to be in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The number that it is to have.
    pub number: u64,
    /// How long after it was written it is in force, in milliseconds, at most a day.
    pub lead_ms: u64,
    /// What it consists of, as JSON: an object of paths, each with the version of its text.
    pub manifest: String,
}

/// Generations and their texts, on this node: in its own database, even where everything else is in one that is shared. A call
/// may take for ever; whoever makes it bounds it.
#[expect(async_fn_in_trait, reason = "an instance is one thread")]
pub trait Generations {
    /// What there is when the store looks.
    async fn generations(&self) -> Result<Known, StoreError>;

    /// Keeps a generation unless there is one of its number; answers what is kept under the number. The store's clock says
    /// when it is in force, at the moment of writing: one that is written late is no less far ahead.
    async fn propose(&self, proposal: &Proposal) -> Result<Generation, StoreError>;

    /// Keeps a text under its version.
    async fn put_file(&self, version: &str, text: &str) -> Result<(), StoreError>;

    /// The text of a version. Those of generations older than the newest three may be gone.
    async fn file(&self, version: &str) -> Result<Option<String>, StoreError>;
}
