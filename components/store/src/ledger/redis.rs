//! Top-ups in Redis.

use super::{Ledger, TopUp};
use crate::Fault;
use crate::backend::Redis;

impl Ledger for Redis {
    async fn put_top_up(&self, city: &str, trip: &str, top_up: &TopUp) -> Result<Option<TopUp>, Fault> {
        self.put_once(city, trip, self.keys.ledger(city, trip), top_up).await
    }

    async fn top_up(&self, city: &str, trip: &str) -> Result<Option<TopUp>, Fault> {
        self.record(city, &self.keys.ledger(city, trip)).await
    }
}
