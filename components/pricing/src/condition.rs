//! When a branch applies: local time of day and day of the week.

use farebox_types::Problems;
use jiff::civil::{DateTime, Weekday};
use serde::Deserialize;

const DAYS_PER_WEEK: u16 = 7;
const MINUTES_PER_DAY: u16 = 24 * 60;

/// Conditions on the local time at which something begins. All that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    windows: Vec<Window>,
    weekdays: Vec<Weekday>,
}

/// A part of the day, from its first minute up to but not including its last. `to` at or before `from` runs past
/// midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: u16,
    to: u16,
}

/// As written on a card: `{"local_time": ["23:00-05:00"], "weekdays": ["sat", "sun"]}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    #[serde(default)]
    local_time: Vec<String>,
    #[serde(default)]
    weekdays: Vec<String>,
}

impl When {
    /// Reads conditions; what is wrong is noted under `pointer`.
    pub fn read(document: Document, pointer: &str, problems: &mut Problems) -> Self {
        let mut when = Self::default();
        for (index, text) in document.local_time.iter().enumerate() {
            match Window::parse(text) {
                Some(window) => when.windows.push(window),
                None => problems.add(
                    format!("{pointer}/local_time/{index}"),
                    "invalid-window",
                    format!("\"{text}\" is not a window; write it like \"23:00-05:00\", at most \"00:00-24:00\""),
                ),
            }
        }
        for (index, text) in document.weekdays.iter().enumerate() {
            match weekday(text) {
                Some(day) => when.weekdays.push(day),
                None => problems.add(
                    format!("{pointer}/weekdays/{index}"),
                    "invalid-weekday",
                    format!("\"{text}\" is not a day; use mon, tue, wed, thu, fri, sat or sun"),
                ),
            }
        }
        when
    }

    /// Whether the conditions hold at a local time.
    pub fn holds(&self, local: DateTime) -> bool {
        let day = u16::from(local.weekday().to_monday_zero_offset().unsigned_abs());
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        self.holds_in_minute(day * MINUTES_PER_DAY + minute)
    }

    /// The minutes of the week, Monday 00:00 being 0, at which the conditions may begin to hold: the start of each window
    /// on each day, and of each day.
    pub fn beginnings(&self) -> impl Iterator<Item = u16> {
        let of_day = [0].into_iter().chain(self.windows.iter().map(|window| window.from));
        of_day.flat_map(|minute| (0..DAYS_PER_WEEK).map(move |day| day * MINUTES_PER_DAY + minute))
    }

    /// Whether the conditions hold in a minute of the week.
    pub fn holds_in_minute(&self, minute: u16) -> bool {
        let day = minute / MINUTES_PER_DAY;
        let of_day = minute % MINUTES_PER_DAY;
        let in_window = self.windows.is_empty() || self.windows.iter().any(|window| window.contains(of_day));
        let on_day = self.weekdays.is_empty()
            || self.weekdays.iter().any(|weekday| u16::from(weekday.to_monday_zero_offset().unsigned_abs()) == day);
        in_window && on_day
    }
}

impl Window {
    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let window = Self { from: minute_of_day(from)?, to: minute_of_day(to)? };
        (window.from < MINUTES_PER_DAY && window.from != window.to).then_some(window)
    }

    fn contains(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

/// "00:00" to "24:00".
fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= MINUTES_PER_DAY).then_some(total)
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(when: &str, at: &str, expected: bool) {
        let mut problems = Problems::default();
        let when = When::read(serde_json::from_str(when).unwrap(), "", &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(when.holds(at.parse().unwrap()), expected, "{when:?} at {at}");
    }

    /// A window includes its first minute, excludes its last, and may run past midnight.
    #[test]
    fn windows() {
        let night = r#"{"local_time": ["23:00-05:00"]}"#;
        check(night, "2026-11-21T22:59:59", false);
        check(night, "2026-11-21T23:00:00", true);
        check(night, "2026-11-22T04:59:59", true);
        check(night, "2026-11-22T05:00:00", false);
        let peak = r#"{"local_time": ["07:00-09:00", "17:00-19:00"]}"#;
        check(peak, "2026-11-21T08:00:00", true);
        check(peak, "2026-11-21T12:00:00", false);
        check(peak, "2026-11-21T18:59:59", true);
        check(r#"{"local_time": ["00:00-24:00"]}"#, "2026-11-21T23:59:59", true);
        check("{}", "2026-11-21T03:00:00", true);
    }

    /// All conditions that are given have to hold.
    #[test]
    fn weekdays() {
        let weekend_night = r#"{"local_time": ["20:00-06:00"], "weekdays": ["sat", "sun"]}"#;
        check(weekend_night, "2026-11-21T21:00:00", true);
        check(weekend_night, "2026-11-20T21:00:00", false);
        check(weekend_night, "2026-11-21T12:00:00", false);
    }

    /// Conditions only ever begin to hold where they say they do: what holds somewhere holds at a beginning before it.
    #[test]
    fn beginnings_miss_nothing() {
        for text in [
            r#"{}"#,
            r#"{"local_time": ["23:00-05:00", "12:00-12:30"]}"#,
            r#"{"local_time": ["20:00-06:00"], "weekdays": ["mon", "thu"]}"#,
        ] {
            let when = When::read(serde_json::from_str(text).unwrap(), "", &mut Problems::default());
            let beginnings: Vec<u16> = when.beginnings().collect();
            let week = DAYS_PER_WEEK * MINUTES_PER_DAY;
            for minute in 0..week {
                let before = (minute + week - 1) % week;
                if when.holds_in_minute(minute) && !when.holds_in_minute(before) {
                    assert!(beginnings.contains(&minute), "{text} at {minute}");
                }
            }
        }
    }

    /// Every bad window or day is named, not only the first.
    #[test]
    fn all_problems_are_told() {
        let document =
            r#"{"local_time": ["7-9", "25:00-26:00", "10:00-10:00", "24:00-01:00"], "weekdays": ["Monday"]}"#;
        let mut problems = Problems::default();
        When::read(serde_json::from_str(document).unwrap(), "/x", &mut problems);
        let pointers: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(
            pointers,
            ["/x/local_time/0", "/x/local_time/1", "/x/local_time/2", "/x/local_time/3", "/x/weekdays/0"]
        );
    }
}
