//! What the instances of a node agree on: which configuration is in force from when on.

use super::StoreError;
use farebox_records::stored::{Generation, Known, Proposal};

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
