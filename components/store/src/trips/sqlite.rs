//! Trips in SQLite.

use super::contract::{AddError, Trips};
use super::{Batch, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, not_admitted_a_moment_ago};
use farebox_fare::Segment;
use farebox_records::stored::Accumulated;

impl Trips for Sqlite {
    async fn add_segments(&self, city: &str, trip: &str, batch: &Batch) -> Result<Accumulated, AddError> {
        let rows = batch.segments().iter().map(|s| (s.sequence, s.started_at, s.distance_m, s.duration_s));
        let json = serde_json::to_string(&rows.collect::<Vec<_>>()).map_err(|error| Fault::Other(error.to_string()))?;
        let parameters = [trip.into(), json.as_str().into(), self.trip_ttl_s.get().into()];
        if self.step(statement::ADD_SEGMENTS, city, parameters).await?.is_none() {
            return Err(self.admitted(city).await.err().unwrap_or_else(not_admitted_a_moment_ago).into());
        }
        let row = self.row(statement::ADDED, vec![city.into(), trip.into(), json.into()]).await.map_err(Fault::from)?;
        let row = row.ok_or_else(|| corrupt("trip"))?;
        if let Some(conflict) = row.get::<u64>(0) {
            return Err(AddError::Conflict(conflict));
        }
        if row.get::<u64>(1) != Some(0) {
            return Err(AddError::TooManySegments);
        }
        let billed = row.get(5);
        // A trip without segments is not there.
        let Some(distance_m) = row.get(2) else { return Ok(Accumulated { billed, ..Accumulated::default() }) };
        let totals = || Some(Accumulated { distance_m, duration_s: row.get(3)?, segments: row.get(4)?, billed });
        Ok(totals().ok_or_else(|| corrupt("trip"))?)
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault> {
        let row = self.row(statement::SEGMENTS, vec![city.into(), trip.into()]).await?;
        let json = row.as_ref().and_then(|row| row.get::<&str>(0)).ok_or_else(|| corrupt("trip"))?;
        let rows: Vec<(u64, i64, u64, u64)> = serde_json::from_str(json).map_err(|_| corrupt("trip"))?;
        let segment =
            |(sequence, started_at, distance_m, duration_s)| Segment { sequence, started_at, distance_m, duration_s };
        Ok(rows.into_iter().map(segment).collect())
    }
}
