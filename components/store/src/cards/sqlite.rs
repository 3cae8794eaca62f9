//! Rate cards in SQLite.

use super::{Cards, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, texts};

impl Cards for Sqlite {
    async fn put_card(&self, city: &str, version: &str, document: &str) -> Result<(), Fault> {
        self.run(statement::PUT_ONCE, [city.into(), version.into(), document.into()]).await?;
        Ok(())
    }

    async fn card(&self, city: &str, version: &str) -> Result<Option<String>, Fault> {
        let Some(row) = self.row(statement::GET, [city.into(), version.into()]).await? else { return Ok(None) };
        let [document] = texts(row).ok_or_else(|| corrupt("rate card"))?;
        Ok(Some(document))
    }
}
