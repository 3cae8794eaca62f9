//! Conditions on the local time: windows of the day, days of the week, holidays.

use farebox_document::Problems;
use farebox_fare::LocalTime;
use jiff::civil::Weekday;
use schemars::JsonSchema;
use serde::Deserialize;

const DAYS_PER_WEEK: u16 = 7;
const MINUTES_PER_DAY: u16 = 24 * 60;

/// The days of the week, as they are written.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Conditions on the local time. All that are given have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    windows: Vec<Window>,
    weekdays: Vec<Weekday>,
    /// `Some(true)` for only on holidays, `Some(false)` for never.
    holidays: Option<bool>,
}

/// A part of the day, from its first minute up to but not including its last. `to` at or before `from` runs past
/// midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: u16,
    to: u16,
}

/// Whether holidays count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Holidays")]
pub enum HolidaysDocument {
    /// Only on holidays.
    Only,
    /// On every day but holidays.
    Except,
}

/// The part of a condition that is about time: `{"local_time": ["23:00-05:00"], "weekdays": ["sat", "sun"]}`.
#[derive(Debug, Default)]
pub struct CalendarDocument {
    /// Windows such as "23:00-05:00"; none is any time.
    pub local_time: Vec<String>,
    /// Days, "mon" to "sun"; none is any day.
    pub weekdays: Vec<String>,
    /// Left out, it does not matter.
    pub holidays: Option<HolidaysDocument>,
}

impl Calendar {
    /// Nothing is asked of the time.
    pub const ALWAYS: Self = Self { windows: Vec::new(), weekdays: Vec::new(), holidays: None };

    /// Reads conditions; what is wrong is noted under `pointer`.
    pub fn read(document: CalendarDocument, pointer: &str, problems: &mut Problems) -> Self {
        let mut calendar =
            Self { holidays: document.holidays.map(|holidays| holidays == HolidaysDocument::Only), ..Self::default() };
        for (index, text) in document.local_time.iter().enumerate() {
            match Window::parse(text) {
                Some(window) => calendar.windows.push(window),
                None => problems.add(
                    format!("{pointer}/local_time/{index}"),
                    "invalid-window",
                    format!("\"{text}\" is not a window; write it like \"23:00-05:00\", at most \"00:00-24:00\""),
                ),
            }
        }
        for (index, text) in document.weekdays.iter().enumerate() {
            match weekday(text) {
                Some(day) => calendar.weekdays.push(day),
                None => problems.add(
                    format!("{pointer}/weekdays/{index}"),
                    "invalid-weekday",
                    format!("\"{text}\" is not a day; use {}", days()),
                ),
            }
        }
        calendar
    }

    /// Whether all of them hold.
    pub fn holds(&self, moment: LocalTime) -> bool {
        let day = moment.minute / MINUTES_PER_DAY;
        let of_day = moment.minute % MINUTES_PER_DAY;
        let in_window = self.windows.is_empty() || self.windows.iter().any(|window| window.contains(of_day));
        let on_day = self.weekdays.is_empty()
            || self.weekdays.iter().any(|weekday| u16::from(weekday.to_monday_zero_offset().unsigned_abs()) == day);
        in_window && on_day && self.holidays.is_none_or(|only| only == moment.holiday)
    }

    /// Whether nothing is asked of the time.
    pub fn is_always(&self) -> bool {
        *self == Self::ALWAYS
    }

    /// Whether holidays matter, and if so, whether it has to be one.
    pub fn holidays(&self) -> Option<bool> {
        self.holidays
    }

    /// The minutes of the day at which the conditions may begin or cease to hold, other than midnight.
    pub fn edges(&self) -> impl Iterator<Item = u16> {
        self.windows.iter().flat_map(|window| [window.from, window.to % MINUTES_PER_DAY])
    }

    /// The moments of the week at which the conditions may begin to hold: the start of each window on each day, and of
    /// each day, whether it is a holiday or not.
    pub fn beginnings(&self) -> impl Iterator<Item = LocalTime> {
        every_day([0].into_iter().chain(self.windows.iter().map(|window| window.from)))
    }

    /// The moments of the week at which the conditions may begin or cease to hold, whether it is a holiday or not.
    pub fn turns(&self) -> impl Iterator<Item = LocalTime> {
        every_day([0].into_iter().chain(self.edges()))
    }
}

