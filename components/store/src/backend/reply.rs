//! How things look in Redis.
//!
//! A reply is a flat list of texts, `None` where Redis said nil.

use super::{Fault, Fence};

/// What Redis answered.
pub type Reply = Vec<Option<String>>;

/// What the own part of a write answered; `buckets` is how many this site spreads a city over.
///
/// # Errors
///
/// What every write does first said no: see `prologue.lua`.
pub fn admitted(reply: Reply, buckets: u32) -> Result<Reply, Fault> {
    let words: Vec<Option<&str>> = reply.iter().map(Option::as_deref).collect();
    match words[..] {
        [Some("fenced"), Some(owner), Some(epoch), Some(retry_after)] => {
            let fence = || {
                let (epoch, retry_after_s) = (epoch.parse().ok()?, retry_after.parse::<u64>().ok()?.max(1));
                Some(Fence { owner: owner.to_owned(), epoch, retry_after_s })
            };
            Err(fence().map_or_else(|| corrupt("fence"), Fault::Fenced))
        }
        [Some("buckets"), there] => Err(spread_differently(there.unwrap_or_default(), buckets)),
        _ => Ok(reply),
    }
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

    fn check(reply: &[&str], expected: Result<(), &str>) {
        let reply: Reply = reply.iter().map(|word| Some((*word).to_owned())).collect();
        match (admitted(reply.clone(), 16), expected) {
            (Ok(passed), Ok(())) => assert_eq!(passed, reply),
            (Err(fault), Err(expected)) => assert!(format!("{fault:?}").contains(expected), "{fault:?}"),
            (admitted, expected) => panic!("{admitted:?} instead of {expected:?}"),
        }
    }

    /// Whatever the own part of a write answers is passed on; what stood before it is a fault that says what is wrong.
    #[test]
    fn what_every_write_does_first() {
        check(&["ok"], Ok(()));
        check(&["created"], Ok(()));
        check(&["conflict", "7"], Ok(()));
        check(&[], Ok(()));
        check(&["fenced", "east", "7", "30"], Err("Fenced(Fence { owner: \"east\", epoch: 7, retry_after_s: 30 })"));
        check(&["fenced", "east", "7", "0"], Err("retry_after_s: 1"));
        check(&["fenced", "east", "seven", "30"], Err("a fence in Redis is not as"));
        check(&["buckets", "32"], Err("spread over 32 buckets, and variable buckets is 16; it must be 32"));
    }
}
