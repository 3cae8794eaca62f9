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
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "half the Earth's girth at most, and not negative"
)]
pub fn great_circle_m(from: Point, to: Point) -> u64 {
    if from == to {
        return 0;
    }
    let metres = Haversine.distance(point(from), point(to));
    // Rounding errors can leave the domain of the arc sine at antipodes.
    if metres.is_nan() { HALF_GIRTH_M } else { metres.round() as u64 }
}

const HALF_GIRTH_M: u64 = 20_015_114;

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
        check((0.0, 0.0), (0.0, 180.0), HALF_GIRTH_M);
        check((90.0, 0.0), (-90.0, 0.0), HALF_GIRTH_M);
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
            prop_assert!(distance <= HALF_GIRTH_M);
        }
    }

    fn any_place() -> impl Strategy<Value = Point> {
        (-90_000_000..=90_000_000, -180_000_000..=180_000_000)
            .prop_map(|(latitude, longitude)| Point { latitude, longitude })
    }
}