/// These minutes of the day on every day of the week, a holiday or not.
fn every_day(minutes: impl Iterator<Item = u16>) -> impl Iterator<Item = LocalTime> {
    let minutes = minutes.flat_map(|minute| (0..DAYS_PER_WEEK).map(move |day| day * MINUTES_PER_DAY + minute));
    minutes.flat_map(|minute| [false, true].map(|holiday| LocalTime { minute, holiday }))
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

/// "mon, tue, wed, thu, fri, sat or sun".
fn days() -> String {
    let [days @ .., last] = DAYS;
    format!("{} or {last}", days.join(", "))
}

fn weekday(text: &str) -> Option<Weekday> {
    let offset = (0..).zip(DAYS).find_map(|(offset, name)| (name == text).then_some(offset))?;
    Weekday::from_monday_zero_offset(offset).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::DateTime;

    fn document(local_time: &[&str], weekdays: &[&str], holidays: Option<HolidaysDocument>) -> CalendarDocument {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        CalendarDocument { local_time: owned(local_time), weekdays: owned(weekdays), holidays }
    }

    fn read(document: CalendarDocument) -> Calendar {
        let mut problems = Problems::default();
        let calendar = Calendar::read(document, "", &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        calendar
    }

    fn check(calendar: &Calendar, at: &str, holiday: bool, expected: bool) {
        let at: DateTime = at.parse().unwrap();
        let minute = u16::try_from(i32::from(at.hour()) * 60 + i32::from(at.minute())).unwrap();
        assert_eq!(calendar.holds(LocalTime::new(at.weekday(), minute, holiday)), expected, "{calendar:?} at {at}");
    }

    /// A window includes its first minute, excludes its last, and may run past midnight.
    #[test]
    fn windows() {
        let night = read(document(&["23:00-05:00"], &[], None));
        check(&night, "2026-11-21T22:59:59", false, false);
        check(&night, "2026-11-21T23:00:00", false, true);
        check(&night, "2026-11-22T04:59:59", false, true);
        check(&night, "2026-11-22T05:00:00", false, false);
        let peak = read(document(&["07:00-09:00", "17:00-19:00"], &[], None));
        check(&peak, "2026-11-21T08:00:00", false, true);
        check(&peak, "2026-11-21T12:00:00", false, false);
        check(&peak, "2026-11-21T18:59:59", false, true);
        check(&read(document(&["00:00-24:00"], &[], None)), "2026-11-21T23:59:59", false, true);
        check(&Calendar::default(), "2026-11-21T03:00:00", false, true);
    }

    /// All conditions that are given have to hold.
    #[test]
    fn weekdays_and_holidays() {
        let weekend_night = read(document(&["20:00-06:00"], &["sat", "sun"], None));
        check(&weekend_night, "2026-11-21T21:00:00", false, true);
        check(&weekend_night, "2026-11-20T21:00:00", false, false);
        check(&weekend_night, "2026-11-21T12:00:00", false, false);
        let working = read(document(&[], &["mon", "tue", "wed", "thu", "fri"], Some(HolidaysDocument::Except)));
        check(&working, "2026-11-20T12:00:00", false, true);
        check(&working, "2026-11-20T12:00:00", true, false);
        check(&working, "2026-11-21T12:00:00", false, false);
        check(&read(document(&[], &[], Some(HolidaysDocument::Only))), "2026-11-20T12:00:00", true, true);
    }

    /// Conditions only ever begin to hold where they say they do, and only ever change at an edge or midnight.
    #[test]
    fn beginnings_and_edges_miss_nothing() {
        for calendar in [
            Calendar::default(),
            read(document(&["23:00-05:00", "12:00-12:30", "18:00-24:00"], &[], None)),
            read(document(&["20:00-06:00"], &["mon", "thu"], Some(HolidaysDocument::Only))),
        ] {
            let beginnings: Vec<LocalTime> = calendar.beginnings().collect();
            let edges: Vec<u16> = calendar.edges().collect();
            let week = DAYS_PER_WEEK * MINUTES_PER_DAY;
            for minute in 0..week {
                for holiday in [false, true] {
                    let (now, before) =
                        (LocalTime { minute, holiday }, LocalTime { minute: (minute + week - 1) % week, holiday });
                    let changed = calendar.holds(now) != calendar.holds(before);
                    if changed && calendar.holds(now) {
                        assert!(beginnings.contains(&now), "{calendar:?} at {now:?}");
                    }
                    let of_day = minute % MINUTES_PER_DAY;
                    assert!(!changed || of_day == 0 || edges.contains(&of_day), "{calendar:?} at {now:?}");
                }
            }
        }
    }

    /// Every bad window or day is named, not only the first.
    #[test]
    fn all_problems_are_told() {
        let document = document(&["7-9", "25:00-26:00", "10:00-10:00", "24:00-01:00"], &["Monday"], None);
        let mut problems = Problems::default();
        Calendar::read(document, "/x", &mut problems);
        let pointers: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(
            pointers,
            ["/x/local_time/0", "/x/local_time/1", "/x/local_time/2", "/x/local_time/3", "/x/weekdays/0"]
        );
    }
}
