//! Quotes in SQLite.

use super::{Quotes, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, not_admitted_a_moment_ago, texts};

impl Quotes for Sqlite {
    async fn put_quote(&self, city: &str, quote: &str, document: &str, ttl_s: u32) -> Result<(), Fault> {
        match self.step(statement::PUT, city, [quote.into(), document.into(), ttl_s.into()]).await? {
            Some(_) => Ok(()),
            None => Err(self.admitted(city).await.err().unwrap_or_else(not_admitted_a_moment_ago)),
        }
    }

    async fn quote(&self, city: &str, quote: &str) -> Result<Option<String>, Fault> {
        // Estimates are answered before their quotes are kept: one that is not there may be among the writes under way.
        for statement in [statement::GET, statement::GET_IN_TURN] {
            if let Some(row) = self.row(statement, vec![city.into(), quote.into()]).await? {
                let [document] = texts(row).ok_or_else(|| corrupt("quote"))?;
                return Ok(Some(document));
            }
        }
        Ok(None)
    }
}
