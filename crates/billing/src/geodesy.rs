//! Places on the ground, and how far apart they are.

use farebox_fare::Point;
use geo::{Distance, Haversine};

/// Degrees to millionths of a degree, rounded to the nearest. `None` outside of plus or minus `limit` degrees.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    reason = "degrees, not money; in range by the check"
)]
pub fn micro_degrees(degrees: f64, limit: u8) -> Option<i32> {
    (degrees.abs() <= f64::from(limit)).then(|| (degrees * 1e6).round() as i32)
}

/// The length of the great circle between two places, in whole metres, on a sphere of the Earth's mean radius.
pub fn great_circle_m(from: Point, to: Point) -> u64 {
    whole(distance(from, to))
}

/// The length of a route along the great circles between its places, in whole metres, rounded once.
#[expect(clippy::float_arithmetic, reason = "metres, not money")]
pub fn length_m(route: impl IntoIterator<Item = Point>) -> u64 {
    let (mut metres, mut last) = (0.0, None);
    for place in route {
        metres += last.map_or(0.0, |last| distance(last, place));
        last = Some(place);
    }
    whole(metres)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and far below what fits: half the Earth's girth for each place of a route"
)]
fn whole(metres: f64) -> u64 {
    metres.round() as u64
}

/// In metres.
fn distance(from: Point, to: Point) -> f64 {
    if from == to {
        return 0.0;
    }
    let metres = Haversine.distance(point(from), point(to));
    // Rounding errors can leave the domain of the arc sine at antipodes.
    if metres.is_nan() { HALF_GIRTH_M } else { metres }
}

const HALF_GIRTH_M: f64 = 20_015_114.0;

#[expect(clippy::float_arithmetic, reason = "degrees, not money")]
fn point(place: Point) -> geo::Point {
    geo::Point::new(f64::from(place.longitude) / 1e6, f64::from(place.latitude) / 1e6)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn place(latitude: f64, longitude: f64) -> Point {
        Point { latitude: micro_degrees(latitude, 90).unwrap(), longitude: micro_degrees(longitude, 180).unwrap() }
    }

    fn check(from: (f64, f64), to: (f64, f64), expected: u64) {
        let (from, to) = (place(from.0, from.1), place(to.0, to.1));
        assert_eq!(great_circle_m(from, to), expected, "{from:?} {to:?}");
        assert_eq!(great_circle_m(to, from), expected, "{to:?} {from:?}");
    }

    /// Known distances, and the places where formulas break.
    #[test]
    fn distances() {
        check((39.9, 116.4), (39.9, 116.4), 0);
        check((39.908_722, 116.397_499), (40.079_857, 116.603_112), 25_863); // Tian'anmen to the capital's airport
        check((0.0, 179.999), (0.0, -179.999), 222); // across the antimeridian
        check((0.0, 180.0), (0.0, -180.0), 0);
        check((90.0, 0.0), (90.0, 120.0), 0); // one pole has every longitude
        check((0.0, 0.0), (0.0, 180.0), 20_015_114);
        check((90.0, 0.0), (-90.0, 0.0), 20_015_114);
    }

    /// A route is as long as its parts, which are not rounded one by one, and no shorter than the way between its ends.
    #[test]
    fn routes() {
        assert_eq!(length_m([]), 0);
        assert_eq!(length_m([place(39.9, 116.4)]), 0);
        // A metre and a half is 13.49 millionths of a degree.
        let north = |step: i32| Point { latitude: 39_900_000 + step * 13, longitude: 116_400_000 };
        assert_eq!(great_circle_m(north(0), north(1)), 1);
        assert_eq!(length_m((0..=1_000).map(north)), 1_446);
        assert_eq!(great_circle_m(north(0), north(1_000)), 1_446);
        let there_and_back = [place(39.9, 116.4), place(39.9, 116.45), place(39.9, 116.4)];
        assert_eq!(length_m(there_and_back), 2 * 4_265);
    }

    /// What is off the map, or not a number, is no place.
    #[test]
    fn degrees() {
        assert_eq!(micro_degrees(90.0, 90), Some(90_000_000));
        assert_eq!(micro_degrees(-180.0, 180), Some(-180_000_000));
        assert_eq!(micro_degrees(0.000_000_5, 90), Some(1));
        for off in [90.000_001, -91.0, f64::NAN, f64::INFINITY, 1e308] {
            assert_eq!(micro_degrees(off, 90), None, "{off}");
        }
    }

    proptest! {
        /// Any two places have a distance, the same both ways, and never more than half the Earth's girth.
        #[test]
        fn distances_are_sane(a in any_place(), b in any_place()) {
            let distance = great_circle_m(a, b);
            prop_assert_eq!(distance, great_circle_m(b, a));
            prop_assert!(distance <= 20_015_114);
        }
    }

    fn any_place() -> impl Strategy<Value = Point> {
        (-90_000_000..=90_000_000, -180_000_000..=180_000_000)
            .prop_map(|(latitude, longitude)| Point { latitude, longitude })
    }
}
