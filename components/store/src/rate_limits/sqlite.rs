//! Limits in SQLite.

use super::{RateLimits, check, codec, statement};
use crate::Fault;
use crate::backend::Sqlite;
use farebox_limits::{Limit, Taken};
use spin_sdk::sqlite::Value;

impl RateLimits for Sqlite {
    async fn take(&self, name: &str, limit: &Limit, up_to: u32) -> Result<Taken, Fault> {
        check(limit, up_to)?;
        let numbers = codec::arguments(limit, up_to).map(|number| Value::from(number.cast_signed()));
        let parameters = [Value::from(name)].into_iter().chain(numbers).collect();
        let row = self.row(statement::TAKE, parameters).await?;
        let column = |column| row.as_ref().and_then(|row| u64::try_from(row.get::<i64>(column)?).ok());
        let answer: Option<Vec<u64>> = (0..6).map(column).collect();
        let answer = answer.and_then(|answer| answer.try_into().ok());
        answer.and_then(|answer| codec::taken(answer, limit, up_to)).ok_or_else(|| codec::corrupt("SQLite"))
    }
}
