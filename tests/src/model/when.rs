//! When a branch applies.

use super::ride::Ride;
use farebox_fare::Outcome;
use jiff::civil::{Date, DateTime, Weekday};
use serde_json::Value;

/// Whether all conditions but those on the local time hold.
pub fn holds_for_ride(when: &Value, ride: &Ride) -> bool {
    let order = &ride.trip.order;
    let outcome = match order.outcome {
        Outcome::Completed => "completed",
        Outcome::Cancelled => "cancelled",
    };
    let names = [
        ("product", ride.product),
        ("tier", order.tier.as_deref().unwrap_or("none")),
        ("scene", order.kind.as_deref().unwrap_or("none")),
        ("origin", ride.origin),
        ("destination", ride.destination),
        ("outcome", outcome),
    ];
    let quantities = [
        ("distance_m", ride.trip.distance_m),
        ("duration_s", ride.trip.duration_s),
        ("booked_ahead_s", order.booked_ahead_s),
    ];
    let names_do = names.iter().all(|(fact, name)| match when.get(*fact) {
        Some(Value::Array(any_of)) => any_of.iter().any(|one| one == name),
        Some(choice) => choice["not"].as_array().expect("names").iter().all(|one| one != name),
        None => *fact != "outcome" || *name == "completed",
    });
    let quantities_do = quantities.iter().all(|(fact, quantity)| match when.get(*fact) {
        Some(range) => {
            range["from"].as_u64().is_none_or(|from| from <= *quantity)
                && range["to"].as_u64().is_none_or(|to| *quantity < to)
        }
        None => true,
    });
    names_do && quantities_do
}

/// Conditions on the local time.
pub struct Calendar {
    /// Minutes of the day; none is all day.
    windows: Vec<(u32, u32)>,
    weekdays: Vec<Weekday>,
    /// Whether holidays are all that counts, or do not count.
    holidays: Option<bool>,
    holiday_dates: Vec<Date>,
}

impl Calendar {
    pub fn read(when: &Value, holidays: &Value) -> Self {
        let texts = |list: &Value| -> Vec<String> {
            let texts = list.as_array().into_iter().flatten();
            texts.map(|text| text.as_str().expect("text").to_owned()).collect()
        };
        let minute = |text: &str| {
            let (hour, minute) = text.split_once(':').expect("hh:mm");
            hour.parse::<u32>().expect("an hour") * 60 + minute.parse::<u32>().expect("a minute")
        };
        let window = |text: &String| {
            let (from, to) = text.split_once('-').expect("a window");
            (minute(from), minute(to))
        };
        let weekday = |text: &String| match text.as_str() {
            "mon" => Weekday::Monday,
            "tue" => Weekday::Tuesday,
            "wed" => Weekday::Wednesday,
            "thu" => Weekday::Thursday,
            "fri" => Weekday::Friday,
            "sat" => Weekday::Saturday,
            _ => Weekday::Sunday,
        };
        Self {
            windows: texts(&when["local_time"]).iter().map(window).collect(),
            weekdays: texts(&when["weekdays"]).iter().map(weekday).collect(),
            holidays: when.get("holidays").map(|which| which == "only"),
            holiday_dates: texts(holidays).iter().map(|text| text.parse().expect("a day")).collect(),
        }
    }

    pub fn holds(&self, local: &DateTime) -> bool {
        let minute = u32::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).expect("a minute");
        let within = |(from, to): &(u32, u32)| {
            if from < to { (*from..*to).contains(&minute) } else { !(*to..*from).contains(&minute) }
        };
        (self.windows.is_empty() || self.windows.iter().any(within))
            && (self.weekdays.is_empty() || self.weekdays.contains(&local.weekday()))
            && self.holidays.is_none_or(|only| only == self.holiday_dates.contains(&local.date()))
    }
}
