//! Top-ups in SQLite.

use super::{Entry, Ledger, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::corrupt;
use farebox_money::Currency;
use farebox_records::stored::TopUp;

impl Ledger for Sqlite {
    async fn entry(&self, city: &str, trip: &str, revision: u32) -> Result<Option<Entry>, Fault> {
        let parameters = vec![city.into(), trip.into(), revision.into()];
        let Some(row) = self.row(statement::GET, parameters).await? else { return Ok(None) };
        let entry = || {
            let (currency, document) = (Currency::from_code(row.get::<&str>(0)?)?, row.get::<&str>(2)?.to_owned());
            Some(Entry { top_up: TopUp { currency, amount: row.get(1)?, document }, billed_at: row.get(3)? })
        };
        entry().map(Some).ok_or_else(|| corrupt("ledger entry"))
    }
}
