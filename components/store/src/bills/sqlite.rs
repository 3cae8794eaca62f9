//! Bills in SQLite.

use super::{Bills, StoredBill, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, texts, vanished};

impl Bills for Sqlite {
    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, Fault> {
        let parameters = [city.into(), trip.into(), bill.fingerprint.as_str().into(), bill.document.as_str().into()];
        match self.row(statement::PUT_ONCE, parameters).await? {
            Some(_) => Ok(None),
            None => self.bill(city, trip).await?.ok_or_else(|| vanished("bill")).map(Some),
        }
    }

    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, Fault> {
        let Some(row) = self.row(statement::GET, [city.into(), trip.into()]).await? else { return Ok(None) };
        let [fingerprint, document] = texts(row).ok_or_else(|| corrupt("bill"))?;
        Ok(Some(StoredBill { fingerprint, document }))
    }
}
