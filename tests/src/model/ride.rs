//! The seconds of a ride.

use super::zones;
use farebox_fare::{Segment, Trip};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use num::rational::Ratio;
use serde_json::Value;

/// A ride, second by second.
pub struct Ride<'a> {
    pub trip: &'a Trip,
    pub product: &'a str,
    pub origin: &'a str,
    pub destination: &'a str,
    /// Local time when it begins.
    pub start: DateTime,
    /// In the order in which they were ridden. A segment without duration has one, which is 0 long.
    pub seconds: Vec<Second>,
}

/// A second of a ride.
pub struct Second {
    /// Which second of the ride; `None` when it has no length.
    pub index: Option<u64>,
    /// Which metres of the ride: from the first, up to but not including the second.
    pub metres: (u64, u64),
    /// Local time.
    pub local: DateTime,
    /// Kilometres per hour of the segment it belongs to; `None` is without duration, so infinite.
    pub speed: Option<Ratio<i128>>,
}

impl<'a> Ride<'a> {
    pub fn new(card: &'a Value, trip: &'a Trip) -> Self {
        let zone = card["time_zone"].as_str().and_then(|name| TimeZone::get(name).ok()).expect("a time zone");
        Self {
            trip,
            product: trip.order.product.as_deref().or(card["product"].as_str()).expect("a product"),
            origin: zones::name(card, trip.origin),
            destination: zones::name(card, trip.destination),
            start: local(trip.started_at, &zone),
            seconds: seconds(trip, &zone),
        }
    }
}

fn seconds(trip: &Trip, zone: &TimeZone) -> Vec<Second> {
    let mut segments = trip.segments.clone();
    if segments.is_empty() {
        let Trip { started_at, distance_m, duration_s, .. } = *trip;
        segments.push(Segment { sequence: 0, started_at, distance_m, duration_s });
    }
    segments.sort_by_key(|s| (s.started_at, s.sequence, s.distance_m, s.duration_s));
    let mut seconds = Vec::new();
    let (mut index, mut metres) = (0, 0);
    for segment in segments {
        let Segment { distance_m, duration_s, .. } = segment;
        let metres_after = |second: u64| metres + distance_m * second / duration_s;
        if duration_s == 0 {
            let metres = (metres, metres + distance_m);
            seconds.push(Second { index: None, metres, local: local(segment.started_at, zone), speed: None });
        }
        let speed = (duration_s > 0).then(|| Ratio::new(i128::from(distance_m) * 36, i128::from(duration_s) * 10));
        for (second, at) in (0..duration_s).zip(segment.started_at..) {
            let metres = (metres_after(second), metres_after(second + 1));
            seconds.push(Second { index: Some(index), metres, local: local(at, zone), speed });
            index += 1;
        }
        metres += distance_m;
    }
    seconds
}

fn local(at: i64, zone: &TimeZone) -> DateTime {
    let instant = jiff::Timestamp::from_second(at).expect("a time within the calendar");
    zone.to_datetime(instant)
}
