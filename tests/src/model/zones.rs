//! Which zone a place is in.

use super::number::{decimal, whole};
use farebox_fare::Point;
use num::BigRational;
use serde_json::Value;

/// The first zone of the card that contains a place, or "elsewhere".
pub fn name(card: &Value, place: Option<Point>) -> &str {
    let zones = card["zones"].as_array().map(Vec::as_slice).unwrap_or_default();
    let zone = place.and_then(|place| zones.iter().find(|zone| contains(zone, place)));
    zone.map_or("elsewhere", |zone| zone["name"].as_str().expect("a name"))
}

/// Walks north from the place and counts the edges on the way, on three maps side by side.
fn contains(zone: &Value, place: Point) -> bool {
    let degrees = |millionths: i32| whole(millionths) / whole(1_000_000);
    let corners = corners(zone);
    let latitude = degrees(place.latitude);
    if latitude == whole(90) || latitude == whole(-90) {
        // Every longitude is the pole's.
        return corners.iter().any(|(corner, _)| *corner == latitude);
    }
    [-360, 0, 360].iter().any(|turn| on_map(&corners, &latitude, &(degrees(place.longitude) + whole(*turn))))
}

/// Latitudes and longitudes; each longitude is the one that is nearest to that before it.
fn corners(zone: &Value) -> Vec<(BigRational, BigRational)> {
    let mut corners: Vec<(BigRational, BigRational)> = Vec::new();
    for corner in zone["polygon"].as_array().expect("corners") {
        let (latitude, longitude) = corner.as_str().and_then(|text| text.split_once(',')).expect("a place");
        let mut longitude = decimal(longitude);
        if let Some((_, before)) = corners.last() {
            while &longitude - before > whole(180) {
                longitude -= whole(360);
            }
            while before - &longitude > whole(180) {
                longitude += whole(360);
            }
        }
        corners.push((decimal(latitude), longitude));
    }
    corners
}

fn on_map(corners: &[(BigRational, BigRational)], latitude: &BigRational, longitude: &BigRational) -> bool {
    let mut north = 0;
    for (index, (latitude_1, longitude_1)) in corners.iter().enumerate() {
        let (latitude_2, longitude_2) = &corners[(index + 1) % corners.len()];
        if longitude_1 == longitude_2 {
            let within = latitude_1.min(latitude_2)..=latitude_1.max(latitude_2);
            if longitude == longitude_1 && within.contains(&latitude) {
                return true;
            }
            continue;
        }
        let (west, east) = (longitude_1.min(longitude_2), longitude_1.max(longitude_2));
        if longitude < west || longitude > east {
            continue;
        }
        // Where the edge is, straight north or south of the place.
        let share = (longitude - longitude_1) / (longitude_2 - longitude_1);
        let crossing = latitude_1 + (latitude_2 - latitude_1) * share;
        if crossing == *latitude {
            return true;
        }
        // An edge has its western end, but not its eastern.
        if crossing > *latitude && longitude != east {
            north += 1;
        }
    }
    north % 2 == 1
}
