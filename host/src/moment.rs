//! Moments in arguments.

use farebox_fare::{Timestamp, time};

/// "2026-11-21T08:00:00+08:00": seconds since 1970 in the end.
///
/// # Errors
///
/// What would be right.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    let message = || "not a time with its offset; write it like 2026-11-21T08:00:00+08:00".to_owned();
    time::parse(text).ok_or_else(message)
}
