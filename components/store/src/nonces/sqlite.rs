//! Nonces in SQLite.

use super::{Nonces, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{not_admitted_a_moment_ago, once_parameter};
use farebox_records::stored::{Entered, Once};

impl Nonces for Sqlite {
    async fn enter(&self, city: &str, trip: &str, once: &Once) -> Result<Entered, Fault> {
        if self.step(statement::ENTER, city, [trip.into(), once_parameter(Some(once))]).await?.is_some() {
            return Ok(Entered::Fresh);
        }
        self.admitted(city).await?;
        if self.is_replayed(city, trip, once).await? {
            return Ok(Entered::Replayed);
        }
        Err(not_admitted_a_moment_ago())
    }
}

impl Sqlite {
    /// Whether a request was carried out in another attempt.
    pub(crate) async fn is_replayed(&self, city: &str, trip: &str, once: &Once) -> Result<bool, Fault> {
        let parameters = vec![city.into(), trip.into(), once_parameter(Some(once))];
        Ok(self.row(statement::REPLAYED, parameters).await?.is_some())
    }
}
