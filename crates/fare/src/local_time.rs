//! Local time, as far as what depends on it tells minutes apart.

use crate::Timestamp;
use jiff::civil::Weekday;

/// Of a day.
const MINUTES: u16 = 24 * 60;

/// The days of the week, in words.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A minute of the week, on the clocks of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Monday 00:00 is 0.
    pub minute: u16,
    /// Whether the day is a holiday there.
    pub holiday: bool,
}

impl LocalTime {
    /// A minute of a day.
    pub fn new(weekday: Weekday, minute_of_day: u16, holiday: bool) -> Self {
        let day = u16::from(weekday.to_monday_zero_offset().unsigned_abs());
        Self { minute: day * MINUTES + minute_of_day, holiday }
    }

    /// A moment on the clocks of Greenwich, where no day is a holiday.
    pub fn in_greenwich(at: Timestamp) -> Self {
        // The epoch was a Thursday.
        let minute = (at.div_euclid(60) + i64::from(3 * MINUTES)).rem_euclid(i64::from(7 * MINUTES));
        Self { minute: u16::try_from(minute).unwrap_or_default(), holiday: false }
    }

    /// The day of the week: Monday is 0.
    pub fn weekday(self) -> usize {
        usize::from(self.minute / MINUTES)
    }

    /// "on Monday at 04:00", for messages.
    pub fn describe(self) -> String {
        let (hour, minute) = (self.minute / 60 % 24, self.minute % 60);
        let day = DAYS.get(self.weekday()).copied().unwrap_or_default();
        let holiday = if self.holiday { ", a holiday," } else { "" };
        format!("on {day}{holiday} at {hour:02}:{minute:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The epoch was a Thursday, and time goes on evenly on both sides of it.
    #[test]
    fn greenwich() {
        for (at, expected) in [
            (0, "on Thursday at 00:00"),
            (-1, "on Wednesday at 23:59"),
            (59, "on Thursday at 00:00"),
            (60, "on Thursday at 00:01"),
            (4 * 86_400 - 1, "on Sunday at 23:59"),
            (4 * 86_400, "on Monday at 00:00"),
            (1_795_219_200, "on Saturday at 00:00"),
        ] {
            assert_eq!(LocalTime::in_greenwich(at).describe(), expected, "{at}");
        }
        for at in [i64::MIN, i64::MAX] {
            assert!(LocalTime::in_greenwich(at).weekday() < 7, "{at}");
        }
    }
}
