//! Quotes in Redis.

use super::Quotes;
use crate::Fault;
use crate::backend::{Access, Redis};

impl Quotes for Redis {
    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault> {
        let key = self.keys.quote(city, quote);
        self.command(Access::Write, "SET", [&key, document, "EX", &ttl_s.to_string()]).await?;
        Ok(())
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault> {
        let reply = self.command(Access::Read, "GET", [&self.keys.quote(city, quote)]).await?;
        Ok(reply.into_iter().next().flatten())
    }
}
