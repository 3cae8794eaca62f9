//! What a backend does with quotes.

use crate::Fault;

/// Cached estimates.
#[allow(async_fn_in_trait, reason = "a component has one thread; nobody asks whether these futures are Send")]
pub trait Quotes {
    /// Keeps a quote for 1 to [`MAX_TTL_S`](crate::MAX_TTL_S) seconds, in place of the one before.
    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault>;

    /// A quote that has not expired.
    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault>;
}
