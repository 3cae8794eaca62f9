//! Durations in arguments.

/// "21m", "1h5m", "1260s" or "1260": whole seconds in the end.
///
/// # Errors
///
/// What would be right.
pub fn parse(text: &str) -> Result<u64, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(seconds) = text.parse()
    {
        return Ok(seconds);
    }
    let duration = text.parse::<jiff::SignedDuration>().ok().filter(|duration| duration.subsec_nanos() == 0);
    duration
        .and_then(|duration| u64::try_from(duration.as_secs()).ok())
        .ok_or_else(|| "not a duration in whole seconds; write it like 21m, 1h5m or 1260s".to_owned())
}
