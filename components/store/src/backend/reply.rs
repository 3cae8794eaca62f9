//! How things look in Redis.
//!
//! A reply is a flat list of texts, `None` where Redis said nil.

use super::{Fault, Fence};
use crate::positions::codec;
use farebox_records::proof::Position;

/// What Redis answered.
pub type Reply = Vec<Option<String>>;

/// What the own part of a write answered, and where the bucket is after it: `None` when nobody has ever written to it. `buckets` is how
/// many this site spreads a city over.
///
/// # Errors
///
/// What every write does first said no: see `prologue.lua`. Or its answer makes no sense.
pub fn admitted(mut reply: Reply, buckets: u32) -> Result<(Reply, Option<Position>), Fault> {
    let words: Vec<Option<&str>> = reply.iter().map(Option::as_deref).collect();
    match words[..] {
        [Some("fenced"), Some(owner), Some(epoch), Some(retry_after)] => {
            let fence = || {
                let (epoch, retry_after_s) = (epoch.parse().ok()?, retry_after.parse::<u64>().ok()?.max(1));
                Some(Fence { owner: owner.to_owned(), epoch, retry_after_s })
            };
            return Err(fence().map_or_else(|| corrupt("fence"), Fault::Fenced));
        }
        [Some("buckets"), there] => return Err(spread_differently(there.unwrap_or_default(), buckets)),
        _ => {}
    }
    let position = match reply.pop().flatten().as_deref() {
        Some("") => None,
        Some(text) => Some(codec::read(text).ok_or_else(|| corrupt("position"))?),
        None => return Err(corrupt("position")),
    };
    Ok((reply, position))
}

/// The fault when the keys of a city are spread over `there` buckets, and this site is told of another count.
pub fn spread_differently(there: &str, buckets: u32) -> Fault {
    Fault::Other(format!(
        "Redis: the keys of this city are spread over {there} buckets, and variable buckets is {buckets}; it must be \
         {there} as long as they are there"
    ))
}

/// What is in Redis is not as this component writes it.
pub fn corrupt(what: &str) -> Fault {
    Fault::Other(format!("a {what} in Redis is not as this component writes it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSITION: Position = Position { life: 2, steps: 7, token: u64::MAX, mark: 42 };

    fn check(reply: &[&str], expected: Result<(&[&str], Option<Position>), &str>) {
        let texts = |words: &[&str]| words.iter().map(|word| Some((*word).to_owned())).collect::<Reply>();
        match (admitted(texts(reply), 16), expected) {
            (Ok(passed), Ok((own, position))) => assert_eq!(passed, (texts(own), position)),
            (Err(fault), Err(expected)) => assert!(format!("{fault:?}").contains(expected), "{fault:?}"),
            (admitted, expected) => panic!("{admitted:?} instead of {expected:?}"),
        }
    }

    /// Whatever the own part of a write answers is passed on, and where the bucket is apart from it; what stood before it is a fault that
    /// says what is wrong.
    #[test]
    fn what_every_write_does_first() {
        check(&["ok", ""], Ok((&["ok"], None)));
        check(&["created", "2:7:18446744073709551615:0042"], Ok((&["created"], Some(POSITION))));
        check(&["conflict", "7", "2:7:18446744073709551615:0042"], Ok((&["conflict", "7"], Some(POSITION))));
        check(&["fenced", "east", "7", "30"], Err("Fenced(Fence { owner: \"east\", epoch: 7, retry_after_s: 30 })"));
        check(&["fenced", "east", "7", "0"], Err("retry_after_s: 1"));
        check(&["fenced", "east", "seven", "30"], Err("a fence in Redis is not as"));
        check(&["buckets", "32"], Err("spread over 32 buckets, and variable buckets is 16; it must be 32"));
    }

    /// Where a bucket is must make sense; `prologue.lua` says so when it does not.
    #[test]
    fn where_a_bucket_is_makes_sense() {
        for nonsense in [&["position"][..], &["ok"], &["ok", "2:7"], &["ok", "2:7:x"], &[]] {
            check(nonsense, Err("a position in Redis is not as"));
        }
        assert_eq!(admitted(vec![Some("ok".to_owned()), None], 16), Err(corrupt("position")));
    }
}
