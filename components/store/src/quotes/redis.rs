//! Quotes in Redis.

use super::{PUT, Quotes};
use crate::Fault;
use crate::backend::Redis;

impl Quotes for Redis {
    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault> {
        let arguments = [document.to_owned(), ttl_s.to_string()];
        self.step(&PUT, city, quote, &[self.keys.quote(city, quote)], &arguments).await?;
        Ok(())
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault> {
        let reply = self.read(city, &["GET", &self.keys.quote(city, quote)]).await?;
        Ok(reply.into_iter().next().flatten())
    }
}
