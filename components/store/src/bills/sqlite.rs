//! Bills in SQLite.

use super::{Bills, StoredBill, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, not_admitted_a_moment_ago, texts};

impl Bills for Sqlite {
    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, Fault> {
        let parameters = [trip.into(), bill.fingerprint.as_str().into(), bill.document.as_str().into()];
        if self.step(statement::PUT_ONCE, city, parameters).await?.is_some() {
            return Ok(None);
        }
        self.admitted(city).await?;
        self.bill(city, trip).await?.ok_or_else(not_admitted_a_moment_ago).map(Some)
    }

    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, Fault> {
        let Some(row) = self.row(statement::GET, vec![city.into(), trip.into()]).await? else { return Ok(None) };
        let [fingerprint, document] = texts(row).ok_or_else(|| corrupt("bill"))?;
        Ok(Some(StoredBill { fingerprint, document }))
    }
}
