//! The route of a ride, as a request describes it: an encoded polyline.

use crate::{geodesy, limits};
use farebox_document::ProblemCode::{Malformed, OutOfRange};
use farebox_document::{BadValue, excerpt};
use farebox_fare::Point;
use polyline::decode_polyline;
use polyline::errors::PolylineError;

/// The places of a route, in millionths of a degree of the request's datum.
pub(super) fn places(encoded: &str, precision: u32) -> Result<Vec<Point>, BadValue> {
    let malformed = |why: String| BadValue::new(Malformed, format!("is no encoded polyline: {why}"));
    // Whoever decodes it takes other characters for these, and a number that breaks off for one that is whole.
    if let Some(other) = encoded.chars().find(|char| !('?'..='~').contains(char)) {
        return Err(malformed(format!("it has {}, and has characters from ? to ~ only", excerpt(&other.to_string()))));
    }
    if encoded.chars().next_back().is_some_and(|last| last >= '_') {
        return Err(malformed("it breaks off within a number".to_owned()));
    }
    let route = decode_polyline(encoded, precision).map_err(|error| match error {
        PolylineError::LatitudeCoordError { idx, .. } | PolylineError::LongitudeCoordError { idx, .. } => {
            let message = format!("leaves the map at character {idx}; perhaps `precision` is not {precision}");
            BadValue::new(OutOfRange, message)
        }
        PolylineError::NoLongError { .. } => malformed("its last place has no longitude".to_owned()),
        error => malformed(error.to_string()),
    })?;
    let degrees = |degrees: f64, limit| geodesy::micro_degrees(degrees, limit);
    let place = |place: geo::Coord| {
        let latitude = degrees(place.y, limits::LATITUDE_DEG)?;
        Some(Point { latitude, longitude: degrees(place.x, limits::LONGITUDE_DEG)? })
    };
    let places: Option<Vec<Point>> = route.into_iter().map(place).collect();
    match places {
        Some(places) if places.len() > 1 => Ok(places),
        Some(_) => Err(malformed("it has one place; a route has two at least".to_owned())),
        None => Err(BadValue::new(OutOfRange, "leaves the map")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_arithmetic)]
    use super::*;
    use proptest::prelude::*;

    fn words(route: &[Point]) -> String {
        route.iter().map(|place| format!("{},{}", place.latitude, place.longitude)).collect::<Vec<_>>().join(" ")
    }

    /// What the inventor of the encoding gives as its example, in both precisions, and the ends of the map.
    #[test]
    fn routes() {
        let example = "_p~iF~ps|U_ulLnnqC_mqNvxq`@";
        let expected = "38500000,-120200000 40700000,-120950000 43252000,-126453000";
        assert_eq!(words(&places(example, 5).unwrap()), expected);
        assert_eq!(words(&places(example, 6).unwrap()), "3850000,-12020000 4070000,-12095000 4325200,-12645300");
        assert_eq!(words(&places("????", 5).unwrap()), "0,0 0,0");
        assert_eq!(words(&places("_cidP_gsia@~fsia@~~ywl@", 5).unwrap()), "90000000,180000000 -90000000,-60000000");
    }

    /// What is no route is refused, and why.
    #[test]
    fn what_is_no_route() {
        for (encoded, expected) in [
            ("_p~iF~ps|U", "is no encoded polyline: it has one place"),
            ("_p~iF~ps|U_ulL", "is no encoded polyline: its last place has no longitude"),
            ("_p~iF~ps|U_ulLnnq", "is no encoded polyline: it breaks off within a number"),
            ("_p~iF ps|U_ulLnnqC", "is no encoded polyline: it has \" \""),
            ("_p~iF~ps|U_ulLnnqC\u{e9}", "is no encoded polyline: it has \"\u{e9}\""),
            ("~~~~~~~~~~~~~~~~~~~~?", "is no encoded polyline: "),
            ("_uybQ???", "leaves the map at character 0; perhaps `precision` is not 5"),
            ("?_ychb@??", "leaves the map at character 1; perhaps `precision` is not 5"),
        ] {
            let refused = places(encoded, 5).unwrap_err();
            assert!(refused.message.starts_with(expected), "{encoded}: {}", refused.message);
        }
    }

    proptest! {
        /// Whatever it is, nothing breaks; and what was encoded reads back, to the last decimal.
        #[test]
        fn any_text_is_survived(text in "[?-~]{0,40}", any in ".{0,20}", precision in 5_u32..=6) {
            drop(places(&text, precision));
            drop(places(&any, precision));
        }

        #[test]
        fn routes_read_back(
            route in proptest::collection::vec((-90_000_000_i32..=90_000_000, -180_000_000_i32..=180_000_000), 2..20),
        ) {
            let route: Vec<Point> =
                route.into_iter().map(|(latitude, longitude)| Point { latitude, longitude }).collect();
            let degrees = |place: &Point| geo::Coord {
                x: f64::from(place.longitude) / 1e6,
                y: f64::from(place.latitude) / 1e6,
            };
            let encoded = polyline::encode_coordinates(route.iter().map(degrees), 6).unwrap();
            prop_assert_eq!(places(&encoded, 6).unwrap(), route);
        }
    }
}
