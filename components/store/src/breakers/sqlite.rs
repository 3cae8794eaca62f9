//! Breakers in SQLite.

use super::{Breakers, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::corrupt;
use farebox_resilience::breaker::{Change, Kind, Row};
use spin_sdk::sqlite::{RowResult, Value};

impl Breakers for Sqlite {
    async fn breakers(&self) -> Result<Vec<(Kind, Row)>, Fault> {
        let rows = self.run(statement::LIST, Vec::new()).await?;
        rows.iter().map(row).collect()
    }

    async fn enter_breaker(&self, kind: Kind, change: &Change) -> Result<Row, Fault> {
        let Row { generation, is_open, since_ms, failed_ms, lease_ms, holder, opened, why } = &change.row;
        let number = |number: u64| Value::from(number.cast_signed());
        let parameters = vec![
            kind.word().into(),
            number(*generation),
            number((*is_open).into()),
            number(*since_ms),
            number(*failed_ms),
            number(*lease_ms),
            number(*holder),
            number(*opened),
            why.as_str().into(),
            number(change.expected),
        ];
        let kept = match self.row(statement::ENTER, parameters).await? {
            Some(kept) => Some(kept),
            None => self.row(statement::ROW, vec![kind.word().into()]).await?,
        };
        Ok(row(&kept.ok_or_else(|| corrupt("breaker"))?)?.1)
    }
}

fn row(row: &RowResult) -> Result<(Kind, Row), Fault> {
    let read = || {
        let number = |column| Some(row.get::<i64>(column)?.cast_unsigned());
        let kind = Kind::of(row.get::<&str>(0)?)?;
        let read = Row {
            generation: number(1)?,
            is_open: number(2)? != 0,
            since_ms: number(3)?,
            failed_ms: number(4)?,
            lease_ms: number(5)?,
            holder: number(6)?,
            opened: number(7)?,
            why: row.get::<&str>(8)?.to_owned(),
        };
        Some((kind, read))
    };
    read().ok_or_else(|| corrupt("breaker"))
}
