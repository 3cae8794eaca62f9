//! What a backend does with requests that are carried out once.

use crate::Fault;
use farebox_records::stored::{Entered, Once};

/// Requests that are carried out once. Most are entered by the write that they ask for.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Nonces {
    /// Enters the nonce of a request that needs no other write.
    async fn enter(&self, city: &str, trip: &str, once: &Once) -> Result<Entered, Fault>;
}
