//! Where a place of another datum is on the WGS 84 ellipsoid.
//!
//! Maps of mainland China are drawn in GCJ-02, which shifts places by 100 to 700 m, by a sum of polynomials and sines. It was never
//! published, and is known from what was recovered of it: from WGS 84 it is computed as in `eviltransform`
//! (github.com/googollee/eviltransform), `coordtransform` (github.com/wandergis/coordtransform) and `gcoord`
//! (github.com/hujiulong/gcoord), which agree to a centimetre; the way back is found by repeating, as in the last of them.
//!
//! A place comes and goes in whole millionths of a degree, some 0.1 m, and the number of steps is fixed. So where a place is does
//! not depend on who computes it, as long as that is not by chance just between two millionths: what a ride was billed by is in
//! its facts, and is not computed again.

use crate::geodesy::micro_degrees;
use crate::limits;
use farebox_fare::Point;
use farebox_records::Datum;

/// Each step leaves a hundredth of the error: after these it is less than a millionth of a metre.
const STEPS: usize = 5;

/// The semi-major axis of Krasovsky's ellipsoid, in metres, and its first eccentricity squared.
const AXIS_M: f64 = 6_378_245.0;
const ECCENTRICITY_SQUARED: f64 = 0.006_693_421_622_965_943;

/// A place of this datum on the WGS 84 ellipsoid. What lies outside of the rectangle around China is not shifted.
#[expect(clippy::float_arithmetic, reason = "degrees, not money")]
pub fn to_wgs84(datum: Datum, place: Point) -> Point {
    let (latitude, longitude) = (f64::from(place.latitude) / 1e6, f64::from(place.longitude) / 1e6);
    if datum == Datum::Wgs84 || !is_shifted(latitude, longitude) {
        return place;
    }
    let (mut from_latitude, mut from_longitude) = (latitude, longitude);
    for _ in 0..STEPS {
        let (north, east) = shift(from_latitude, from_longitude);
        (from_latitude, from_longitude) = (latitude - north, longitude - east);
    }
    let latitude = micro_degrees(from_latitude, limits::LATITUDE_DEG);
    let longitude = micro_degrees(from_longitude, limits::LONGITUDE_DEG);
    latitude.zip(longitude).map_or(place, |(latitude, longitude)| Point { latitude, longitude })
}

/// The rectangle that all implementations take for China. It holds some of its neighbours as well.
fn is_shifted(latitude: f64, longitude: f64) -> bool {
    (0.8293..=55.8271).contains(&latitude) && (72.004..=137.8347).contains(&longitude)
}

