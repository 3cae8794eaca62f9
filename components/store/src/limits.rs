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

/// The most entries of a list that one call returns.
pub const MAX_PAGE: u32 = 1_000;

/// Checks how many entries of a list are asked for.
///
/// # Errors
///
/// None, or more than [`MAX_PAGE`].
pub fn page(limit: u32) -> Result<u32, Fault> {
    match limit {
        1..=MAX_PAGE => Ok(limit),
        _ => Err(Fault::Other(format!("a limit of {limit}; it must be from 1 to {MAX_PAGE}"))),
    }
}

/// Checks the name of a day, which becomes a part of a key.
///
/// # Errors
///
/// It does not look like "2026-11-26".
pub fn day(text: &str) -> Result<(), Fault> {
    let fits = |(byte, model): (u8, &u8)| if *model == b'0' { byte.is_ascii_digit() } else { byte == *model };
    if text.len() == 10 && text.bytes().zip(b"0000-00-00").all(fits) {
        return Ok(());
    }
    Err(Fault::Other(format!("a day {text:?}; it must look like \"2026-11-26\"")))
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

    #[test]
    fn lists_are_asked_for_by_day_and_a_page_at_a_time() {
        assert_eq!((page(1), page(MAX_PAGE)), (Ok(1), Ok(1_000)));
        assert!(page(0).is_err() && page(MAX_PAGE + 1).is_err());
        assert_eq!(day("2026-11-26"), Ok(()));
        for wrong in ["", "2026-11-2", "2026-11-260", "2026/11/26", "2026-11-2x", "2026-11-\u{b2}"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
