//! Configurations in SQLite.

use super::{Configuration, check, statement, too_old};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, texts};
use farebox_records::stored::{Generation, Known, Proposal};
use spin_sdk::sqlite::RowResult;

impl Configuration for Sqlite {
    async fn generations(&self) -> Result<Known, Fault> {
        let rows = self.run(statement::GENERATIONS, Vec::new()).await?;
        let now_ms = rows.first().and_then(|row| u64::try_from(row.get::<i64>(0)?).ok());
        let newest = rows.iter().filter(|row| row.get::<i64>(1).is_some()).map(|row| generation(row, 1));
        Ok(Known { now_ms: now_ms.ok_or_else(|| corrupt("clock"))?, newest: newest.collect::<Result<_, _>>()? })
    }

    async fn propose(&self, proposed: &Proposal) -> Result<Generation, Fault> {
        check(proposed)?;
        let Proposal { number, lead_ms, manifest } = proposed;
        let number = number.cast_signed();
        let parameters = vec![number.into(), lead_ms.cast_signed().into(), manifest.as_str().into()];
        self.run(statement::PROPOSE, parameters).await?;
        let kept = self.row(statement::GENERATION, vec![number.into()]).await?;
        kept.as_ref().map(|row| generation(row, 0)).ok_or_else(|| too_old(proposed.number))?
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

/// A generation, from this column on.
fn generation(row: &RowResult, first: usize) -> Result<Generation, Fault> {
    let generation = || {
        let (number, at_ms) = (row.get::<i64>(first)?, row.get::<i64>(first + 1)?);
        let manifest = row.get::<&str>(first + 2)?.to_owned();
        Some(Generation { number: number.try_into().ok()?, at_ms: at_ms.try_into().ok()?, manifest })
    };
    generation().ok_or_else(|| corrupt("generation"))
}
