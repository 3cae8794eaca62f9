//! Top-ups in Redis.

use super::{Entry, Ledger, codec};
use crate::Fault;
use crate::backend::Redis;

impl Ledger for Redis {
    async fn entry(&self, city: &str, trip: &str, revision: u32) -> Result<Option<Entry>, Fault> {
        codec::entry(self.read(city, &["HGET", &self.keys.ledger(city, trip), &revision.to_string()]).await?)
    }
}
