//! Nonces in Redis.

use super::{ENTER, Nonces, codec};
use crate::Fault;
use crate::backend::Redis;
use farebox_records::stored::{Entered, Once};

impl Nonces for Redis {
    async fn enter(&self, city: &str, trip: &str, once: &Once) -> Result<Entered, Fault> {
        codec::entered(&self.step_once(&ENTER, city, trip, Some(once), [], &[]).await?)
    }
}
