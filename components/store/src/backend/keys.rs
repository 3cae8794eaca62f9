//! Where things are in Redis.

use sha1::{Digest, Sha1};
use std::num::NonZeroU32;

/// Builds keys: `c:<city>:{<city>:<bucket>}:<kind>:<identifier>`.
///
/// The prefix lets one ACL pattern, `c:<city>:*`, decide whether a city may be written. What stands in braces is all
/// that a Redis cluster places a key by, so that everything about one trip sits in one slot, while a busy city is
/// spread over many. The identifier comes last because it may contain colons.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    buckets: NonZeroU32,
}

impl Keys {
    /// Keys spread over so many buckets per city. Keys made with another count are not found again.
    pub fn new(buckets: NonZeroU32) -> Self {
        Self { buckets }
    }

    /// What a trip has accumulated.
    pub fn trip(self, city: &str, trip: &str) -> String {
        self.key(city, "trip", trip)
    }

    /// A quote.
    pub fn quote(self, city: &str, quote: &str) -> String {
        self.key(city, "quote", quote)
    }

    /// A document of a kind.
    pub fn document(self, city: &str, kind: &str, version: &str) -> String {
        format!("{}:document:{kind}:{version}", self.slot(city, self.bucket(version)))
    }

    /// The bill of a trip.
    pub fn bill(self, city: &str, trip: &str) -> String {
        self.key(city, "bill", trip)
    }

    /// The bills of a day that are in a bucket.
    pub fn day(self, city: &str, bucket: u32, day: &str) -> String {
        format!("{}:day:{day}", self.slot(city, bucket))
    }

    /// The trips in a bucket of which something is due, and why.
    pub fn due(self, city: &str, bucket: u32) -> [String; 2] {
        let slot = self.slot(city, bucket);
        [format!("{slot}:due"), format!("{slot}:due-why")]
    }

    /// The top-ups of a trip.
    pub fn ledger(self, city: &str, trip: &str) -> String {
        self.key(city, "ledger", trip)
    }

    /// A request about a trip that was carried out: the nonce that a key signed it with.
    pub fn nonce(self, city: &str, trip: &str, key: &str, nonce: &str) -> String {
        format!("{}:nonce:{key}:{nonce}:{trip}", self.slot(city, self.bucket(trip)))
    }

    /// Who writes a city, and what is true of all that is in a bucket of it: what every write looks at first.
    pub fn of_bucket(self, city: &str, bucket: u32) -> [String; 2] {
        let slot = self.slot(city, bucket);
        [format!("{slot}:fence"), format!("{slot}:facts")]
    }

    /// A limit of a site: `s:<site>:{<site>:<bucket>}:limit:<name>`. What is of no city has a prefix, and so an ACL pattern, of its
    /// own. With another count of buckets it begins anew, which is all that it does.
    pub fn rate_limit(self, site: &str, name: &str) -> String {
        format!("s:{site}:{{{site}:{}}}:limit:{name}", self.bucket(name))
    }

    /// Over how many buckets a city is spread.
    pub fn buckets(self) -> NonZeroU32 {
        self.buckets
    }

    fn key(self, city: &str, kind: &str, identifier: &str) -> String {
        format!("{}:{kind}:{identifier}", self.slot(city, self.bucket(identifier)))
    }

    /// What all keys of a bucket begin with.
    fn slot(self, city: &str, bucket: u32) -> String {
        format!("c:{city}:{{{city}:{bucket}}}")
    }

    /// The first 32 bits of the identifier's SHA-1, modulo the number of buckets: easy to redo in a shell.
    pub fn bucket(self, identifier: &str) -> u32 {
        let [a, b, c, d, ..]: [u8; 20] = Sha1::digest(identifier).into();
        u32::from_be_bytes([a, b, c, d]) % self.buckets
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn keys(buckets: u32) -> Keys {
        Keys::new(NonZeroU32::new(buckets).unwrap())
    }

    /// Keys are forever: what one release wrote, the next must find. `printf a-1 | sha1sum` begins with bfde529b.
    #[test]
    fn keys_are_stable() {
        let keys = keys(16);
        assert_eq!(keys.trip("110000", "a-1"), "c:110000:{110000:11}:trip:a-1");
        assert_eq!(keys.bill("110000", "a-1"), "c:110000:{110000:11}:bill:a-1");
        assert_eq!(keys.ledger("110000", "a-1"), "c:110000:{110000:11}:ledger:a-1");
        assert_eq!(keys.quote("X_y-z", "q.~:_-"), "c:X_y-z:{X_y-z:12}:quote:q.~:_-");
        assert_eq!(keys.document("110000", "policy", "a-1"), "c:110000:{110000:11}:document:policy:a-1");
        let nonce = keys.nonce("110000", "a-1", "dispatch", "6f1d0c2a9b7e4f53");
        assert_eq!(nonce, "c:110000:{110000:11}:nonce:dispatch:6f1d0c2a9b7e4f53:a-1");
        assert_eq!(keys.day("110000", 3, "2026-11-26"), "c:110000:{110000:3}:day:2026-11-26");
        assert_eq!(keys.due("110000", 3), ["c:110000:{110000:3}:due", "c:110000:{110000:3}:due-why"]);
        let name = "dispatch:110000:bill";
        assert_eq!(keys.rate_limit("east", name), format!("s:east:{{east:{}}}:limit:{name}", keys.bucket(name)));
        assert_eq!(keys.of_bucket("110000", 11), ["c:110000:{110000:11}:fence", "c:110000:{110000:11}:facts"]);
    }

    /// All keys of a trip share a slot, and a city's trips use all its buckets.
    #[test]
    fn trips_spread_over_all_buckets() {
        let mut used = std::collections::BTreeMap::<u32, u32>::new();
        for trip in 0..1600 {
            *used.entry(keys(16).bucket(&format!("trip-{trip}"))).or_default() += 1;
        }
        assert_eq!(used.len(), 16);
        assert!(used.values().all(|trips| (50..=150).contains(trips)), "{used:?}");
        assert_eq!(keys(1).bucket("anything"), 0);
    }
}
