//! Trips in SQLite.

use super::contract::{AddError, Trips};
use super::{Added, Batch, Seen, rows, statement};
use crate::Fault;
use crate::backend::Sqlite;
use crate::backend::sqlite::{corrupt, not_admitted_a_moment_ago, once_parameter};
use farebox_fare::Segment;
use farebox_records::stored::{Accumulated, Once};

/// How often segments are sent whose trip is forgotten before anybody could look. Trips live for a second at least, and are given
/// their time again with each attempt.
const ATTEMPTS: u32 = 3;

impl Trips for Sqlite {
    async fn add_segments(
        &self,
        city: &str,
        trip: &str,
        batch: &Batch,
        once: Option<&Once>,
    ) -> Result<Accumulated, AddError> {
        let json = rows::json(batch.segments())?;
        for _ in 0..ATTEMPTS {
            let parameters = [trip.into(), once_parameter(once), json.as_str().into(), self.trip_ttl_s.get().into()];
            if self.step(statement::ADD_SEGMENTS, city, parameters).await?.is_none() {
                self.admitted(city).await?;
                return Err(match once {
                    Some(once) if self.is_replayed(city, trip, once).await? => AddError::Replayed,
                    _ => not_admitted_a_moment_ago().into(),
                });
            }
            let parameters = vec![city.into(), trip.into(), json.as_str().into()];
            let row = self.row(statement::ADDED, parameters).await.map_err(Fault::from)?;
            let row = row.ok_or_else(|| corrupt("trip"))?;
            let missing = row.get(1).ok_or_else(|| corrupt("trip"))?;
            match (Seen { conflict: row.get(0), missing, held: row.get(4) }).tell(batch.segments().len()) {
                Added::Conflict(sequence) => return Err(AddError::Conflict(sequence)),
                Added::TooMany => return Err(AddError::TooManySegments),
                Added::Forgotten => {}
                Added::All => {
                    let billed = row.get(5);
                    // A trip without segments is not there.
                    let Some(distance_m) = row.get(2) else {
                        return Ok(Accumulated { billed, ..Accumulated::default() });
                    };
                    let totals =
                        || Some(Accumulated { distance_m, duration_s: row.get(3)?, segments: row.get(4)?, billed });
                    return Ok(totals().ok_or_else(|| corrupt("trip"))?);
                }
            }
        }
        Err(Fault::Unavailable("SQLite: the trip was forgotten before its segments could be looked at".to_owned())
            .into())
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault> {
        let row = self.row(statement::SEGMENTS, vec![city.into(), trip.into()]).await?;
        let json = row.as_ref().and_then(|row| row.get::<&str>(0)).ok_or_else(|| corrupt("trip"))?;
        rows::read(json).ok_or_else(|| corrupt("trip"))
    }
}
