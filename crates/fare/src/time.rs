//! RFC 3339 text and seconds since 1970.

/// A moment, in whole seconds since the Unix epoch; fractions are dropped toward the past.
pub type Timestamp = i64;

/// Reads a time such as "2019-07-11T09:00:00+08:00". A fraction of a second is dropped toward the past.
///
/// `None` for anything that is not RFC 3339 with an offset: other ISO 8601 forms are refused, so that no two readers
/// differ about what was meant.
pub fn parse(text: &str) -> Option<Timestamp> {
    let shape = text.as_bytes().get(..19)?;
    let fits = shape.iter().zip(b"0000-00-00T00:00:00").all(|(byte, model)| match model {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't'),
        other => byte == other,
    });
    let rest = text.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest,
    };
    let zone_fits = match zone.as_bytes() {
        [b'Z' | b'z'] => true,
        // An offset is a time of day: RFC 3339 knows none of 24 hours and more.
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            [h1, h2, m1, m2].into_iter().all(u8::is_ascii_digit) && [h1, h2] <= [&b'2', &b'3'] && *m1 <= b'5'
        }
        _ => false,
    };
    if !fits || !zone_fits {
        return None;
    }
    let moment: jiff::Timestamp = text.parse().ok()?;
    // `as_second` rounds toward 1970.
    Some(moment.as_second() - i64::from(moment.subsec_nanosecond() < 0))
}

/// Writes a time in UTC: "2019-07-11T01:00:00Z". Empty for moments outside the years -9999 to 9999.
pub fn format(moment: Timestamp) -> String {
    jiff::Timestamp::from_second(moment).map(|moment| moment.to_string()).unwrap_or_default()
}

/// The day that a moment falls on in a zone, such as "2026-11-26". In UTC, when there is no such zone.
pub fn day(moment: Timestamp, zone: &str) -> String {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_second(moment).map(|moment| moment.to_zoned(zone).date().to_string()).unwrap_or_default()
}

/// Whether a text is a day as [`day`] writes it.
pub fn is_day(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(parse(text).map(format).as_deref(), expected, "{text}");
    }

    /// RFC 3339 reads as the same moment everywhere; everything else is refused.
    #[test]
    fn times() {
        check("2019-07-11T09:00:00+08:00", Some("2019-07-11T01:00:00Z"));
        check("2019-07-11T01:00:00Z", Some("2019-07-11T01:00:00Z"));
        check("2019-07-11t01:00:00z", Some("2019-07-11T01:00:00Z"));
        check("2019-07-11T01:00:00.999999999Z", Some("2019-07-11T01:00:00Z"));
        check("1969-12-31T23:59:59.5Z", Some("1969-12-31T23:59:59Z"));
        check("1969-12-31T23:59:58.5Z", Some("1969-12-31T23:59:58Z"));
        check("2016-12-31T23:59:60Z", Some("2016-12-31T23:59:59Z"));
        check("2024-02-29T00:00:00-00:00", Some("2024-02-29T00:00:00Z"));
        check("2019-07-11T00:30:00+23:59", Some("2019-07-10T00:31:00Z"));
        check("2019-07-11T00:30:00-23:59", Some("2019-07-12T00:29:00Z"));
        for bad in [
            "",
            "2019-07-11",
            "2019-07-11T01:00:00",
            "2019-07-11 01:00:00Z",
            "2019-07-11T01:00Z",
            "20190711T010000Z",
            "2019-07-11T01:00:00,5Z",
            "2019-07-11T01:00:00.Z",
            "2019-07-11T01:00:00+08",
            "2019-07-11T01:00:00+0800",
            "2019-07-11T01:00:00+24:00",
            "2019-07-11T01:00:00+25:59",
            "2019-07-11T01:00:00-08:60",
            "2019-07-11T01:00:00+1:000",
            "2019-07-11T01:00:00+08:00[Asia/Shanghai]",
            "2019-02-29T00:00:00Z",
            "2019-13-01T00:00:00Z",
            "2019-07-11T24:00:00Z",
            "2019-07-11T01:00:00Z ",
            "٢٠١٩-07-11T01:00:00Z",
            "2019-07-11T01:00:0é",
        ] {
            check(bad, None);
        }
    }

    /// A ride just after midnight is of the day that people there call it.
    #[test]
    fn days() {
        let moment = parse("2026-11-25T16:30:00Z").unwrap_or_default();
        for (zone, expected) in [
            ("Asia/Shanghai", "2026-11-26"),
            ("UTC", "2026-11-25"),
            ("America/New_York", "2026-11-25"),
            ("x", "2026-11-25"),
        ] {
            assert_eq!(day(moment, zone), expected, "{zone}");
        }
    }
}
