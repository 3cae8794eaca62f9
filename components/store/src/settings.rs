//! The component's variables.

use crate::backend::Synchronous;
use std::num::NonZeroU32;

/// What the variables say: where things are kept, and how.
///
/// Two backends at once: the one that all nodes of a site share, and the SQLite of this node. They may be the same.
//
// Not `Debug`: a Redis address may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `site`: who asks.
    pub site: String,
    /// `store_backend`: what is shared.
    pub shared: SharedBy,
    /// `sqlite_synchronous`, "full" or "normal": of the node's SQLite.
    pub synchronous: Synchronous,
    /// `trip_ttl_s`: how long a trip is kept after its last segment, in seconds.
    pub trip_ttl_s: NonZeroU32,
}

/// Where the nodes of a site keep what they share.
#[derive(Clone, PartialEq, Eq)]
pub enum SharedBy {
    /// "redis".
    Redis {
        /// `redis_url`, for example "redis://127.0.0.1:6379".
        url: String,
        /// `buckets`: over how many hash slots the keys of one city are spread, 1 to 16,384.
        buckets: NonZeroU32,
    },
    /// "sqlite": there is one node, and its SQLite has it.
    Node,
}

impl Settings {
    /// The names of all variables.
    pub const VARIABLES: [&'static str; 6] =
        ["store_backend", "site", "redis_url", "buckets", "trip_ttl_s", "sqlite_synchronous"];

    /// Makes sense of the variables that the chosen backend needs. `variable` gives the text of one, or says why there
    /// is none.
    ///
    /// # Errors
    ///
    /// All that is wrong, in one text: which variable, and what would be right.
    pub fn parse(variable: impl Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        let mut problems = Vec::new();
        let settings = Self::collect(&mut |name, right| {
            let problem = match variable(name) {
                Ok(text) if (right.accepts)(&text) => return Some(text),
                // Not the text itself: it may be a secret in the wrong place.
                Ok(_) => format!("variable {name} must be {}", right.words),
                Err(why) => format!("variable {name} must be {}: {why}", right.words),
            };
            problems.push(problem);
            None
        });
        settings.ok_or_else(|| problems.join("; "))
    }

    fn collect(variable: &mut impl FnMut(&'static str, Right) -> Option<String>) -> Option<Self> {
        let backend = variable("store_backend", BACKEND);
        let site = variable("site", SITE);
        let shared = match backend.as_deref() {
            Some("redis") => {
                let (url, buckets) = (variable("redis_url", ADDRESS), variable("buckets", BUCKETS));
                let redis = || Some(SharedBy::Redis { url: url?, buckets: buckets?.parse().ok()? });
                redis()
            }
            Some(_) => Some(SharedBy::Node),
            None => None,
        };
        let synchronous = variable("sqlite_synchronous", SYNCHRONOUS).map(|text| match &*text {
            "full" => Synchronous::Full,
            _ => Synchronous::Normal,
        });
        let trip_ttl_s = variable("trip_ttl_s", SECONDS)?.parse().ok();
        Some(Self { site: site?, shared: shared?, synchronous: synchronous?, trip_ttl_s: trip_ttl_s? })
    }
}

/// What is right for a variable.
#[derive(Clone, Copy)]
struct Right {
    words: &'static str,
    accepts: fn(&str) -> bool,
}

const BACKEND: Right = Right { words: "\"sqlite\" or \"redis\"", accepts: |text| matches!(text, "sqlite" | "redis") };

const SITE: Right = Right {
    words: "the name of this site: 1 to 32 letters, digits, _ and -, beginning with a letter or digit",
    accepts: |text| {
        let first = text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
        first && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    },
};

const ADDRESS: Right = Right {
    words: "an address such as redis://127.0.0.1:6379",
    accepts: |text| text.starts_with("redis://") || text.starts_with("rediss://"),
};

const BUCKETS: Right = Right { words: "a number from 1 to 16384", accepts: |text| is_within(text, 16_384) };

const SECONDS: Right =
    Right { words: "a number of seconds from 1 to 315360000", accepts: |text| is_within(text, crate::MAX_TTL_S) };

const SYNCHRONOUS: Right = Right { words: "\"full\" or \"normal\"", accepts: |text| matches!(text, "full" | "normal") };

fn is_within(text: &str, most: u32) -> bool {
    text.parse::<NonZeroU32>().is_ok_and(|number| number.get() <= most)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::parse(|name| match variables.iter().find(|(n, _)| *n == name) {
            Some((_, text)) => Ok((*text).to_owned()),
            None => Err("undefined".to_owned()),
        })
    }

    #[test]
    fn only_what_the_backends_need_is_asked_for() {
        let number = |number| NonZeroU32::new(number).unwrap();
        let of_node = [("site", "east"), ("sqlite_synchronous", "normal"), ("trip_ttl_s", "60")];
        let with = |more: &[(&'static str, &'static str)]| parse(&[&of_node, more].concat());
        let expected =
            |shared| Settings { site: "east".into(), shared, synchronous: Synchronous::Normal, trip_ttl_s: number(60) };
        assert!(with(&[("store_backend", "sqlite")]) == Ok(expected(SharedBy::Node)));
        let redis = with(&[("store_backend", "redis"), ("redis_url", "redis://h"), ("buckets", "16")]);
        assert!(redis == Ok(expected(SharedBy::Redis { url: "redis://h".into(), buckets: number(16) })));
    }

    #[test]
    fn all_problems_are_told_at_once() {
        #[track_caller]
        fn check(variables: &[(&str, &str)], expected: &[&str]) {
            assert_eq!(parse(variables).err(), Some(expected.join("; ")));
        }
        let ttl = "variable trip_ttl_s must be a number of seconds from 1 to 315360000: undefined";
        let synchronous = "variable sqlite_synchronous must be \"full\" or \"normal\"";
        check(
            &[("store_backend", "etcd"), ("site", "a"), ("sqlite_synchronous", "full"), ("trip_ttl_s", "1")],
            &["variable store_backend must be \"sqlite\" or \"redis\""],
        );
        check(
            &[("store_backend", "redis"), ("site", "-a"), ("redis_url", "secret@h"), ("buckets", "0")],
            &[
                "variable site must be the name of this site: 1 to 32 letters, digits, _ and -, beginning with a \
                 letter or digit",
                "variable redis_url must be an address such as redis://127.0.0.1:6379",
                "variable buckets must be a number from 1 to 16384",
                &format!("{synchronous}: undefined"),
                ttl,
            ],
        );
        check(&[("store_backend", "sqlite"), ("site", "a"), ("sqlite_synchronous", "off")], &[synchronous, ttl]);
    }
}
