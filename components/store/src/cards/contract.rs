//! What a backend does with rate cards.

use crate::Fault;

/// Rate cards that quotes and bills were priced with.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Cards {
    /// Keeps a rate card under its version, unless there is one.
    async fn put_card(&self, city: &str, version: &str, document: &str) -> Result<(), Fault>;

    /// The rate card of a version.
    async fn card(&self, city: &str, version: &str) -> Result<Option<String>, Fault>;
}
