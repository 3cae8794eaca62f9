//! Bills in Redis.

use super::cursor::InBuckets;
use super::{Bills, POST, REDACT, codec};
use crate::Fault;
use crate::backend::Redis;
use farebox_records::stored::{DueTrip, Listed, NewRevision, Once, Page, Posted, Revision};

/// How many buckets one call looks into at most, so that it is answered in time whatever there is.
const MOST_BUCKETS: u32 = 64;

impl Bills for Redis {
    async fn post(&self, city: &str, trip: &str, new: &NewRevision, once: Option<&Once>) -> Result<Posted, Fault> {
        let [due, why] = self.keys.due(city, self.keys.bucket(trip));
        let day = self.keys.day(city, self.keys.bucket(trip), &new.day);
        let [bill, ledger, trip_key] =
            [self.keys.bill(city, trip), self.keys.ledger(city, trip), self.keys.trip(city, trip)];
        let keys = [bill, ledger, day, due, why, trip_key];
        let reply = self.step_once(&POST, city, trip, once, keys, &codec::arguments(trip, new)).await?;
        codec::posted(reply)
    }

    async fn head(&self, city: &str, trip: &str) -> Result<Option<Revision>, Fault> {
        let key = self.keys.bill(city, trip);
        codec::revision(self.read(city, &["HMGET", &key, "head", "fingerprint", "document"]).await?)
    }

    async fn revision(&self, city: &str, trip: &str, number: u32) -> Result<Option<Revision>, Fault> {
        let key = self.keys.bill(city, trip);
        let [fingerprint, document] = ["fingerprint", "document"].map(|field| format!("{number}:{field}"));
        let command = ["HMGET", &key, "head", "fingerprint", "document", &fingerprint, &document];
        codec::one_of(self.read(city, &command).await?, number)
    }

    async fn redact(&self, city: &str, trip: &str, number: u32, expected: &str, document: &str) -> Result<bool, Fault> {
        let arguments = [number.to_string(), expected.to_owned(), document.to_owned()];
        codec::redacted(&self.step(&REDACT, city, trip, &[self.keys.bill(city, trip)], &arguments).await?)
    }

    async fn list(&self, city: &str, day: &str, cursor: Option<&str>, limit: u32) -> Result<Page<Listed>, Fault> {
        let (members, next) = self.walk(city, cursor, limit, |bucket| self.keys.day(city, bucket, day)).await?;
        let members: Vec<String> = members.into_iter().map(|(_, member)| member).collect();
        Ok(Page { entries: codec::listed(&members)?, next })
    }

    async fn due(&self, city: &str, cursor: Option<&str>, limit: u32) -> Result<Page<DueTrip>, Fault> {
        let key = |bucket| {
            let [due, _] = self.keys.due(city, bucket);
            due
        };
        let (members, next) = self.walk(city, cursor, limit, key).await?;
        let mut entries = Vec::new();
        for (bucket, member) in members {
            let trip = codec::due_trip(&member)?;
            let [_, why] = self.keys.due(city, bucket);
            // It may have been settled in between.
            if let Some(why) = self.read(city, &["HGET", &why, trip]).await?.into_iter().next().flatten() {
                entries.push(codec::due(trip, &why)?);
            }
        }
        Ok(Page { entries, next })
    }
}

impl Redis {
    /// The members of a sorted set that each bucket has, in order, each with its bucket; and where to go on.
    async fn walk(
        &self,
        city: &str,
        cursor: Option<&str>,
        limit: u32,
        key: impl Fn(u32) -> String,
    ) -> Result<(Vec<(u32, String)>, Option<String>), Fault> {
        let InBuckets { bucket: first, member } = InBuckets::parse(cursor)?;
        let end = first.saturating_add(MOST_BUCKETS).min(self.keys.buckets().get());
        let mut after = if member.is_empty() { "-".to_owned() } else { format!("({member}") };
        let mut found: Vec<(u32, String)> = Vec::new();
        for bucket in first..end {
            let left = u64::from(limit).saturating_sub(found.len() as u64);
            let command = ["ZRANGEBYLEX", &key(bucket), &after, "+", "LIMIT", "0", &left.to_string()];
            found.extend(self.read(city, &command).await?.into_iter().flatten().map(|member| (bucket, member)));
            if let Some((bucket, member)) = found.last().filter(|_| found.len() as u64 >= u64::from(limit)) {
                let next = InBuckets { bucket: *bucket, member }.text();
                return Ok((found, Some(next)));
            }
            "-".clone_into(&mut after);
        }
        let next = (end < self.keys.buckets().get()).then(|| InBuckets { bucket: end, member: "" }.text());
        Ok((found, next))
    }
}
