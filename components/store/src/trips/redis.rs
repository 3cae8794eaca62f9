//! Trips in Redis.

use super::contract::{AddError, Trips};
use super::{ADD_SEGMENTS, Batch, codec};
use crate::backend::Redis;
use crate::{Fault, MAX_SEGMENTS};
use farebox_fare::Segment;
use farebox_records::stored::{Accumulated, Once};

impl Trips for Redis {
    async fn add_segments(
        &self,
        city: &str,
        trip: &str,
        batch: &Batch,
        once: Option<&Once>,
    ) -> Result<Accumulated, AddError> {
        let mut arguments = vec![trip.to_owned(), self.trip_ttl_s.to_string(), MAX_SEGMENTS.to_string()];
        for segment in batch.segments() {
            arguments.extend([segment.sequence.to_string(), codec::segment_value(segment)]);
        }
        let [due, why] = self.keys.due(city, self.keys.bucket(trip));
        let keys = [self.keys.trip(city, trip), self.keys.bill(city, trip), due, why];
        codec::totals(&self.step_once(&ADD_SEGMENTS, city, trip, once, keys, &arguments).await?)
    }

    async fn segments(&self, city: &str, trip: &str) -> Result<Vec<Segment>, Fault> {
        codec::segments(self.read(city, &["HGETALL", &self.keys.trip(city, trip)]).await?)
    }
}
