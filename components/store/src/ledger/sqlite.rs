//! Top-ups in SQLite.

use super::{Ledger, TopUp, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, not_admitted_a_moment_ago};

impl Ledger for Sqlite {
    async fn put_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<Option<TopUp>, Fault> {
        let TopUp { currency, amount, scenario, billed_at } = top_up;
        let parameters =
            [trip.into(), currency.as_str().into(), (*amount).into(), scenario.as_str().into(), (*billed_at).into()];
        if self.step(statement::PUT_ONCE, city, parameters).await?.is_some() {
            return Ok(None);
        }
        self.admitted(city).await?;
        self.top_up(city, trip).await?.ok_or_else(not_admitted_a_moment_ago).map(Some)
    }

    async fn top_up(&self, city: &str, trip: &str) -> Result<Option<TopUp>, Fault> {
        let Some(row) = self.row(statement::GET, vec![city.into(), trip.into()]).await? else { return Ok(None) };
        let top_up = || {
            Some(TopUp {
                currency: row.get::<&str>(0)?.to_owned(),
                amount: row.get(1)?,
                scenario: row.get::<&str>(2)?.to_owned(),
                billed_at: row.get(3)?,
            })
        };
        top_up().map(Some).ok_or_else(|| corrupt("ledger entry"))
    }
}
