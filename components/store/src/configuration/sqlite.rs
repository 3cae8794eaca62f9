//! Configurations in SQLite.

use super::{Configuration, Generation, statement, too_old};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, texts};
use spin_sdk::sqlite::RowResult;

impl Configuration for Sqlite {
    async fn generations(&self) -> Result<Vec<Generation>, Fault> {
        self.run(statement::GENERATIONS, Vec::new()).await?.iter().map(generation).collect()
    }

    async fn propose(&self, proposed: &Generation) -> Result<Generation, Fault> {
        proposed.check()?;
        let Generation { number, at_ms, manifest } = proposed;
        let number = number.cast_signed();
        let parameters = vec![number.into(), at_ms.cast_signed().into(), manifest.as_str().into()];
        self.run(statement::PROPOSE, parameters).await?;
        let kept = self.row(statement::GENERATION, vec![number.into()]).await?;
        kept.as_ref().map(generation).ok_or_else(|| too_old(proposed.number))?
    }

    async fn put_file(&self, version: &str, text: &str) -> Result<(), Fault> {
        self.run(statement::PUT_FILE, vec![version.into(), text.into()]).await?;
        Ok(())
    }

    async fn file(&self, version: &str) -> Result<Option<String>, Fault> {
        let Some(row) = self.row(statement::FILE, vec![version.into()]).await? else { return Ok(None) };
        let [text] = texts(row).ok_or_else(|| corrupt("file of the configuration"))?;
        Ok(Some(text))
    }
}

fn generation(row: &RowResult) -> Result<Generation, Fault> {
    let generation = || {
        let (number, at_ms) = (row.get::<i64>(0)?, row.get::<i64>(1)?);
        let manifest = row.get::<&str>(2)?.to_owned();
        Some(Generation { number: number.try_into().ok()?, at_ms: at_ms.try_into().ok()?, manifest })
    };
    generation().ok_or_else(|| corrupt("generation"))
}
