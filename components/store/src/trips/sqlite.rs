//! Trips in SQLite.

use super::contract::{AddError, Totals, Trips};
use super::{Batch, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{Failure, corrupt};
use farebox_fare::Segment;
use spin_sdk::sqlite::Error;

impl Trips for Sqlite {
    async fn add_segments(&self, city: &str, trip: &str, batch: &Batch) -> Result<Totals, AddError> {
        let rows = batch.segments().iter().map(|s| (s.sequence, s.started_at, s.distance_m, s.duration_s));
        let json = serde_json::to_string(&rows.collect::<Vec<_>>()).map_err(|error| Fault::Other(error.to_string()))?;
        let ttl_s = self.trip_ttl_s.get();
        let parameters = [city.into(), trip.into(), json.as_str().into(), ttl_s.into()];
        match self.run(statement::ADD_SEGMENTS, parameters).await {
            Ok(_) => {}
            Err(Failure::Sqlite(Error::Io(text)))
                if text.contains(statement::SEGMENT_CONFLICT) || text.contains(statement::TOO_MANY_SEGMENTS) =>
            {
                // Segments never change, so what was in conflict then still is.
                let row = self.row(statement::FIND_CONFLICT, [city.into(), trip.into(), json.into()]).await?;
                let conflict = row.and_then(|row| row.get::<u64>(0));
                return Err(conflict.map_or(AddError::TooManySegments, AddError::Conflict));
            }
            Err(failure) => return Err(Fault::from(failure).into()),
        }
        let Some(row) = self.row(statement::TOTALS, [city.into(), trip.into()]).await? else {
            return Ok(Totals::default());
        };
        let totals = || Some(Totals { distance_m: row.get(0)?, duration_s: row.get(1)?, segments: row.get(2)? });
        Ok(totals().ok_or_else(|| corrupt("trip"))?)
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault> {
        let row = self.row(statement::SEGMENTS, [city.into(), trip.into()]).await?;
        let json = row.as_ref().and_then(|row| row.get::<&str>(0)).ok_or_else(|| corrupt("trip"))?;
        let rows: Vec<(u64, i64, u64, u64)> = serde_json::from_str(json).map_err(|_| corrupt("trip"))?;
        let segment =
            |(sequence, started_at, distance_m, duration_s)| Segment { sequence, started_at, distance_m, duration_s };
        Ok(rows.into_iter().map(segment).collect())
    }
}

impl From<Failure> for AddError {
    fn from(failure: Failure) -> Self {
        Self::Fault(failure.into())
    }
}
