//! How large things may be, whatever the backend.

use crate::Fault;

/// The most segments one trip may hold.
pub const MAX_SEGMENTS: u32 = 20_000;

/// The most metres or seconds one segment may have. The sums over a trip full of such segments stay below 2^53, so that
/// they are exact everywhere, in Lua's doubles too.
pub const MAX_QUANTITY: u64 = 100_000_000_000;

/// The highest sequence number: the largest integer of SQLite.
pub const MAX_SEQUENCE: u64 = i64::MAX.unsigned_abs();

/// The longest time to live, in seconds: ten years.
pub const MAX_TTL_S: u32 = 315_360_000;

const _: () = assert!(MAX_QUANTITY * 20_000 < 1 << 53 && MAX_SEGMENTS == 20_000);

/// Checks a time to live.
///
/// # Errors
///
/// It is zero, or more than [`MAX_TTL_S`].
pub fn ttl_s(seconds: u64) -> Result<u32, Fault> {
    match u32::try_from(seconds) {
        Ok(seconds @ 1..=MAX_TTL_S) => Ok(seconds),
        _ => Err(Fault::Other(format!("a time to live of {seconds} s; it must be from 1 to {MAX_TTL_S}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_from_a_second_to_ten_years() {
        assert_eq!(ttl_s(1), Ok(1));
        assert_eq!(ttl_s(MAX_TTL_S.into()), Ok(MAX_TTL_S));
        for seconds in [0, u64::from(MAX_TTL_S) + 1, u64::MAX] {
            assert!(ttl_s(seconds).is_err(), "{seconds}");
        }
    }
}