/// By how many degrees a place of WGS 84 is shifted, to the north and to the east.
#[expect(clippy::float_arithmetic, reason = "degrees, not money")]
fn shift(latitude: f64, longitude: f64) -> (f64, f64) {
    use std::f64::consts::PI;
    let (x, y) = (longitude - 105.0, latitude - 35.0);
    let wave = |metres: f64, turns: f64| metres * (turns * PI).sin();
    let both = wave(20.0, 6.0 * x) + wave(20.0, 2.0 * x);
    let waves_north = both + (wave(20.0, y) + wave(40.0, y / 3.0)) + (wave(160.0, y / 12.0) + wave(320.0, y / 30.0));
    let waves_east = both + (wave(20.0, x) + wave(40.0, x / 3.0)) + (wave(150.0, x / 12.0) + wave(300.0, x / 30.0));
    let root = x.abs().sqrt();
    let north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves_north * 2.0 / 3.0;
    let east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves_east * 2.0 / 3.0;
    let sine = latitude.to_radians().sin();
    let flat = 1.0 - ECCENTRICITY_SQUARED * sine * sine;
    let north = north_m * flat * flat.sqrt() / (AXIS_M * (1.0 - ECCENTRICITY_SQUARED));
    let east = east_m * flat.sqrt() / (AXIS_M * latitude.to_radians().cos());
    (north.to_degrees(), east.to_degrees())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_arithmetic)]
    use super::*;
    use crate::geodesy::great_circle_m;
    use proptest::prelude::*;

    fn place(text: &str) -> Point {
        let (latitude, longitude) = text.split_once(", ").unwrap();
        let degrees = |text: &str, limit| micro_degrees(text.parse().unwrap(), limit).unwrap();
        Point { latitude: degrees(latitude, 90), longitude: degrees(longitude, 180) }
    }

    /// Places as others publish them, or compute them. None is off by more than two of their last decimals, 0.2 m.
    #[test]
    fn as_others_have_it() {
        let table = "
            GCJ-02                       | WGS 84                   | where, and by whom
            31.175303984, 121.531541859  | 31.1774276, 121.5272106  | Shanghai, a test of eviltransform
            22.540796132, 113.917176481  | 22.543847, 113.912316    | Shenzhen, a test of eviltransform
            39.913345455, 116.384047225  | 39.911954, 116.377817    | Beijing, a test of eviltransform
            39.916404282, 116.410244499  | 39.915, 116.404          | Beijing, the example of coordtransform
            31.22845774, 121.47822306    | 31.2304, 121.4737        | Shanghai, gcoord 1.0.7
            30.57034614, 104.06930548    | 30.5728, 104.0668        | Chengdu, gcoord 1.0.7
            43.82680539, 87.61964995     | 43.8256, 87.6168         | Urumqi, gcoord 1.0.7
            29.64921049, 91.17356737     | 29.652, 91.1721          | Lhasa, gcoord 1.0.7
            45.80578153, 126.54104035    | 45.8038, 126.535         | Harbin, gcoord 1.0.7
            20.01539832, 110.35370944    | 20.0174, 110.3493        | Haikou, gcoord 1.0.7
            34.99909863, 105.00328624    | 35, 105                  | where the sums begin, gcoord 1.0.7
            39.90028611, 75.9929695      | 39.9, 75.99              | near the western end, gcoord 1.0.7
            53.48206012, 122.37755949    | 53.48, 122.37            | near the northern end, gcoord 1.0.7
            22.54038277, 114.06301409    | 22.5431, 114.0579        | Shenzhen, eviltransform 0.1.1 of Python
            25.03593446, 102.71975242    | 25.0389, 102.7183        | Kunming, eviltransform 0.1.1 of Python
            36.6516298, 117.12622794     | 36.6512, 117.1201        | Jinan, eviltransform 0.1.1 of Python
            34.34004447, 108.94445571    | 34.3416, 108.9398        | Xi'an, eviltransform 0.1.1 of Python
            39.914, 116.404              | 39.91259576, 116.39775563 | Beijing, back by gcoord 1.0.7
            39.914, 116.404              | 39.9125968, 116.39775549 | Beijing, back by eviltransform 0.1.1 of Python
            30.5728, 104.0668            | 30.57525661, 104.06429913 | Chengdu, back by gcoord 1.0.7
            29.652, 91.1721              | 29.6547861, 91.17062943  | Lhasa, back by gcoord 1.0.7
            20.0174, 110.3493            | 20.01941112, 110.34489972 | Haikou, back by gcoord 1.0.7
            40.6413, -73.7781            | 40.6413, -73.7781        | New York, gcoord 1.0.7
            35.6812, 139.7671            | 35.6812, 139.7671        | Tokyo, gcoord 1.0.7";
        for row in table.lines().skip(2) {
            let [from, to, _] = &row.split('|').map(str::trim).collect::<Vec<_>>()[..] else { panic!("{row}") };
            let (from, to) = (place(from), place(to));
            let actual = to_wgs84(Datum::Gcj02, from);
            let off = actual.latitude.abs_diff(to.latitude).max(actual.longitude.abs_diff(to.longitude));
            assert!(off <= 2, "{row}: {actual:?}");
            assert_eq!(to_wgs84(Datum::Wgs84, from), from, "{row}");
        }
    }

    fn any_place() -> impl Strategy<Value = Point> {
        let china = (18_000_000..=54_000_000, 73_000_000..=135_000_000);
        let anywhere = (-90_000_000..=90_000_000, -180_000_000..=180_000_000);
        prop_oneof![china, anywhere].prop_map(|(latitude, longitude)| Point { latitude, longitude })
    }

    proptest! {
        /// Shifted again, a place is where it came from; it was shifted by no more than anything in China is; and outside of
        /// the rectangle not at all.
        #[test]
        fn the_way_back_leads_back(from in any_place()) {
            let to = to_wgs84(Datum::Gcj02, from);
            let (latitude, longitude) = (f64::from(from.latitude) / 1e6, f64::from(from.longitude) / 1e6);
            if !is_shifted(latitude, longitude) {
                prop_assert_eq!(to, from);
                return Ok(());
            }
            let (north, east) = shift(f64::from(to.latitude) / 1e6, f64::from(to.longitude) / 1e6);
            let off = |from: f64, to: i32, shift: f64| (f64::from(to) / 1e6 + shift - from).abs();
            prop_assert!(off(latitude, to.latitude, north) < 1e-6);
            prop_assert!(off(longitude, to.longitude, east) < 1e-6);
            prop_assert!(great_circle_m(from, to) < 1_500);
        }
    }
}
