//! Quotes in SQLite.

use super::{Quotes, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, texts};

impl Quotes for Sqlite {
    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault> {
        self.run(statement::PUT, [city.into(), quote.into(), document.into(), ttl_s.into()]).await?;
        Ok(())
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault> {
        let Some(row) = self.row(statement::GET, [city.into(), quote.into()]).await? else { return Ok(None) };
        let [document] = texts(row).ok_or_else(|| corrupt("quote"))?;
        Ok(Some(document))
    }
}
