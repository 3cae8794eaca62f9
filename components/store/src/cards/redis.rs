//! Rate cards in Redis.

use super::Cards;
use crate::Fault;
use crate::backend::{Access, Redis};

impl Cards for Redis {
    async fn put_card(&self, city: &str, version: &str, document: &str) -> Result<(), Fault> {
        self.command(Access::Write, "SET", [&self.keys.card(city, version), document, "NX"]).await?;
        Ok(())
    }

    async fn card(&self, city: &str, version: &str) -> Result<Option<String>, Fault> {
        let reply = self.command(Access::Read, "GET", [&self.keys.card(city, version)]).await?;
        Ok(reply.into_iter().next().flatten())
    }
}
