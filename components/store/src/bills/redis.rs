//! Bills in Redis.

use super::{Bills, StoredBill};
use crate::Fault;
use crate::backend::Redis;

impl Bills for Redis {
    async fn put_bill(&self, city: &str, trip: &str, bill: &StoredBill) -> Result<Option<StoredBill>, Fault> {
        self.put_once(city, trip, self.keys.bill(city, trip), bill).await
    }

    async fn bill(&self, city: &str, trip: &str) -> Result<Option<StoredBill>, Fault> {
        self.record(city, &self.keys.bill(city, trip)).await
    }
}
